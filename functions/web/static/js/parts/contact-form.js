// The fields of a contact as a form. Only what was changed is sent.

import { h } from "../dom.js";
import { toast } from "../live.js";
import { button } from "../ui/button.js";
import { field, textInput } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { FIELDS, fieldName } from "../words.js";

const TYPES = { email: "email", phone: "tel", mobile_phone: "tel", birthdate: "date" };
const EXPECTED = { email: "Write an e-mail address, such as ada@firm.example." };
const NAMES = Object.keys(FIELDS).filter((name) => name !== "email_opt_out");

/** `onSave(changes)` sends the changed fields; errors land on the field they are about. */
export function contactForm(contact, onSave, { label = "Save", reload } = {}) {
  const fields = new Map(NAMES.map((name) => [name, input(name, contact[name] ?? "")]));
  const trouble = h("div");
  const submit = button(label, {
    kind: "primary", busy: "Saving…",
    onPress: () => {
      const changes = changed(fields, contact);
      for (const each of fields.values()) each.setError(null);
      if (!Object.keys(changes).length) return unchanged(contact, fields);
      return attempt(trouble, () => onSave(changes), {
        title: "The contact was not saved", explain: (error) => explain(error, fields), reload,
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

/** Nothing was typed: a new contact needs something, a known one stays as it is. */
function unchanged(contact, fields) {
  if (contact.id) return toast("Nothing was changed, so there is nothing to save.", { kind: "warn" });
  fields.get("last_name").setError("Fill in at least a name or an e-mail address.");
  return fields.get("last_name").control.focus();
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
  const placed = (error.errors ?? []).filter(({ pointer, code, detail }) => {
    const name = pointer.slice(1);
    const target = fields.get(name);
    target?.setError(code === "string_pattern_mismatch" ? EXPECTED[name] ?? detail : detail);
    return target;
  });
  const [first] = placed;
  if (first) fields.get(first.pointer.slice(1)).control.focus();
  return placed.length > 0 && placed.length === error.errors.length;
}
