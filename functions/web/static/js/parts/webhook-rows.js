// Webhook addresses: add, switch off, remove.

import { h } from "../dom.js";
import { button, iconButton } from "../ui/button.js";
import { checkbox, field, textInput } from "../ui/field.js";

/** An editor of `[{ id?, url, enabled }]`; `element.value` is them, `explain` places errors. */
export function webhookRows(webhooks) {
  const list = h("div.webhooks");
  let rows = [];

  function add(webhook = {}, focus = false) {
    const url = field("Address", textInput({
      type: "url", value: webhook.url ?? "", placeholder: "https://example.com/hooks/crmsync", spellcheck: "false",
    }));
    const enabled = checkbox("On", { checked: webhook.enabled ?? true });
    const element = h("div.webhook", url, enabled,
      iconButton("trash", "Remove webhook", () => {
        rows = rows.filter((other) => other !== row);
        element.remove();
        adder.focus();
      }));
    const row = {
      setError: url.setError,
      value: () => ({ ...(webhook.id && { id: webhook.id }), url: url.control.value.trim(), enabled: enabled.control.checked }),
    };
    rows.push(row);
    list.append(element);
    if (focus) url.control.focus();
  }

  const adder = button("Add webhook", { picture: "plus", onPress: () => add({}, true) });
  for (const webhook of webhooks) add(webhook);
  const element = h("div.stack", list, h("div.actions", adder));
  Object.defineProperty(element, "value", { get: () => rows.map((row) => row.value()) });
  element.explain = (error) => {
    rows.forEach((row, index) => row.setError(error.at?.(`/webhooks/${index}`)[0]?.detail ?? null));
    return error.errors?.length > 0 && error.errors.every(({ pointer }) => pointer.startsWith("/webhooks/"));
  };
  return element;
}
