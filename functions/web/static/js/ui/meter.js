// How much of something is used, and how far something has come.

import { h } from "../dom.js";

/** A bar of `value` in `max`, with the same in words. */
export function meter(label, value, max, text, hint) {
  const share = Math.min(1, value / max);
  const bar = h("span.meter-bar", { class: share > 0.9 ? "bad" : share > 0.7 ? "warn" : "" });
  bar.style.width = `${share * 100}%`;
  return h("div.meter",
    h("p.meter-words", h("span", label), h("span", text)),
    h("div.meter-track", {
      role: "meter", "aria-label": label, "aria-valuenow": value, "aria-valuemin": 0,
      "aria-valuemax": max, "aria-valuetext": text,
    }, bar),
    hint && h("p.field-hint", hint));
}

/** A progress bar; `element.set(share)` never moves it back. */
export function progressBar(label) {
  let reached = 0;
  const bar = h("span.progress-bar");
  const track = h("div.progress-track", {
    role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100,
  }, bar);
  track.set = (share) => {
    reached = Math.max(reached, Math.min(1, share || 0));
    bar.style.width = `${reached * 100}%`;
    track.setAttribute("aria-valuenow", Math.round(reached * 100));
    return reached;
  };
  track.set(0);
  return track;
}
