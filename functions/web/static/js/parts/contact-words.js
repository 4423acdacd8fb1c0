// What is said of a contact: why it gets no mail, and what happened to it.

import { plain, word } from "../words.js";

export const NOT_MAILABLE = {
  no_email: { short: "No e-mail", why: "There is no e-mail address." },
  opted_out: { short: "Opted out", why: "This person opted out of e-mail." },
  address_suppressed: {
    short: "Address opted out", why: "Somebody with this address opted out, so it gets no mail.",
  },
  consent_unreadable: {
    short: "Consent unknown", why: "The CRM does not let us read this person's consent.",
  },
};
export const notMailable = (code) => NOT_MAILABLE[code]?.why ?? plain(code);

const EVENTS = {
  created: "Contact created",
  edited: "Edited",
  opted_out: "Opted out of e-mail",
  opted_in: "Opted in again",
  group_joined: "Added to a group",
  group_left: "Taken out of a group",
  "sync.created": "Created by a sync",
  "sync.updated": "Updated by a sync",
  "sync.removed": "Taken out by a sync",
  "sync.unchanged": "Found the same by a sync",
  "sync.skipped": "Left alone by a sync",
  "sync.held": "Held back by a sync",
  "sync.failed": "Not written by a sync",
};
export const eventName = (code) => word(EVENTS, code);
