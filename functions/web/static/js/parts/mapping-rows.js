// The rows of a mapping form: campaign, direction, group; add, remove, propose, and show each
// error on the row it belongs to.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";
import { announce } from "../live.js";
import { button, iconButton } from "../ui/button.js";
import { combobox } from "../ui/combobox.js";
import { field, select } from "../ui/field.js";
import { DIRECTIONS } from "../words.js";
import { campaignNamed, findCampaigns, findGroups, groupNamed } from "./campaigns.js";

/**
 * An editor of mappings. `element.value` is them as the API wants them; `element.check()` marks
 * what is missing and says whether all is there; `element.explain(problem)` puts a refused
 * request's errors on their rows and says whether it could place all of them. "change" is fired
 * whenever a choice is made.
 */
export function mappingRows(connection, mappings, { locked } = {}) {
  const element = h("div.mappings");
  const changed = () => element.dispatchEvent(new Event("change"));
  const list = h("div.mapping-rows");
  const add = button("Add mapping", { picture: "plus", reason: locked, onPress: () => addRow() });
  let rows = [];

  function addRow(mapping = {}, { quiet = false } = {}) {
    const row = createRow(connection, mapping, { locked, changed, onRemove: () => removeRow(row) });
    rows.push(row);
    list.append(row.element);
    renumber();
    if (!quiet) {
      row.focus();
      announce(`Mapping ${rows.length} added`);
    }
    return row;
  }

  function removeRow(row) {
    const index = rows.indexOf(row);
    rows = rows.filter((other) => other !== row);
    row.element.remove();
    if (!rows.length) addRow({}, { quiet: true });
    renumber();
    (rows[Math.min(index, rows.length - 1)]).focus();
    announce("Mapping removed");
    changed();
  }

  function renumber() {
    rows.forEach((row, index) => row.number(index + 1, rows.length));
  }

  element.append(list, h("div.actions", add));
  element.addMapping = (mapping) => {
    const blank = rows.find((row) => row.isBlank());
    if (blank) blank.set(mapping);
    else addRow(mapping, { quiet: true });
  };
  element.check = () => {
    const wrong = rows.filter((row) => !row.check());
    wrong[0]?.focus();
    return wrong.length === 0;
  };
  element.explain = (problem) => {
    const placed = rows.flatMap((row, index) => row.explain(problem.at(`/mappings/${index}`), index));
    rows.find((row) => row.isWrong())?.focus();
    return placed.length > 0 && placed.length === problem.errors.length;
  };
  Object.defineProperty(element, "value", { get: () => rows.map((row) => row.value()) });
  for (const mapping of mappings.length ? mappings : [{}]) addRow(mapping, { quiet: true });
  return element;
}

function createRow(connection, mapping, { locked, changed, onRemove }) {
  const legend = h("legend");
  const campaign = picker("Search campaigns", findCampaigns(connection.id), mapping.campaign, propose);
  const group = picker("Search groups", findGroups, mapping.group, propose);
  const direction = select(DIRECTIONS, mapping.direction ?? "both", { onchange: explainDirection });
  const meaning = h("p.field-hint", { id: uniqueId("meaning") });
  const suggestion = h("div.suggestion", { role: "status" });
  const rowError = h("div.row-error", { role: "alert" });
  const removeButton = iconButton("trash", "Remove mapping", onRemove);
  const fields = {
    campaign: field("Campaign in the CRM", campaign.input),
    direction: field("Direction", direction),
    group: field("Group in marketing", group.input),
  };
  const rest = { ...mapping };
  for (const control of [campaign.input, group.input, direction, removeButton]) {
    control.disabled = Boolean(locked);
  }
  const element = h("fieldset.mapping-row", legend,
    h("div.mapping-fields", fields.campaign, fields.direction, fields.group, removeButton),
    meaning, suggestion, rowError);

  function explainDirection() {
    meaning.textContent = DIRECTIONS.find(([key]) => key === direction.value)?.[2] ?? "";
  }

  /** One side chosen, the other empty: offer the one of the same name, or a new one. */
  async function propose() {
    clearErrors();
    changed();
    fill(suggestion);
    const [from, into, look] = campaign.value
      ? [campaign.value, group, groupNamed]
      : [group.value, campaign, (name) => campaignNamed(connection.id, name)];
    if (!from || into.value || from.create) return;
    const found = await look(from.label).catch(() => null);
    if (into.value || (campaign.value ?? group.value) !== from) return;
    fill(suggestion, offer(found, from, into));
  }

  function offer(found, from, into) {
    const side = into === group ? "group" : "campaign";
    const take = (value) => () => { into.choose(value); into.input.focus(); };
    const [picture, text, label, value] = found
      ? ["link", `The ${side} “${found.label}” has the same name.`, "Use it", found]
      : ["plus", `No ${side} is called “${from.label}” yet.`, "Create it with the first run",
        { create: true, name: from.label }];
    const use = h("button.link", { type: "button", onclick: take(value) }, label);
    return [icon(picture), h("span", text, " ", use)];
  }

  function clearErrors() {
    Object.values(fields).forEach((each) => each.setError(null));
    fill(rowError);
    element.classList.remove("wrong");
  }

  function fail(name, text) {
    element.classList.add("wrong");
    if (fields[name]) fields[name].setError(text);
    else rowError.append(h("p.field-error", icon("alert"), text));
  }

  explainDirection();
  return {
    element,
    focus: () => (Object.values(fields).find((f) => f.control.getAttribute("aria-invalid") === "true")
      ?.control ?? campaign.input).focus(),
    number(position, total) {
      legend.textContent = `Mapping ${position}`;
      removeButton.setAttribute("aria-label", `Remove mapping ${position}`);
      removeButton.hidden = total === 1 && !campaign.value && !group.value;
    },
    isBlank: () => !campaign.value && !group.value,
    isWrong: () => element.classList.contains("wrong"),
    set(next) {
      Object.assign(rest, next);
      if (next.direction) direction.value = next.direction;
      explainDirection();
      campaign.choose(choice(next.campaign));
      group.choose(choice(next.group));
    },
    check() {
      clearErrors();
      if (!campaign.value) fail("campaign", "Choose a campaign, or create a new one.");
      if (!group.value) fail("group", "Choose a group, or create a new one.");
      return campaign.value !== null && group.value !== null;
    },
    explain(errors, index) {
      clearErrors();
      for (const { pointer, detail } of errors) {
        fail(pointer.slice(`/mappings/${index}/`.length).split("/")[0], detail);
      }
      return errors;
    },
    value: () => ({
      ...rest,
      campaign: target(campaign.value),
      group: target(group.value),
      direction: direction.value,
    }),
  };
}

function picker(placeholder, search, value, onChange) {
  return combobox({
    placeholder,
    search,
    value: choice(value),
    onChange,
    createLabel: (text) => (text ? `Create “${text}”` : "Create new, same name as the other side"),
  });
}

/** A mapping's target as a combobox option, and back. */
function choice(value) {
  if (!value) return null;
  return value.create ? value : { id: value.id, label: value.name ?? value.label ?? value.id };
}

function target(value) {
  if (!value) return null;
  if (!value.create) return { id: value.id };
  return value.name ? { create: true, name: value.name } : { create: true };
}
