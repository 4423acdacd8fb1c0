// Why 412 became 387: the people of one mapping, step by step, as bars. The list is real text, so
// the picture needs no other description.

import { h } from "../dom.js";
import { count } from "../format.js";
import { WATERFALL } from "../words.js";

/** `counts` is how many came as far as each step; `onDrop(reasons)` shows who left at one. */
export function waterfall(counts, { onDrop } = {}) {
  const steps = Object.keys(WATERFALL).filter((step) => step in counts)
    .map((step) => ({ step, count: counts[step] }));
  const most = Math.max(1, ...steps.map((step) => step.count));
  let before = null;
  const items = steps.map((step) => {
    const item = row(step, most, before === null ? 0 : before - step.count, onDrop);
    before = step.count;
    return item;
  });
  return h("ol.waterfall", items);
}

function row({ step, count: value }, most, lost, onDrop) {
  const words = WATERFALL[step];
  const bar = h("span.waterfall-bar");
  bar.style.width = `${(100 * value) / most}%`;
  return h("li",
    h("span.waterfall-label", words.label),
    h("span.waterfall-track", { "aria-hidden": "true" }, bar),
    h("span.waterfall-count", count(value)),
    h("span.waterfall-lost", lost > 0 && difference(lost, words, onDrop)));
}

function difference(lost, words, onDrop) {
  const text = `−${count(lost)} ${words.lost}`;
  if (!onDrop || !words.reasons.length) return text;
  return h("button.link", { type: "button", onclick: () => onDrop(words.reasons) }, text);
}
