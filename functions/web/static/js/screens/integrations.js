// Integrations: a card per platform with its state, and the way to connect.

import { all, get } from "../api.js";
import { h } from "../dom.js";
import { ago } from "../format.js";
import { icon } from "../icons.js";
import { connectDialog } from "../parts/connect-dialog.js";
import { reconnect } from "../parts/reconnect.js";
import { currentUser } from "../session.js";
import { badge, banner } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { load } from "../ui/loader.js";
import { card, page } from "../ui/page.js";
import { connectionState, platformName } from "../words.js";

const LEADS = {
  salesforce: "Contacts, leads and person accounts; campaigns as groups.",
  practifi: "Individuals and contacts; campaigns need the Promote add-on.",
  salentica: "Salentica Elements; contacts and campaigns.",
};

export function screen({ title, signal }) {
  title("Integrations");
  const { isAdvisor } = currentUser();
  return page({
    title: "Integrations",
    lead: isAdvisor
      ? "Connect your CRM to keep its campaigns and your marketing groups the same."
      : "The CRMs your firm can connect. You can see everything here; advisors connect and change.",
  },
  load(signal, () => get("platforms", { signal }), ({ items }) => cards(items, isAdvisor)),
  !isAdvisor && firmConnections(signal));
}

function cards(platforms, isAdvisor) {
  return h("ul.platforms", platforms.map((platform) => h("li", platformCard(platform, isAdvisor))));
}

function platformCard(platform, isAdvisor) {
  const { connection } = platform;
  const state = connectionState(connection?.status);
  return h("article.card.platform", { "data-platform": platform.platform },
    h("header.platform-head",
      h(`span.monogram.${platform.platform}`, { "aria-hidden": "true" }, platform.title.charAt(0)),
      h("h2", platform.title),
      (connection || isAdvisor) && badge(state.kind, state.label)),
    h("p.muted", LEADS[platform.platform] ?? ""),
    connection ? connected(connection) : platform.notice && h("p.platform-notice", icon("info"), platform.notice),
    h("div.actions", connection ? connectedActions(connection, isAdvisor) : connect(platform, isAdvisor)));
}

function connected({ org, crm_user: user, health }) {
  return h("p.platform-org",
    org && h("strong", org.name), user && h("span", ` as ${user.name}`), h("br"),
    h("span.muted", health?.last_good_run_at
      ? `Last good run ${ago(health.last_good_run_at)}` : "No run yet"));
}

function connect(platform, isAdvisor) {
  if (!isAdvisor) return h("p.muted", "An advisor can connect this.");
  return button("Connect", {
    picture: "plus", kind: "primary", onPress: () => { connectDialog(platform); },
    "aria-label": `Connect ${platform.title}`,
  });
}

function connectedActions(connection, isAdvisor) {
  const name = platformName(connection.platform);
  const open = linkButton("Open", `#/connections/${connection.id}`, {
    kind: connection.status === "connected" ? "primary" : "", "aria-label": `Open ${name}`,
  });
  if (connection.status === "connected" || !isAdvisor) return open;
  return [reconnect(connection, { kind: "primary" }), open];
}

function firmConnections(signal) {
  const fetch = () => all("connections", { signal });
  const row = (connection) => {
    const state = connectionState(connection.status);
    return h("li.row",
      h("a.row-main", { href: `#/connections/${connection.id}` },
        h("strong", connection.org.name),
        h("span.muted", ` ${connection.crm_user.name}`)),
      badge(state.kind, state.label));
  };
  return card("Connections in your firm", {}, load(signal, fetch, (items) => (items.length
    ? h("ul.rows", items.map(row))
    : banner("info", "No advisor has connected a CRM yet"))));
}
