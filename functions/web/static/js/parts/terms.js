// The terms of a sync, in words an advisor can check, and the box that accepts them.

import { h } from "../dom.js";
import { checkbox } from "../ui/field.js";

const TERMS = [
  "You have the right to use the personal data on both sides for this purpose, and your firm agrees.",
  "What the preview lists will be written to your CRM and to your marketing contacts. Records that "
    + "change in the meantime are looked at again before they are written.",
  "No contact, person, campaign or group is deleted. Memberships end only as listed.",
  "Opt-outs are honoured on both sides and are never cleared by a sync.",
  "What a run touches is kept from before, so that it can be undone; edits made since stay.",
  "The list-source record is a record of what was synced and from where. It is not legal advice.",
];

/** The terms as a list under their version. */
export function termsText(version) {
  return h("div.terms",
    h("h3", `Terms of sync, version ${version}`),
    h("ol", TERMS.map((text) => h("li", text))));
}

/** The box to tick; `element.control.checked` says whether it is. */
export function termsBox(version) {
  return checkbox(`I have read the terms (version ${version}) and accept them.`);
}
