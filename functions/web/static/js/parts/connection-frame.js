// What every screen of one connection has in common: its name, its state, its tabs.

import { get } from "../api.js";
import { h } from "../dom.js";
import { owns } from "../session.js";
import { badge, banner } from "../ui/banner.js";
import { load } from "../ui/loader.js";
import { page } from "../ui/page.js";
import { connectionState, platformName } from "../words.js";
import { forgetGroups } from "./campaigns.js";
import { reconnect } from "./reconnect.js";

const TABS = [
  ["", "Details"],
  ["/automation", "Automated sync"],
  ["/manual", "One-time sync"],
  ["/history", "History"],
  ["/reviews", "Reviews"],
  ["/audit", "Audit log"],
];

/**
 * A screen about the connection in the address. `render(connection, reload)` draws what is below
 * the tabs; `heading` names the tab for the title bar and screen readers.
 */
export function connectionScreenFrame({ params, path, signal, title }, heading, render) {
  title(heading);
  forgetGroups();
  const fetch = () => get(`connections/${params.id}`, { signal });
  const around = { title: heading, back: { href: "#/", text: "Integrations" } };
  return load(signal, fetch, (connection, reload) => page({
    ...around,
    aside: h("p.page-context",
      h("span", connection.org.name),
      status(connection)),
  }, countReviews(tabs(params.id, path), params.id, signal), stateBanner(connection), render(connection, reload)), {
    title: `${heading} could not be loaded`,
    frame: (content) => page(around, tabs(params.id, path), content),
  });
}

function status(connection) {
  const state = connectionState(connection.status);
  return badge(state.kind, state.label);
}

function tabs(id, path) {
  const link = ([suffix, text]) => {
    const address = `/connections/${id}${suffix}`;
    return h("a", { href: `#${address}`, "aria-current": path === address ? "page" : null }, text);
  };
  const nav = h("nav.tabs", { "aria-label": "Connection" }, TABS.map(link));
  requestAnimationFrame(() => nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }));
  return nav;
}

/** How many reviews wait, at their tab; on that tab itself they are seen. */
function countReviews(nav, id, signal) {
  const tab = nav.querySelector("a[href$='/reviews']:not([aria-current])");
  if (!tab) return nav;
  get(`connections/${id}/reviews`, { signal }).then(({ items, cursor }) => {
    if (items.length) {
      tab.append(" ", h("span.tab-count", `${items.length}${cursor ? "+" : ""}`,
        h("span.visually-hidden", " waiting")));
    }
  }, () => { /* the tab itself says what is wrong when it is opened */ });
  return nav;
}

function stateBanner(connection) {
  const name = platformName(connection.platform);
  const again = owns(connection) && h("p", reconnect(connection, { kind: "primary" }));
  if (connection.status === "needs_reauth") {
    return banner("warn", `${name} asks you to sign in again`,
      h("p", connection.stopped_detail), h("p", "Runs wait until then."), again);
  }
  if (connection.status === "disconnected") {
    return banner("info", `${name} is disconnected`,
      h("p", "Nothing runs and nothing is sent. History stays readable."), again);
  }
  return null;
}

/** Why a write is not offered here, or null when it is. */
export function lockedReason(connection) {
  if (!owns(connection)) return "Only the advisor who owns this connection can change it.";
  return connection.status === "connected" ? null : "Sign in to the CRM again first.";
}
