// Sync by Visibility: whose people are covered, in numbers, before it is switched.

import { patch } from "../api.js";
import { h } from "../dom.js";
import { count, counted } from "../format.js";
import { toast } from "../live.js";
import { confirmDialog } from "../ui/dialog.js";
import { toggle } from "../ui/field.js";
import { card } from "../ui/page.js";
import { lockedReason } from "./connection-frame.js";

const LEVELS = [
  ["in_campaign", "in your mapped campaigns"],
  ["visible", "you can see"],
  ["owned", "you own"],
];

export function visibilityCard(connection, reload) {
  const scope = connection.sync_by_visibility ?? {};
  const reason = scope.can_edit ? lockedReason(connection) : scope.reason || lockedReason(connection);
  const control = toggle("Sync by Visibility", {
    on: scope.value, reason, onToggle: (next) => confirmSwitch(connection, next, reload),
  });
  return card("Sync by Visibility", {
    actions: control,
    lead: scope.value
      ? "On: everyone you can see in the CRM is covered."
      : "Off: only people you own in the CRM are covered.",
  }, scope.counts ? levels(scope) : h("p.muted", "The numbers appear once campaigns are mapped."));
}

function levels({ counts, value }) {
  const most = Math.max(1, counts.in_campaign);
  const covered = value ? "visible" : "owned";
  return h("ul.levels", LEVELS.map(([key, text]) => {
    const bar = h("span.level-bar", { class: key === covered ? "covered" : "" });
    bar.style.width = `${(100 * counts[key]) / most}%`;
    return h("li",
      h("span.level-words", h("strong", count(counts[key])), ` ${text}`,
        key === covered && h("span.badge.info", "covered now")),
      h("span.level-track", { "aria-hidden": "true" }, bar));
  }));
}

function confirmSwitch(connection, next, reload) {
  confirmDialog({
    title: next ? "Switch Sync by Visibility on?" : "Switch Sync by Visibility off?",
    confirm: next ? "Switch on" : "Switch off",
    busy: "Switching…",
    body: h("div", effect(connection.sync_by_visibility.counts, next)),
    act: async () => {
      await patch(`connections/${connection.id}`, { sync_by_visibility: next });
      toast(`Sync by Visibility is ${next ? "on" : "off"}.`);
    },
    then: reload,
  });
}

function effect(counts, next) {
  const wider = counts ? counts.visible - counts.owned : null;
  const people = wider === null ? "People" : counted(wider, "person", "people");
  const numbers = counts && h("p", h("strong", `${count(counts.in_campaign)} in campaign, `
    + `${count(counts.visible)} you can see, ${count(counts.owned)} you own.`));
  if (next) {
    return [numbers, h("p", `${people} you can see but do not own come into scope with the next run.`),
      h("p", "The next run reads everything once. You can preview it first.")];
  }
  return [numbers, h("p", `${people} you do not own go out of scope. Nobody is removed from a group `
    + "or campaign; they are simply no longer updated.")];
}

