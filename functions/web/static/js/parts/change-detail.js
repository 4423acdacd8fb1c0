// One change, opened: what is done where, why, and every field before and after on both sides.

import { h, webAddress } from "../dom.js";
import { icon } from "../icons.js";
import { badge } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { closeDialogs, openDialog } from "../ui/dialog.js";
import { facts } from "../ui/page.js";
import { actionText, fieldName, OUTCOMES, PLANNED, reasonText, ruleName, sideName } from "../words.js";
import { mappingLine } from "./mapping-line.js";
import { changeName, isConflict } from "./change-words.js";

/** Open `change` in a drawer; `around` has `previous` and `next`, which open the neighbours. */
export function openChange(change, run, connection, around) {
  const turn = (open) => () => { closeDialogs(); open(); };
  openDialog(changeName(change), () => ({
    body: [
      h("p.change-state", outcomeBadge(change, run), change.email && h("span.muted", change.email)),
      facts([
        ["What", actionText(change)],
        ["Why", reasonText(change.reason) || null],
        ["Detail", change.detail || null],
        ["Note", change.replanned ? "Changed after the preview, so it was looked at again." : null],
        ["Mapping", mappingOf(change, run)],
      ]),
      change.fields.length > 0 && fieldTable(change),
      links(change, connection),
    ],
    actions: [
      around.previous && button("Previous", { onPress: turn(around.previous), picture: "arrowLeft" }),
      around.next && button("Next", { onPress: turn(around.next), picture: "arrowRight" }),
    ].filter(Boolean),
  }), { kind: "drawer" });
}

function outcomeBadge(change, run) {
  const { kind, label } = OUTCOMES[change.outcome];
  return badge(kind, run.kind === "sync" ? label : PLANNED[change.outcome]);
}

function mappingOf(change, run) {
  const found = (run.mappings ?? []).find(({ id }) => id === change.mapping_id);
  return found && mappingLine(found);
}

/** Both sides beside each other; the side that is written shows what was and what will be. */
function fieldTable(change) {
  return h("div.table-scroll", { tabindex: 0, role: "group", "aria-label": "Fields before and after" },
    h("table.field-table",
      h("thead", h("tr", ["Field", "Marketing", "CRM"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", change.fields.map((field) => fieldRow(field)))));
}

function fieldRow(field) {
  const { side } = field;
  const written = [!isBlank(field.before) && field.before !== field.after && h("del", shown(field.before)),
    h("ins", shown(field.after))];
  const kept = shown(field.other);
  const conflict = isConflict(field);
  return h("tr", { class: conflict ? "conflict" : "" },
    h("th", { scope: "row" }, fieldName(field.name),
      h("span.field-rule", conflict && badge("warn", "Conflict"), note(field, conflict))),
    h("td", { "data-side": "Marketing" }, side === "marketing" ? written : kept),
    h("td", { "data-side": "CRM" }, side === "crm" ? written : kept));
}

function note(field, conflict) {
  if (conflict) return `Both sides had changed. ${ruleName(field.rule)}; ${sideName(field.loser)} lost.${agreed(field)}`;
  return agreed(field).trim();
}

function agreed({ base_left: left, base_right: right }) {
  const base = left ?? right;
  return isBlank(base) ? "" : ` Last agreed: ${base}`;
}

const isBlank = (value) => value === null || value === undefined || value === "";

function shown(value) {
  if (value === true) return "Yes";
  if (value === false) return "No";
  return isBlank(value) ? h("span.blank-value", "blank") : String(value);
}

function links(change, connection) {
  const org = webAddress(connection?.org.url);
  return h("p.links",
    ["needs_review", "new_person_review"].includes(change.reason)
      && h("a", { href: `#/connections/${connection.id}/reviews` }, "Answer it under Reviews"),
    change.contact_id && h("a", { href: `#/contacts/${encodeURIComponent(change.contact_id)}` },
      "Contact and its timeline"),
    change.person_id && org && h("a", {
      href: new URL(encodeURIComponent(change.person_id), org).href,
      target: "_blank", rel: "noopener noreferrer",
    }, "Person in the CRM ", icon("external")));
}
