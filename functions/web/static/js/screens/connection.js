// Details of one connection: org, health, scope, what it can do, settings.

import { get } from "../api.js";
import { h, webAddress } from "../dom.js";
import { ago, count, moment, percent } from "../format.js";
import { icon } from "../icons.js";
import { automationCard } from "../parts/automation-card.js";
import { withNames } from "../parts/campaigns.js";
import { connectionScreenFrame } from "../parts/connection-frame.js";
import { capabilityName } from "../parts/connection-words.js";
import { disconnectButton } from "../parts/disconnect.js";
import { reconnect } from "../parts/reconnect.js";
import { settingsCard } from "../parts/settings-card.js";
import { visibilityCard } from "../parts/visibility-card.js";
import { owns } from "../session.js";
import { banner } from "../ui/banner.js";
import { load } from "../ui/loader.js";
import { meter } from "../ui/meter.js";
import { card, facts } from "../ui/page.js";
import { fieldName, platformName } from "../words.js";

export function screen(context) {
  return connectionScreenFrame(context, "Details", (connection, reload) => {
    const health = healthRegion(connection, context.signal);
    return [
      context.query.connected && welcome(context.query.connected, connection),
      h("div.columns",
        mainColumn(connection, health, context.signal, reload),
        h("div.column-side", health, orgCard(connection), capabilitiesCard(connection))),
    ];
  });
}

function mainColumn(connection, health, signal, reload) {
  return h("div.column-main",
    load(signal, () => automationOf(connection, signal), (automation, again) =>
      automationCard(connection, automation, () => Promise.all([again(), health.reload()]))),
    visibilityCard(connection, reload),
    settingsCard(connection, signal, reload));
}

/** What is known already at first; a pause moves the next run, so it can be asked for again. */
function healthRegion(connection, signal) {
  let known = connection;
  return load(signal, async () => {
    const now = known ?? await get(`connections/${connection.id}`, { signal });
    known = null;
    return now;
  }, healthCard);
}

async function automationOf({ id }, signal) {
  const automation = await get(`connections/${id}/automation`, { signal });
  const { live } = automation;
  const mappings = await withNames(id, (live ?? automation).mappings, signal);
  return live ? { ...automation, live: { ...live, mappings } } : { ...automation, mappings };
}

function welcome(name, { health }) {
  if (health?.last_good_run_at) {
    return banner("good", `${name} is connected`,
      h("p", "Everything goes on where it stopped: your mappings, links and history are kept."));
  }
  return banner("good", `${name} is connected`,
    h("p", "Nothing has been changed. Next, choose which campaigns and groups belong together: ",
      "you will see every change before anything is written."));
}

function healthCard({ status, health = {} }) {
  const { last_good_run_at: last, next_run_at: next, api_budget: budget } = health;
  return card("Health", {}, facts([
    ["Last good run", last ? h("span", { title: moment(last) }, ago(last)) : "None yet"],
    ["Next run", status === "connected" ? nextRun(next) : "Once you have signed in again"],
  ]), budget?.max > 0 && meter("CRM calls used today", budget.used, budget.max,
    `${count(budget.used)} of ${count(budget.max)}`,
    `Runs wait once the org has used ${percent(budget.share)} of its daily calls.`));
}

const nextRun = (next) => (next ? h("span", { title: moment(next) }, soon(next)) : "Not scheduled");
const soon = (next) => (new Date(next) > Date.now() ? ago(next) : "Any moment");

function orgCard(connection) {
  const { org, crm_user: user, platform, created_at: since } = connection;
  const address = webAddress(org?.url);
  return card("Org", {}, facts([
    ["Platform", platformName(platform)],
    ["Org", org && (address
      ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, org.name, " ", icon("external"))
      : org.name)],
    ["Signed in as", user?.name],
    ["Connected since", moment(since)],
  ]), owns(connection) && h("div.actions",
    connection.status === "connected" && reconnect(connection),
    connection.status !== "disconnected" && disconnectButton(connection)));
}

function capabilitiesCard(connection) {
  const { capabilities = [], paused_fields: paused = [] } = connection;
  if (!capabilities.length) return null;
  const item = ({ name, available, reason }) => h("li", { class: available ? "" : "off" },
    icon(available ? "check" : "info"),
    h("span", capabilityName(name),
      !available && h("span.visually-hidden", " (not available)"),
      !available && reason && h("span.muted.block", reason)));
  const fields = paused.map(({ name, reason }) => h("li.off", icon("info"),
    h("span", `Paused field: ${fieldName(name)}`, h("span.muted.block", reason))));
  return card("What it can do", {}, h("ul.ticks", capabilities.map(item), fields));
}

