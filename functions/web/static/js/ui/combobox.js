// A text box that searches as you type and offers what it finds, after the ARIA combobox pattern.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";

const PAUSE_MS = 180;

/**
 * `search(text, signal)` resolves to `{ options: [{ id, label, meta }], note }`. With
 * `createLabel(text)` an extra first choice makes something new and gives `{ create: true, name }`;
 * it returns nothing when nothing new can be made.
 * `value` is the chosen option, such a creation, or null; `choose(value)` sets it; `input` is the
 * text box, to be put into a field.
 */
export function combobox(options) {
  return new Combobox(options);
}

class Combobox {
  shown = [];
  active = -1;
  asked = new AbortController();
  timer = null;

  constructor({ placeholder, search, createLabel, value = null, onChange = () => {} }) {
    Object.assign(this, { search, createLabel, value, onChange });
    const id = uniqueId("options");
    this.list = h("ul.options", { id, role: "listbox", "aria-label": placeholder });
    this.note = h("p.options-note");
    this.popup = h("div.options-popup", { hidden: true }, this.list, this.note);
    this.status = h("p.visually-hidden", { role: "status" });
    this.tag = h("span.badge.info.combobox-tag", { hidden: true }, "New");
    this.input = this.textBox(placeholder, id);
    this.input.wrapper = h("div.combobox",
      this.input, this.tag, icon("chevron", "combobox-arrow"), this.popup, this.status);
    this.showValue();
  }

  textBox(placeholder, listId) {
    return h("input.input", {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 100,
      placeholder, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId,
      onkeydown: (event) => this.onKey(event),
      oninput: () => this.onInput(),
      onclick: () => this.open(),
      onfocus: () => this.input.select(),
      onblur: () => this.onBlur(),
    });
  }

  get isOpen() {
    return !this.popup.hidden;
  }

  showValue() {
    this.input.value = labelOf(this.value);
    this.tag.hidden = !this.value?.create;
    this.input.classList.toggle("tagged", !this.tag.hidden);
  }

  choose(value) {
    this.value = value;
    this.showValue();
    this.close();
    this.onChange(value);
  }

  open() {
    if (this.isOpen) return;
    this.popup.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.refresh();
  }

  close() {
    this.asked.abort();
    clearTimeout(this.timer);
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.status.textContent = "";
    this.activate(-1);
  }

  /** Search for what is typed; an answer that was overtaken by more typing is dropped. */
  async refresh() {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const text = this.input.value === labelOf(this.value) ? "" : this.input.value.trim();
    fill(this.note, "Searching…");
    try {
      const found = await this.search(text, signal);
      if (!signal.aborted) this.show(text, found);
    } catch (error) {
      const note = `${error.message} Type to try again.`;
      if (!signal.aborted) this.show(text, { options: [], note });
    }
  }

  show(text, { options, note }) {
    const label = this.createLabel?.(text);
    const creation = label && { create: true, name: text, label };
    this.shown = [creation, ...options].filter(Boolean);
    fill(this.list, this.shown.map((option, index) => this.optionElement(option, index)));
    const words = note || (text && !options.length ? `Nothing matches “${text}”.` : "");
    fill(this.note, words);
    this.note.hidden = !words;
    this.status.textContent = `${options.length} found. ${words}`;
    this.activate(-1);
    this.popup.scrollIntoView({ block: "nearest" });
  }

  optionElement(option, index) {
    const chosen = this.value && !this.value.create && this.value.id === option.id;
    return h("li.option", {
      id: `${this.list.id}-${index}`, role: "option", "aria-selected": String(Boolean(chosen)),
      class: option.create ? "option-new" : "",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => this.choose(option.create ? creationOf(option) : option),
    },
    option.create && icon("plus"),
    h("span.option-label", option.label),
    option.meta && h("span.option-meta", option.meta));
  }

  /** Mark the option the arrow keys are on; -1 for none. */
  activate(index) {
    this.list.children[this.active]?.classList.remove("active");
    this.active = index;
    const element = this.list.children[index];
    if (!element) return this.input.removeAttribute("aria-activedescendant");
    element.classList.add("active");
    element.scrollIntoView({ block: "nearest" });
    return this.input.setAttribute("aria-activedescendant", element.id);
  }

  onKey(event) {
    if (event.key === "Escape" && !this.isOpen) return;
    const act = {
      ArrowDown: () => this.step(1),
      ArrowUp: () => this.step(-1),
      Enter: () => { if (this.isOpen) this.list.children[this.active]?.click(); else this.open(); },
      Escape: () => { this.showValue(); this.close(); },
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  step(by) {
    if (!this.isOpen) return this.open();
    const { length } = this.shown;
    const from = this.active < 0 && by < 0 ? 0 : this.active;
    return this.activate((from + by + length) % length);
  }

  onInput() {
    this.open();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), PAUSE_MS);
  }

  onBlur() {
    const cleared = this.input.value.trim() === "" && this.value;
    this.close();
    if (cleared) this.choose(null);
    else this.showValue();
  }
}

function creationOf({ name }) {
  return name ? { create: true, name } : { create: true };
}

function labelOf(value) {
  if (!value) return "";
  return value.create ? value.name ?? "Same name as the other side" : value.label;
}
