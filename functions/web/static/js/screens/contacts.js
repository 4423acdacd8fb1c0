// Contacts: everyone the marketing side knows.

import { get } from "../api.js";
import { h } from "../dom.js";
import { contactRow } from "../parts/contact-row.js";
import { empty } from "../ui/banner.js";
import { linkButton } from "../ui/button.js";
import { searchBox } from "../ui/field.js";
import { moreList } from "../ui/more-list.js";
import { page } from "../ui/page.js";

export function screen({ title, signal }) {
  title("Contacts");
  let search = "";
  const add = () => linkButton("New contact", "#/contacts/new", { kind: "primary", picture: "plus" });
  const list = moreList({
    signal,
    noun: "contact",
    fetchPage: (cursor) => get("contacts", { query: { search, cursor }, signal }),
    frame: () => h("ul.rows.card.flush"),
    row: (contact) => contactRow(contact),
    nothing: () => (search
      ? h("p.muted.center", `No contact matches “${search}”.`)
      : empty("user", "No contacts yet", "Add the first one, or let a sync bring them from a campaign.", add())),
  });
  const find = (text) => { search = text; list.reload(); };
  return page({
    title: "Contacts",
    lead: "Everyone your marketing knows. No contact is ever deleted by a sync.",
    actions: [add()],
  }, h("div.stack", h("div.list-tools", searchBox("Search by name or e-mail", find)), list));
}
