// The frame of a screen: heading, lead, actions, sections.

import { h } from "../dom.js";

/** A screen: its heading, a sentence, its actions, then the rest. */
export function page({ title, lead, back, aside, actions = [] }, ...children) {
  return h("div.page",
    back && h("nav.back", { "aria-label": "Back" }, h("a", { href: back.href }, "← ", back.text)),
    h("header.page-head",
      h("div.page-title", h("h1", title), aside),
      actions.length > 0 && h("div.actions", actions)),
    lead && h("p.lead", lead),
    children);
}

/** A bordered section with a heading. */
export function card(title, { actions, lead, id, ...rest } = {}, ...children) {
  return h("section.card", { id, ...rest },
    title && h("header.card-head",
      h("div", h("h2", title), lead && h("p.muted", lead)),
      actions && h("div.actions", actions)),
    children);
}

/** Terms and their values, two columns where there is room. */
export function facts(pairs) {
  return h("dl.facts", pairs.filter(([, value]) => value !== null && value !== undefined)
    .map(([term, value]) => h("div", h("dt", term), h("dd", value))));
}

