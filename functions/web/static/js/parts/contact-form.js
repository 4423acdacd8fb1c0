// The fields of a contact as a form. Only what was changed is sent.

import { h } from "../dom.js";
import { button } from "../ui/button.js";
import { field, textInput } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { FIELDS, fieldName } from "../words.js";

const TYPES = { email: "email", phone: "tel", mobile_phone: "tel", birthdate: "date" };
const NAMES = Object.keys(FIELDS).filter((name) => name !== "email_opt_out");

/** `onSave(changes)` sends the changed fields; errors land on the field they are about. */
export function contactForm(contact, onSave, label = "Save") {
  const fields = new Map(NAMES.map((name) => [name, input(name, contact[name] ?? "")]));
  const trouble = h("div");
  const submit = button(label, {
    kind: "primary", busy: "Saving…",
    onPress: () => {
      const changes = changed(fields, contact);
      if (!Object.keys(changes).length) return undefined;
      for (const each of fields.values()) each.setError(null);
      return attempt(trouble, () => onSave(changes), {
        title: "The contact was not saved", explain: (error) => explain(error, fields),
      });
    },
  });
  const form = h("form.contact-form", { novalidate: true },
    h("div.form-grid", [...fields.values()]), trouble, h("div.actions", submit));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit.click(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") submit.click();
  });
  return form;
}

function input(name, value) {
  const control = textInput({ type: TYPES[name] ?? "text", name, value, autocomplete: "off" });
  return field(fieldName(name), control);
}

function changed(fields, contact) {
  const all = [...fields].map(([name, { control }]) => [name, control.value.trim()]);
  return Object.fromEntries(all.filter(([name, value]) => value !== (contact[name] ?? "")));
}

function explain(error, fields) {
  const placed = (error.errors ?? []).filter(({ pointer, detail }) => {
    const target = fields.get(pointer.slice(1));
    target?.setError(detail);
    return target;
  });
  const [first] = placed;
  if (first) fields.get(first.pointer.slice(1)).control.focus();
  return placed.length > 0 && placed.length === error.errors.length;
}
