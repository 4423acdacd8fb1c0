// Consent: opting out is one press; opting back in needs the person's own word.

import { patch } from "../api.js";
import { h } from "../dom.js";
import { fullName } from "../format.js";
import { toast } from "../live.js";
import { badge } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { field } from "../ui/field.js";
import { card } from "../ui/page.js";

export function consentCard(contact, reload) {
  const out = contact.email_opt_out;
  return card("E-mail consent", {
    actions: badge(out ? "warn" : "good", out ? "Opted out" : "Not opted out"),
  },
  h("p.muted", out
    ? "A sync never clears an opt-out, on either side."
    : "An opt-out counts for the address, whoever else uses it, and reaches the CRM with the next run."),
  out
    ? button("Record a new opt-in", { onPress: () => { optIn(contact, reload); } })
    : button("Opt out of e-mail", { onPress: () => { optOut(contact, reload); } }));
}

function optOut(contact, reload) {
  confirmDialog({
    title: `Opt ${fullName(contact)} out?`,
    confirm: "Opt out",
    kind: "danger",
    busy: "Saving…",
    body: h("p", `No more mail goes to ${contact.email || "this contact"}. Only the person's own word can undo this.`),
    act: async () => {
      await patch(`contacts/${contact.id}`, { email_opt_out: true, version: contact.version });
      toast("Opted out.");
    },
    then: reload,
  });
}

function optIn(contact, reload) {
  const evidence = field("What did they say, where and when?", h("textarea.input", { rows: 3 }), {
    hint: "For example: form on the website, 3 March 2026, 14:20. Kept with the contact for ever.",
  });
  confirmDialog({
    title: `Record ${fullName(contact)}'s opt-in`,
    confirm: "Record opt-in",
    busy: "Saving…",
    body: h("div", h("p", "Only when the person asked for mail themselves, and the CRM does not say otherwise."), evidence),
    act: async () => {
      await patch(`contacts/${contact.id}`, {
        email_opt_out: false,
        opt_in_evidence: evidence.control.value.trim(),
        version: contact.version,
      });
      toast("The opt-in is recorded.");
    },
    then: reload,
  });
}
