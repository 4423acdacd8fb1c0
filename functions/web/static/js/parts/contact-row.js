// A contact in a list.

import { h } from "../dom.js";
import { fullName } from "../format.js";
import { badge } from "../ui/banner.js";
import { notMailable } from "../words.js";

/** One line: who, where, whether mail may go out and why not. `end` is put at the right. */
export function contactRow(contact, end = null) {
  return h("li.row",
    h("a.row-main", { href: `#/contacts/${encodeURIComponent(contact.id)}` },
      h("strong", fullName(contact)),
      h("span.muted", [contact.email, contact.company].filter(Boolean).join(" · "))),
    mailableBadge(contact),
    end);
}

export function mailableBadge(contact) {
  if (contact.mailable) return badge("good", "Mailable");
  const element = badge("warn", "Not mailable");
  element.title = notMailable(contact.mailable_reason);
  return element;
}
