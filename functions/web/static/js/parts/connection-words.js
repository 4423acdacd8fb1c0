// What is said of a connection: what it can do, and what its owner may choose.

import { plain, word } from "../words.js";

/** `[code, label, what it means]`. */
export const NEW_PEOPLE = [
  ["create", "Create them at once", "Counted in the preview, created with the run."],
  ["hold", "Ask me first", "Each waits under Reviews for your yes."],
];
export const newPeopleName = (code) => NEW_PEOPLE.find(([key]) => key === code)?.[1] ?? plain(code);

const CAPABILITIES = {
  consent: "E-mail opt-out",
  email: "E-mail addresses",
  external_id: "External id on people",
  sync_by_visibility: "Sync by Visibility",
  remove_members: "Remove campaign members",
};
export const capabilityName = (code) => word(CAPABILITIES, code);
