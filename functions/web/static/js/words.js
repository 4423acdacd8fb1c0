// What the API's codes are called on screen. A code that is not here is shown as plain words, so a
// new one is never a blank.

/** "address_suppressed" -> "Address suppressed". */
export function plain(code) {
  const text = String(code ?? "").replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What `words` has for the code, else the code in plain words. */
export const word = (words, code) => words[code] ?? plain(code);

const PLATFORMS = { salesforce: "Salesforce", practifi: "Practifi", salentica: "Salentica" };
export const platformName = (code) => word(PLATFORMS, code);

/** `[code, label, what it means]`, in the order they are offered. */
export const DIRECTIONS = [
  ["both", "Both ways", "Changes on either side reach the other."],
  ["import", "CRM to marketing", "The CRM leads. Nothing is written to the CRM."],
  ["export", "Marketing to CRM", "Marketing leads. Contacts and groups in marketing stay as they are."],
];
export const directionName = (code) => DIRECTIONS.find(([key]) => key === code)?.[1] ?? plain(code);
export const directionMeaning = (code) => DIRECTIONS.find(([key]) => key === code)?.[2] ?? "";
export const DIRECTION_PICTURES = { both: "both", import: "arrowRight", export: "arrowLeft" };

export const CADENCES = { "15min": "Every 15 minutes", hour: "Every hour", day: "Every day" };

/** "Every day at 06:00, Europe/Berlin". */
export function cadenceText({ every, at, time_zone: zone } = {}) {
  const text = CADENCES[every] ?? "";
  return every === "day" && at ? `${text} at ${at.slice(0, 5)}, ${zone}` : text;
}

/** Strongest first, the order in which they are listed. */
export const OUTCOMES = {
  failed: { label: "Failed", kind: "bad" },
  held: { label: "Held", kind: "warn" },
  removed: { label: "Removed", kind: "warn" },
  created: { label: "Created", kind: "good" },
  updated: { label: "Updated", kind: "info" },
  skipped: { label: "Skipped", kind: "plain" },
  unchanged: { label: "Unchanged", kind: "plain" },
};

/** The same before anything was done. */
export const PLANNED = {
  failed: "Cannot be done", held: "Held", removed: "To remove", created: "To create",
  updated: "To update", skipped: "To skip", unchanged: "Unchanged",
};

const CONNECTION_STATES = {
  connected: { kind: "good", label: "Connected" },
  needs_reauth: { kind: "warn", label: "Sign in again" },
  disconnected: { kind: "plain", label: "Disconnected" },
};
export const connectionState = (code) =>
  CONNECTION_STATES[code] ?? { kind: "plain", label: "Not connected" };

const RUN_STATES = {
  queued: { kind: "info", label: "Waiting its turn" },
  gathering: { kind: "info", label: "Reading both sides" },
  planned: { kind: "info", label: "Planning" },
  applying: { kind: "info", label: "Making changes" },
  settling: { kind: "info", label: "Finishing" },
  succeeded: { kind: "good", label: "Done" },
  partial: { kind: "warn", label: "Partly done" },
  failed: { kind: "bad", label: "Failed" },
  cancelled: { kind: "plain", label: "Cancelled" },
};
export function runState(run) {
  if (isPreview(run) && run.state === "planned") return previewState(run);
  return RUN_STATES[run.state] ?? { kind: "plain", label: plain(run.state) };
}

function previewState(run) {
  if (run.used_by) return { kind: "plain", label: run.used_by === "cancelled" ? "Discarded" : "Carried out" };
  return isTooOld(run) ? { kind: "plain", label: "Too old to run" } : { kind: "info", label: "Preview ready" };
}

const DAY_MS = 24 * 3600 * 1000;

/** A preview may be run for a day, held changes may be approved for a week. */
export function isTooOld(run, now = Date.now()) {
  return now - new Date(run.finished_at ?? run.created_at) > DAY_MS * (run.held_from ? 7 : 1);
}

const RUN_KINDS = { preview: "Preview", sync: "Sync", undo: "Undo preview", retry: "Retry preview" };
/** The sync that carries out an undo is called what it does. */
export const runKind = (run) => (run.undoes && !isPreview(run) ? "Undo" : word(RUN_KINDS, run.kind));

/** Only a sync writes: every other kind is a preview that a sync may carry out. */
export const isPreview = (run) => run.kind !== "sync";

const FINAL = ["succeeded", "partial", "failed", "cancelled"];
export const isOver = (run) =>
  FINAL.includes(run.state) || (isPreview(run) && run.state === "planned");

const TRIGGERS = { manual: "by hand", schedule: "on schedule", event: "after an event" };
export const triggerName = (code) => word(TRIGGERS, code);

export const WATERFALL = {
  in_group: { label: "In group or campaign", lost: "", reasons: [] },
  in_scope: { label: "In scope", lost: "out of scope", reasons: ["out_of_scope", "account_member"] },
  has_email: { label: "Has an e-mail", lost: "without e-mail", reasons: ["no_email"] },
  unique: { label: "Unique", lost: "ambiguous", reasons: ["needs_review"] },
  matched: { label: "Matched", lost: "not matched", reasons: ["person_deleted", "gone", "decided_to_skip"] },
  mailable: { label: "Mailable", lost: "opted out", reasons: [] },
};

const REASONS = {
  campaign_gone: "The campaign can no longer be seen in the CRM",
  campaign_inactive: "The campaign is not active in the CRM. Activate it there, or choose another",
  campaign_reads_empty: "The campaign had members and now reads as empty",
  group_reads_empty: "The group had members and now reads as empty",
  many_creations: "Held: more new people than usual",
  many_overwrites: "Held: replaces values on many people",
  many_removals: "Held: removes many members",
  campaign_name_ambiguous: "Several campaigns have this name. Choose one of them",
  campaign_name_inactive: "An inactive campaign has this name. Activate it, or use another name",
  broken_off: "The run ended while this was being written; the next run looks again",
  changed_meanwhile: "Changed while the run was under way; the next run looks again",
  group_gone: "The group no longer exists",
  no_access: "Your CRM user may not change this record",
  decided_to_skip: "Left out, as was decided in its review",
  duplicate_rule: "A duplicate rule of your CRM stopped it",
  refused_by_rule: "A validation rule of your CRM refused it",
  refused_by_automation: "An automation in your CRM stopped it",
  required_field_missing: "Your CRM requires a field that is empty",
  value_too_long: "A value is longer than its CRM field",
  account_member: "The campaign member is a company, not a person",
  changed_since: "Changed again since, so left alone",
  linked_meanwhile: "Was linked by another run meanwhile; the next run looks again",
  unconfirmed: "The CRM did not confirm the write; the next run looks again",
  create_unconfirmed: "The CRM did not confirm the new record; the next run looks again",
  gone: "No longer exists on either side",
  in_inactive_campaign: "Is in your inactive campaign",
  in_other_campaign: "Left this campaign; another one keeps it in the group",
  in_other_group: "Left this group; another one keeps it in the campaign",
  kept_in_crm: "Left the group; stays in the CRM campaign, as you chose",
  left_campaign: "Left the campaign in the CRM",
  merged_into_linked: "Was merged in the CRM into somebody who is linked already",
  needs_review: "Could be more than one person; waiting for your review",
  new_in_crm: "New in the CRM campaign",
  new_in_marketing: "New in the marketing group",
  new_person_review: "New to the CRM; waiting for your yes",
  no_email: "Has no e-mail address",
  not_in_campaign: "Not in the campaign; this direction does not add",
  not_in_group: "Not in the group; this direction does not add",
  not_sent_by_export: "Changed in the CRM only; this mapping sends to the CRM only",
  not_sent_by_import: "Changed in marketing only; this mapping reads the CRM only",
  out_of_scope: "Outside what this connection covers",
  person_deleted: "Was deleted in the CRM; the contact is kept",
  settled_apart: "Kept different on purpose after an undo or a removal",
};
export const reasonText = (code) => (code ? REASONS[code] ?? plain(code) : "");

export const RULES = {
  crm_wins: "The CRM wins",
  marketing_wins: "Marketing wins",
  newest: "The newest edit wins",
  crm_unless_blank: "The CRM wins unless blank",
  off: "Do not sync",
};
export const DEFAULT_RULE = "crm_wins";
export const ruleName = (code) => word({ ...RULES, new: "New value", undo: "Undo" }, code);

/** The contact's fields in the order they are shown. */
export const FIELDS = {
  salutation: "Salutation",
  first_name: "First name",
  last_name: "Last name",
  email: "E-mail",
  title: "Title",
  company: "Company",
  phone: "Phone",
  mobile_phone: "Mobile phone",
  street: "Street",
  city: "City",
  state: "State",
  postal_code: "Postal code",
  country: "Country",
  birthdate: "Date of birth",
  email_opt_out: "Opted out of e-mail",
};
export const fieldName = (code) => word(FIELDS, code);

const ACTIONS = {
  create: { marketing: "Create contact", crm: "Create person in the CRM" },
  update: { marketing: "Update contact", crm: "Update person in the CRM" },
  add_member: { marketing: "Add to group", crm: "Add to campaign" },
  remove_member: { marketing: "Remove from group", crm: "Remove from campaign" },
  link: { marketing: "Link contact and person", crm: "Link contact and person" },
};
export function actionText({ action, side, fields = [] }) {
  if (action === "update" && new Set(fields.map((field) => field.side)).size > 1) return "Update both sides";
  return ACTIONS[action]?.[side] ?? "Nothing to do";
}

const SIDES = { marketing: "Marketing", crm: "CRM" };
export const sideName = (code) => word(SIDES, code);
