// The counts of a run: added up, and said in a sentence.

import { counted } from "../format.js";

const DONE = { created: "created", updated: "updated", removed: "removed" };
const TO_DO = { created: "to create", updated: "to update", removed: "to remove" };

/** The run's counts over all its mappings, conflicts included. */
export function sumCounts(run) {
  const sum = { considered: 0, conflicts: 0 };
  for (const { counts = {}, conflicts = 0 } of run.mappings) {
    sum.conflicts += conflicts;
    for (const [name, value] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}

/** How many records a run changed on either side, or would. */
export function changedBy(counts) {
  return Object.keys(DONE).reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/** "12 records created, 30 records updated; 1 record failed." */
export function sentence(counts, { planned = false } = {}) {
  const verbs = planned ? TO_DO : DONE;
  const done = Object.entries(verbs).filter(([name]) => counts[name] > 0)
    .map(([name, verb]) => `${counted(counts[name], "record")} ${verb}`);
  const not = [["failed", planned ? "cannot be done" : "failed"], ["held", "held"]]
    .filter(([name]) => counts[name] > 0)
    .map(([name, verb]) => `${counted(counts[name], "record")} ${verb}`);
  const nothing = planned
    ? "Both sides agree: there is nothing to change"
    : "Both sides agreed already: nothing had to change";
  const parts = [done.join(", ") || (not.length ? "" : nothing), not.join(", ")];
  return `${parts.filter(Boolean).join("; ")}.`;
}
