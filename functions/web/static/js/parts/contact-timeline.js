// Everything that happened to one contact: who, what, when, old, new, by which rule, in which run.

import { get } from "../api.js";
import { h } from "../dom.js";
import { moreList } from "../ui/more-list.js";
import { eventName, fieldName, ruleName } from "../words.js";
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

/** A first value needed no rule. */
const fieldLine = ({ name, before, after, rule }) =>
  difference(fieldName(name), before, after, before && rule && ruleName(rule));
