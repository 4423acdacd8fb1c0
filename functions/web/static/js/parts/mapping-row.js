// One row of a mapping form: campaign, direction, group, and what is wrong with them.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { iconButton } from "../ui/button.js";
import { combobox } from "../ui/combobox.js";
import { field, select } from "../ui/field.js";
import { directionMeaning, directionName, DIRECTIONS } from "../words.js";
import { campaignNamed, findCampaigns, findGroups, groupNamed } from "./campaigns.js";

/** The direction in which a side leads, so that nothing is written there. */
const LEADING = { campaign: "import", group: "export" };

/** `changed()` is called after every choice, `onRemove(row)` by the row's own button. */
export class MappingRow {
  constructor(connection, mapping, { locked, changed, onRemove }) {
    Object.assign(this, { connection, changed });
    this.saved = { ...mapping };
    const propose = () => this.propose();
    const can = (side) => () => this.canCreate(side);
    this.campaign = picker("Search campaigns", findCampaigns(connection.id), mapping.campaign, propose, can("campaign"));
    this.group = picker("Search groups", findGroups, mapping.group, propose, can("group"));
    this.direction = select(DIRECTIONS, mapping.direction ?? "both", {
      onchange: () => { this.explainDirection(); this.propose(); },
    });
    this.removal = iconButton("trash", "Remove mapping", () => onRemove(this));
    this.fields = {
      campaign: field("Campaign in the CRM", this.campaign.input),
      direction: field("Direction", this.direction),
      group: field("Group in marketing", this.group.input),
    };
    this.lock(Boolean(locked));
    this.element = this.draw();
    this.explainDirection();
    this.suggest();
  }

  draw() {
    this.legend = h("legend");
    this.meaning = h("p.field-hint");
    this.suggestion = h("div.suggestion", { role: "status" });
    this.trouble = h("div.row-error", { role: "alert" });
    const { campaign, direction, group } = this.fields;
    return h("fieldset.mapping-row", this.legend,
      h("div.mapping-fields", campaign, direction, group, this.removal),
      this.meaning, this.suggestion, this.trouble);
  }

  lock(locked) {
    const controls = [this.campaign.input, this.group.input, this.direction, this.removal];
    for (const control of controls) control.disabled = locked;
  }

  get isBlank() {
    return !this.campaign.value && !this.group.value;
  }

  get isWrong() {
    return this.element.classList.contains("wrong");
  }

  /** The row as it can be shown again, names and all. */
  get shown() {
    return { ...this.saved, campaign: remembered(this.campaign.value), group: remembered(this.group.value),
      direction: this.direction.value };
  }

  /** The row as the API wants it; what the page does not show is kept as it came. */
  get value() {
    return {
      ...this.saved,
      campaign: target(this.campaign.value),
      group: target(this.group.value),
      direction: this.direction.value,
    };
  }

  set(mapping) {
    Object.assign(this.saved, mapping);
    if (mapping.direction) this.direction.value = mapping.direction;
    this.explainDirection();
    this.campaign.choose(choice(mapping.campaign));
    this.group.choose(choice(mapping.group));
  }

  number(position, total) {
    this.legend.textContent = `Mapping ${position}`;
    this.removal.setAttribute("aria-label", `Remove mapping ${position}`);
    this.removal.hidden = total === 1 && this.isBlank;
  }

  /** Put the keyboard on what is wrong, else on the first field. */
  focus() {
    const wrong = Object.values(this.fields)
      .find(({ control }) => control.getAttribute("aria-invalid") === "true");
    (wrong?.control ?? this.campaign.input).focus();
  }

  explainDirection() {
    this.meaning.textContent = directionMeaning(this.direction.value);
  }

  /** Only a side that the direction writes to can be new. */
  canCreate(side) {
    return this.direction.value !== LEADING[side];
  }

  /** After a choice: what was wrong may be right now, and what is missing may be known. */
  propose() {
    this.clear();
    this.markCreations();
    this.changed();
    return this.suggest();
  }

  /** One side chosen, the other empty: offer the one of the same name, or a new one. */
  async suggest() {
    fill(this.suggestion);
    const fromCampaign = this.campaign.value !== null;
    const [from, into] = fromCampaign ? [this.campaign, this.group] : [this.group, this.campaign];
    const { value } = from;
    if (!value || into.value || value.create) return;
    const look = fromCampaign ? groupNamed : (name) => campaignNamed(this.connection.id, name);
    const found = await look(value.label).catch(() => null);
    const side = fromCampaign ? "group" : "campaign";
    if (!into.value && from.value === value) {
      fill(this.suggestion, offer(found, value.label, into, side, this.canCreate(side)));
    }
  }

  /** Mark what is missing; true when nothing is. */
  check() {
    this.clear();
    if (!this.campaign.value) this.mark("campaign", "Choose a campaign, or create a new one.");
    if (!this.group.value) this.mark("group", "Choose a group, or create a new one.");
    this.markCreations();
    return !this.isWrong;
  }

  /** A side that is to be new although the direction writes nothing there. */
  markCreations() {
    for (const side of Object.keys(LEADING)) {
      if (this[side].value?.create && !this.canCreate(side)) {
        this.mark(side, `${directionName(this.direction.value)} makes no new ${side}. Choose one that exists, or another direction.`);
      }
    }
  }

  /** Show what the API said about this row, the one at `index`. */
  explain(errors, index) {
    this.clear();
    const start = `/mappings/${index}/`.length;
    for (const { pointer, detail } of errors) this.mark(pointer.slice(start).split("/")[0], detail);
  }

  mark(name, text) {
    this.element.classList.add("wrong");
    if (this.fields[name]) this.fields[name].setError(text);
    else this.trouble.append(h("p.field-error", icon("alert"), text));
  }

  clear() {
    Object.values(this.fields).forEach((each) => each.setError(null));
    fill(this.trouble);
    this.element.classList.remove("wrong");
  }
}

function offer(found, name, into, side, canCreate) {
  if (!found && !canCreate) {
    return [icon("info"), h("span", `No ${side} is called “${name}”, and this direction makes none. `
      + "Choose one, or another direction.")];
  }
  const [picture, text, label, value] = found
    ? ["link", `The ${side} “${found.label}” has the same name.`, "Use it", found]
    : ["plus", `No ${side} is called “${name}” yet.`, "Create it with the first run",
      { create: true, name }];
  const take = () => { into.choose(value); into.input.focus(); };
  return [icon(picture), h("span", text, " ", h("button.link", { type: "button", onclick: take }, label))];
}

function picker(placeholder, search, value, onChange, canCreate) {
  return combobox({
    placeholder,
    search,
    value: choice(value),
    onChange,
    createLabel: (text) => canCreate()
      && (text ? `Create “${text}”` : "Create new, same name as the other side"),
  });
}

/** A mapping's target as a combobox option, and back. */
function choice(value) {
  if (!value) return null;
  return value.create ? value : { id: value.id, label: value.name ?? value.label ?? value.id };
}

const remembered = (value) => (value && !value.create ? { id: value.id, name: value.label } : value);

function target(value) {
  if (!value) return null;
  if (!value.create) return { id: value.id };
  return value.name ? { create: true, name: value.name } : { create: true };
}
