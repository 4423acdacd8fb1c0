// A new contact.

import { post } from "../api.js";
import { contactForm } from "../parts/contact-form.js";
import { go } from "../router.js";
import { card, page } from "../ui/page.js";

export function screen({ title }) {
  title("New contact");
  return page({ title: "New contact", back: { href: "#/contacts", text: "Contacts" } },
    card(null, {}, contactForm({}, async (values) => {
      const contact = await post("contacts", values);
      go(`/contacts/${contact.id}?created=1`, { replace: true });
    }, { label: "Create contact" })));
}
