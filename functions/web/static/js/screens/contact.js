// One contact: fields, consent, groups, and everything a sync ever did to it.

import { get, patch } from "../api.js";
import { h } from "../dom.js";
import { fullName, moment } from "../format.js";
import { toast } from "../live.js";
import { consentCard } from "../parts/consent-card.js";
import { contactForm } from "../parts/contact-form.js";
import { contactTimeline } from "../parts/contact-timeline.js";
import { notMailable } from "../parts/contact-words.js";
import { mailableBadge } from "../parts/contact-row.js";
import { everyGroup } from "../parts/campaigns.js";
import { banner } from "../ui/banner.js";
import { load } from "../ui/loader.js";
import { card, facts, page } from "../ui/page.js";

export function screen({ params, title, signal, query }) {
  title("Contact");
  const back = { href: "#/contacts", text: "Contacts" };
  const frame = (content) => page({ title: "Contact", back }, content);
  return load(signal, () => get(`contacts/${params.id}`, { signal }), (contact, reload) => {
    title(fullName(contact));
    return page({
      title: fullName(contact),
      back,
      aside: h("p.page-context", contact.email && h("span", contact.email), mailableBadge(contact)),
    },
    query.created && banner("good", "The contact is saved"),
    !contact.mailable && banner("warn", "This contact is not mailed",
      h("p", notMailable(contact.mailable_reason))),
    h("div.columns",
      h("div.column-main",
        card("Details", {}, contactForm(contact, (changes) => save(contact, changes, reload), { reload })),
        card("Timeline", { lead: "Everything that happened to this contact, newest first." },
          contactTimeline(contact, signal))),
      h("div.column-side",
        consentCard(contact, reload), groupsCard(contact, signal), recordCard(contact))));
  }, { frame });
}

async function save(contact, changes, reload) {
  await patch(`contacts/${contact.id}`, { ...changes, version: contact.version });
  toast("Saved.");
  await reload();
}

function groupsCard(contact, signal) {
  const ids = new Set(contact.group_ids ?? []);
  if (!ids.size) return card("Groups", {}, h("p.muted", "In no group."));
  return card("Groups", {}, load(signal, everyGroup, (groups) => h("ul.plain-list",
    groups.filter(({ id }) => ids.has(id)).map(({ id, name }) =>
      h("li", h("a", { href: `#/groups/${encodeURIComponent(id)}` }, name))))));
}

function recordCard(contact) {
  const custom = Object.entries(contact.custom ?? {});
  return card("Record", {}, facts([
    ["Added", moment(contact.created_at)],
    ["Changed", moment(contact.updated_at)],
    ...custom,
  ]));
}
