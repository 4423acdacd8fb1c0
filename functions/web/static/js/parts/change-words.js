// A change in words: whom it is about, what it does, whether both sides disagreed.

import { fullName } from "../format.js";
import { actionText, fieldName, reasonText } from "../words.js";

/** Whom a change is about, as well as is known. */
export function changeName(change) {
  return fullName(change);
}

/** What is done, or why nothing is, in one line. */
export function changeSummary(change) {
  if (["failed", "held", "skipped"].includes(change.outcome)) {
    return reasonText(change.reason) || actionText(change);
  }
  if (change.action === "update" && change.fields.length) {
    return `${actionText(change)}: ${change.fields.map(({ name }) => fieldName(name)).join(", ")}`;
  }
  if (change.action === "none" || change.outcome === "unchanged") {
    return reasonText(change.reason) || "Both sides agree";
  }
  return actionText(change);
}

/** Whether both sides had changed this field, so that a rule had to choose. */
export function isConflict(field) {
  return Boolean(field.loser);
}
