// Buttons that cannot be pressed twice: while the work they started is under way they are disabled
// and say so.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * A button. `onPress` may return a promise; until it settles the button is disabled and shows
 * `busy`. `kind`: "primary", "quiet", "danger" or none. `reason` disables it and says why.
 */
export function button(label, { onPress, kind = "", busy = "Working…", picture, reason, ...rest }) {
  const face = () => [picture && icon(picture), h("span", label)];
  const element = h("button.button", { type: "button", class: kind, ...rest }, face());
  if (reason) disable(element, reason);
  element.addEventListener("click", async () => {
    if (element.getAttribute("aria-disabled")) return;
    const work = onPress();
    if (!(work instanceof Promise)) return;
    occupy(element, busy);
    try {
      await work;
    } finally {
      release(element, face());
    }
  });
  return element;
}

function occupy(element, busy) {
  element.setAttribute("aria-disabled", "true");
  element.setAttribute("aria-busy", "true");
  fill(element, h("span.spinner", { "aria-hidden": "true" }), h("span", busy));
}

function release(element, face) {
  element.removeAttribute("aria-disabled");
  element.removeAttribute("aria-busy");
  fill(element, face);
}

/** Stays reachable by keyboard, so that the reason can be read. */
function disable(element, reason) {
  element.setAttribute("aria-disabled", "true");
  element.title = reason;
}

/** A link that looks like a button. */
export function linkButton(label, href, { kind = "", picture, ...rest } = {}) {
  return h("a.button", { href, class: kind, ...rest }, picture && icon(picture), h("span", label));
}

/** A button that is only a picture; `label` is its name. */
export function iconButton(picture, label, onPress, rest = {}) {
  const properties = { type: "button", "aria-label": label, title: label, onclick: onPress, ...rest };
  return h("button.icon-button", properties, icon(picture));
}
