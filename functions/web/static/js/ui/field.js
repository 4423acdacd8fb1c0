// Form fields: a label, a control, a hint, and room for what is wrong with it.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";

/**
 * A labelled control. `element.setError(text)` marks it wrong, `setError(null)` right again;
 * `element.control` is the control itself.
 */
export function field(label, control, { hint, hideLabel = false } = {}) {
  const id = control.id || uniqueId("field");
  control.id = id;
  const hintId = hint ? `${id}-hint` : null;
  const error = h("p.field-error", { id: `${id}-error`, hidden: true });
  const element = h("div.field",
    h("label", { for: id, class: hideLabel ? "visually-hidden" : "" }, label),
    hint && h("p.field-hint", { id: hintId }, hint),
    control.wrapper ?? control,
    error);
  const describe = (ids) => {
    const list = ids.filter(Boolean).join(" ");
    if (list) control.setAttribute("aria-describedby", list);
    else control.removeAttribute("aria-describedby");
  };
  describe([hintId]);
  element.control = control;
  element.setError = (text) => {
    error.hidden = !text;
    fill(error, text ? [icon("alert"), text] : []);
    control.setAttribute("aria-invalid", text ? "true" : "false");
    describe([hintId, text && error.id]);
  };
  return element;
}

export const textInput = (properties = {}) => h("input.input", { type: "text", ...properties });

/** A drop-down of `[value, label]` pairs. */
export function select(options, value, properties = {}) {
  const choice = ([key, text]) => h("option", { value: key, selected: key === value }, text);
  return h("select.input", properties, options.map(choice));
}

/** A check box with its label beside it; the label's own `control` is the box. */
export function checkbox(label, { checked = false, ...rest } = {}) {
  return h("label.check", h("input", { type: "checkbox", checked, ...rest }), h("span", label));
}

/** One of several, all visible. `choices` are `[value, label, hint?]`; `element.value` is the pick. */
export function radios(legend, choices, value, { onChange = () => {}, disabled, hideLegend } = {}) {
  const name = uniqueId("radio");
  const one = ([key, label, hint]) => h("label.radio",
    h("input", { type: "radio", name, value: key, checked: key === value, disabled,
      onchange: () => onChange(key) }),
    h("span", h("span.radio-label", label), hint && h("span.radio-hint", hint)));
  const element = h("fieldset.radios", h("legend", { class: hideLegend ? "visually-hidden" : "" }, legend), choices.map(one));
  Object.defineProperty(element, "value", {
    get: () => element.querySelector("input:checked")?.value,
  });
  return element;
}

/** An on/off switch. `reason` locks it and is read with it. `onToggle(next)` decides what happens. */
export function toggle(label, { on, reason, onToggle }) {
  const reasonId = uniqueId("reason");
  const element = h("button.switch", {
    type: "button",
    role: "switch",
    "aria-checked": String(on),
    "aria-label": label,
    "aria-disabled": reason ? "true" : null,
    "aria-describedby": reason ? reasonId : null,
    onclick: () => { if (!reason) onToggle(!on); },
  }, h("span.switch-knob"));
  return h("div.toggle", element, reason && h("p.field-hint", { id: reasonId }, reason));
}

/** A search box that reports what is typed once typing pauses. */
export function searchBox(label, onSearch, { value = "", placeholder = label } = {}) {
  let timer = null;
  const input = h("input.input", {
    type: "search", "aria-label": label, placeholder, value, autocomplete: "off", spellcheck: "false", maxlength: 100,
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => onSearch(input.value.trim()), 250);
    },
  });
  return h("div.search-box", icon("search"), input);
}
