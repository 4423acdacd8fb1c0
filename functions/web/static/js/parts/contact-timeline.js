// Everything that happened to one contact: who, what, when, old, new, by which rule, in which run.

import { get } from "../api.js";
import { h } from "../dom.js";
import { moreList } from "../ui/more-list.js";
import { fieldName, ruleName } from "../words.js";
import { eventName } from "./contact-words.js";
import { actorName, difference, timelineEvent } from "./timeline-event.js";

export function contactTimeline(contact, signal) {
  return moreList({
    signal,
    noun: "event",
    fetchPage: (cursor) => get(`contacts/${contact.id}/timeline`, { query: { cursor }, signal }),
    frame: () => h("ol.timeline.events"),
    row: event,
    nothing: () => h("p.muted", "Nothing yet. Edits and runs that touch this contact appear here."),
  });
}

function event({ at, kind, actor, run_id: runId, fields = [], detail }) {
  return timelineEvent(eventName(kind), at, `${runId ? "run started by " : ""}${actorName(actor)}`,
    detail && h("p", detail),
    fields.length > 0 && h("ul.event-fields", fields.map(fieldLine)),
    runId && h("p", h("a", { href: `#/runs/${encodeURIComponent(runId)}` }, "Open the run")));
}

/** A rule is told where it decided something: where both sides had changed, or in an undo. */
function fieldLine({ name, before, after, rule, loser }) {
  const decided = loser ? `both sides had changed: ${ruleName(rule)}` : rule === "undo" && ruleName(rule);
  return difference(fieldName(name), before, after, decided);
}
