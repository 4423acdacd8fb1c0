// The automation at a glance: what it keeps the same, how often, and the switch to pause it.

import { put } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { badge, banner } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { attempt } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { cadenceText } from "../words.js";
import { lockedReason } from "./connection-frame.js";
import { mappingLine } from "./mapping-line.js";

export function automationCard(connection, automation, reload) {
  const base = `#/connections/${connection.id}`;
  const { live, enabled } = automation;
  const { mappings, cadence } = live ?? automation;
  const locked = lockedReason(connection);
  const trouble = h("div");
  const none = mappings.length === 0;
  return card("Automated sync", {
    lead: none ? "Not set up yet." : cadenceText(cadence),
    actions: !none && state(connection, live, enabled),
  },
  none
    ? h("p", "Choose which campaigns and groups belong together. You will see every change before ",
      "anything is written.")
    : h("ul.mapping-list", mappings.map((mapping) => mappingLine(mapping, "li"))),
  differs(automation) && banner("info", "You have changes that are not in force yet",
    h("p", "The schedule runs what is listed here. To put your changes into force, press “Configure ",
      "automated sync”, then Continue and Finalize Sync.")),
  trouble,
  h("div.actions",
    linkButton("Configure automated sync", `${base}/automation`, { kind: none ? "primary" : "" }),
    linkButton("Run a one-time sync", `${base}/manual`),
    live && pauseButton(connection, automation, trouble, reload, locked)));
}

/** Whether what was configured last differs from what was finalized last. */
export function differs({ live, mappings, cadence }) {
  const said = (rows, every) => JSON.stringify([rows.map(({ campaign, group, direction, rules }) =>
    [campaign.id ?? campaign.name, group.id ?? group.name, direction, rules]), every]);
  return Boolean(live) && said(live.mappings, live.cadence) !== said(mappings, cadence);
}

function state({ status }, live, enabled) {
  if (live && enabled && status !== "connected") {
    return badge("warn", status === "needs_reauth" ? "Waits for your login" : "Stopped: not connected");
  }
  if (!live) return badge("warn", "Not finalized");
  return badge(enabled ? "good" : "plain", enabled ? "On" : "Paused");
}

function pauseButton(connection, automation, trouble, reload, locked) {
  const next = !automation.enabled;
  const { mappings, cadence } = automation;
  return button(next ? "Resume" : "Pause", {
    picture: next ? "play" : "pause",
    reason: locked,
    busy: next ? "Resuming…" : "Pausing…",
    onPress: () => attempt(trouble, async () => {
      await put(`connections/${connection.id}/automation`, { mappings, cadence, enabled: next });
      toast(next ? "Automated sync goes on." : "Automated sync is paused.");
      await reload();
    }),
  });
}
