// Boxes that say how things stand: banners, badges, empty places, loading.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { button } from "./button.js";

const PICTURES = { good: "check", info: "info", warn: "alert", bad: "alert" };

/** A message in the flow of the page. Bad news is announced at once. */
export function banner(kind, title, ...body) {
  const role = kind === "bad" ? "alert" : "status";
  return h(`div.banner.${kind}`, { role },
    icon(PICTURES[kind]),
    h("div.banner-body", h("p.banner-title", title), body));
}

/** A failed call, in its own words, with a way to try again when that can help. */
export function failure(error, retry, title = "That did not work", label = "Try again") {
  return banner("bad", title,
    h("p", error.message),
    retry && h("p", button(label, { onPress: retry, picture: "refresh", busy: "Trying…" })));
}

/** A short state in colour and words. */
export function badge(kind, text) {
  return h(`span.badge.${kind}`, text);
}

/** A place with nothing in it yet: why, and what to do about it. */
export function empty(picture, title, text, ...actions) {
  return h("div.empty",
    h("div.empty-picture", icon(picture)),
    h("h2", title),
    h("p", text),
    actions.length > 0 && h("div.actions", actions));
}

/** Grey lines where text is about to appear. */
export function skeleton(lines = 3) {
  const line = () => h("div.skeleton-line");
  return h("div.skeleton", { role: "status" },
    h("span.visually-hidden", "Loading…"),
    Array.from({ length: lines }, line));
}
