// A contact in a list.

import { h } from "../dom.js";
import { fullName } from "../format.js";
import { badge } from "../ui/banner.js";
import { NOT_MAILABLE } from "./contact-words.js";

/** One line: who, where, whether mail may go out and why not. `end` is put at the right. */
export function contactRow(contact, end = null) {
  return h("li.row",
    h("a.row-main", { href: `#/contacts/${encodeURIComponent(contact.id)}` },
      h("strong", fullName(contact)),
      h("span.muted", [contact.email, contact.company].filter(Boolean).join(" · "))),
    !contact.mailable && mailableBadge(contact),
    end);
}

export function mailableBadge(contact) {
  return contact.mailable
    ? badge("good", "Mailable")
    : badge("warn", NOT_MAILABLE[contact.mailable_reason]?.short ?? "Not mailable");
}
