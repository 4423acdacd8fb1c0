// Everything that happened to one contact: who, what, when, old, new, by which rule, in which run.

import { get } from "../api.js";
import { h } from "../dom.js";
import { moment } from "../format.js";
import { currentUser } from "../session.js";
import { moreList } from "../ui/more-list.js";
import { eventName, fieldName, ruleName } from "../words.js";

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

/** Users are known here by an id only: ours is "you", another is a colleague's. */
function actorName(actor) {
  if (actor === currentUser().id) return "you";
  return /^[0-9a-f-]{36}$/.test(actor) ? "a colleague" : actor;
}

function event({ at, kind, actor, run_id: runId, fields = [], detail }) {
  return h("li.timeline-event",
    h("span.timeline-dot.info", { "aria-hidden": "true" }),
    h("p.event-head", h("strong", eventName(kind)),
      h("span.muted", ` ${moment(at)} · ${runId ? "run started by " : ""}${actorName(actor)}`)),
    detail && h("p", detail),
    fields.length > 0 && h("ul.event-fields", fields.map(fieldLine)),
    runId && h("p", h("a", { href: `#/runs/${encodeURIComponent(runId)}` }, "Open the run")));
}

/** What a field was and is; a first value has nothing before it and needed no rule. */
function fieldLine({ name, before, after, rule }) {
  return h("li", h("span.muted", `${fieldName(name)}: `),
    before && [h("del", before), h("span", { "aria-hidden": "true" }, " → ")],
    h("ins", after || "blank"),
    before && rule && h("span.muted", ` · ${ruleName(rule)}`));
}
