// An entry of the audit log: what somebody did to a connection or its automated sync.

import { h } from "../dom.js";
import {
  cadenceText, connectionState, DEFAULT_RULE, directionName, fieldName, plain, ruleName,
} from "../words.js";
import { newPeopleName } from "./connection-words.js";
import { mappingLine, nameOf } from "./mapping-line.js";
import { actorName, difference, timelineEvent } from "./timeline-event.js";

/** `names` knows what campaigns and groups are called, by id. */
export function auditEntry(entry, connection, names) {
  const { at, user_id: user, before, after } = entry;
  const who = actorName(user);
  const by = who === "a colleague" && user === connection.user_id ? "its advisor" : who;
  const lines = Object.keys(LINES).filter((name) => name in after)
    .flatMap((name) => LINES[name](before[name], after[name], names));
  return timelineEvent(title(entry), at, by, lines.length > 0 && h("ul.event-fields", lines));
}

function title({ what, before, after }) {
  if (what === "automation") return titleOfAutomation(after);
  if (after.status === "connected") return before.status ? "Connected again" : "Connected";
  if (after.status) return connectionState(after.status).label;
  return after.crm_user || after.org ? "Signed in again" : "Settings changed";
}

function titleOfAutomation(after) {
  if ("terms_version" in after || "live_mappings" in after) return "Automated sync finalized";
  if ("mappings" in after || "cadence" in after) return "Draft of the automated sync changed";
  return after.enabled ? "Automated sync resumed" : "Automated sync paused";
}

/** How each thing that may differ is told, in this order. */
const LINES = {
  org: (before, after) => line("Org", before?.name, after?.name),
  crm_user: (before, after) => line("Signed in as", before?.name, after?.name),
  sync_by_visibility: (before, after) => line("Sync by Visibility", onOff(before), after || before ? onOff(after) : null),
  inactive_campaign_id: (before, after, names) =>
    line("Inactive campaign", called(names, before), called(names, after)),
  settings: (before, after) => settingsLines(before ?? {}, after),
  mappings: mappingLines,
  cadence: (before, after) => line("How often", cadence(before), cadence(after)),
  live_mappings: mappingLines,
  live_cadence: (before, after) => line("How often", cadence(before), cadence(after)),
  enabled: (before, after) => line("Scheduled runs", onOff(before), onOff(after)),
  terms_version: (before, after) => line("Terms", before, after),
};

const onOff = (value) => (value === null || value === undefined ? null : value ? "On" : "Off");
const yesNo = (value) => (value ? "Yes" : "No");
const cadence = (value) => value && cadenceText(value);
const called = (names, id) => id && (names.get(id) ?? id);

function line(name, before, after) {
  return (before ?? "") === (after ?? "") ? [] : [difference(name, before, after)];
}

function settingsLines(before, after) {
  return [
    ...line("People who are new to the CRM", newPeopleName(before.new_people), newPeopleName(after.new_people)),
    ...(before.remove_members_in_crm ?? false) === after.remove_members_in_crm ? [] : line(
      "Remove people from the CRM campaign", yesNo(before.remove_members_in_crm), yesNo(after.remove_members_in_crm)),
    ...ruleLines("", before.field_rules, after.field_rules),
  ];
}

/** A field without a rule of its own has the usual one. */
function ruleLines(where, before = {}, after = {}) {
  const rule = (rules, name) => ruleName(rules[name] ?? DEFAULT_RULE);
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields.flatMap((name) => line(`${where}${fieldName(name)}`, rule(before, name), rule(after, name)));
}

function mappingLines(before, after, names) {
  const were = new Map((before ?? []).map((row) => [row.id, row]));
  const are = new Map((after ?? []).map((row) => [row.id, row]));
  return [...new Set([...were.keys(), ...are.keys()])]
    .flatMap((id) => mappingDifference(were.get(id), are.get(id), names));
}

function mappingDifference(was, is, names) {
  const shown = (row, element) => mappingLine(
    { ...row, campaign: withName(row.campaign, names), group: withName(row.group, names) }, element);
  if (!is) return [h("li", h("span.muted", "Mapping removed: "), shown(was, "del"))];
  if (!was) return [h("li", h("span.muted", "Mapping added: "), shown(is, "ins"))];
  const where = nameOf(withName(is.campaign, names));
  const ends = ["campaign", "group"].flatMap((side) =>
    line(`${plain(side)} of a mapping`, nameOf(withName(was[side], names)), nameOf(withName(is[side], names))));
  return [
    ...ends,
    ...line(`${where}: direction`, directionName(was.direction), directionName(is.direction)),
    ...ruleLines(`${where}: `, was.rules, is.rules),
  ];
}

const withName = (target, names) => ({ ...target, name: target.name ?? names.get(target.id) });
