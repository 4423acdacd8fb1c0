// A text box that searches as you type and offers what it finds, after the ARIA combobox pattern.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";

const PAUSE_MS = 180;

/**
 * `search(text, signal)` resolves to `{ options: [{ id, label, meta }], note }`. With
 * `createLabel(text)` an extra first choice makes something new and gives `{ create: true, name }`.
 * `element.value` is the chosen option, such a creation, or null.
 */
export function combobox({ placeholder, search, createLabel, value = null, onChange = () => {} }) {
  const listId = uniqueId("options");
  const status = h("p.visually-hidden", { role: "status" });
  const list = h("ul.options", { id: listId, role: "listbox", "aria-label": placeholder });
  const note = h("p.options-note");
  const popup = h("div.options-popup", { hidden: true }, list, note);
  const input = h("input.input", {
    type: "text", role: "combobox", maxlength: 100, autocomplete: "off", spellcheck: "false", placeholder,
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId,
  });
  const tag = h("span.badge.info.combobox-tag", { hidden: true }, "New");
  const wrapper = h("div.combobox", input, tag, icon("chevron", "combobox-arrow"), popup, status);
  input.wrapper = wrapper;

  let chosen = value;
  let options = [];
  let active = -1;
  let asked = new AbortController();
  let timer = null;

  const isOpen = () => !popup.hidden;
  const typed = () => (input.value === labelOf(chosen) ? "" : input.value.trim());

  function showChosen() {
    input.value = labelOf(chosen);
    tag.hidden = !chosen?.create;
  }

  function open() {
    if (isOpen()) return;
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
    refresh();
  }

  function close() {
    asked.abort();
    clearTimeout(timer);
    popup.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function choose(option) {
    chosen = option;
    showChosen();
    close();
    onChange(chosen);
  }

  async function refresh() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const text = typed();
    fill(note, "Searching…");
    try {
      const found = await search(text, signal);
      if (!signal.aborted) show(text, found);
    } catch (error) {
      if (!signal.aborted) show(text, { options: [], note: `${error.message} Type to try again.` });
    }
  }

  function show(text, found) {
    const creation = createLabel && { create: true, name: text, label: createLabel(text) };
    options = creation ? [creation, ...found.options] : found.options;
    fill(list, options.map(optionElement));
    const nothing = found.options.length === 0 ? `Nothing matches “${text}”.` : "";
    const noteText = found.note || (text ? nothing : "");
    fill(note, noteText);
    note.hidden = !noteText;
    status.textContent = `${found.options.length} found. ${noteText}`;
    activate(-1);
    popup.scrollIntoView({ block: "nearest" });
  }

  function optionElement(option, index) {
    const same = chosen && !chosen.create && chosen.id === option.id;
    return h("li.option", {
      id: `${listId}-${index}`, role: "option", "aria-selected": String(Boolean(same)),
      class: option.create ? "option-new" : "",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => choose(option.create ? creationOf(option) : option),
    }, option.create && icon("plus"), h("span.option-label", option.label),
    option.meta && h("span.option-meta", option.meta));
  }

  function activate(index) {
    list.children[active]?.classList.remove("active");
    active = index;
    const element = list.children[active];
    if (!element) return input.removeAttribute("aria-activedescendant");
    element.classList.add("active");
    element.scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", element.id);
  }

  const keys = {
    ArrowDown: () => (isOpen() ? activate((active + 1) % options.length) : open()),
    ArrowUp: () => (isOpen() ? activate((active - 1 + options.length) % options.length) : open()),
    Enter: () => { if (isOpen()) list.children[active]?.click(); else open(); },
    Escape: () => { showChosen(); close(); },
  };

  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || (event.key === "Escape" && !isOpen())) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    open();
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  });
  input.addEventListener("click", open);
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => {
    const cleared = input.value.trim() === "" && chosen;
    close();
    if (cleared) choose(null);
    else showChosen();
  });

  Object.defineProperty(wrapper, "value", { get: () => chosen });
  wrapper.input = input;
  wrapper.choose = choose;
  showChosen();
  return wrapper;
}

function creationOf(option) {
  return option.name ? { create: true, name: option.name } : { create: true };
}

function labelOf(value) {
  if (!value) return "";
  return value.create ? value.name ?? "Same name as the other side" : value.label;
}
