// One event of a timeline: what happened, when, by whom, and what differs since.

import { h } from "../dom.js";
import { moment } from "../format.js";
import { currentUser } from "../session.js";

/** `title` says what happened, `by` who did it; `body` is what else there is to say. */
export function timelineEvent(title, at, by, ...body) {
  return h("li.timeline-event",
    h("span.timeline-dot.info", { "aria-hidden": "true" }),
    h("p.event-head", h("strong", title), h("span.muted", ` ${moment(at)} · ${by}`)),
    body);
}

/** Users are known here by an id only: ours is "you", another is a colleague's. */
export function actorName(actor) {
  if (actor === currentUser().id) return "you";
  return /^[0-9a-f-]{36}$/.test(actor) ? "a colleague" : actor;
}

/** What something was and is; a first value has nothing before it. */
export function difference(name, before, after, note) {
  return h("li", h("span.muted", `${name}: `),
    before && [h("del", before), h("span", { "aria-hidden": "true" }, " → ")],
    h("ins", after || "blank"),
    note && h("span.muted", ` · ${note}`));
}
