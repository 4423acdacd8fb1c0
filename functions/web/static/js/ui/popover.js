// A button that opens a small panel below itself. Escape or a press outside closes it.

import { h, uniqueId } from "../dom.js";

/** `build(close)` makes the panel's content each time it opens. */
export function popover({ trigger, label, build, align = "end" }) {
  const panelId = uniqueId("panel");
  const panel = h("div.popover", { id: panelId, role: "region", "aria-label": label, hidden: true });
  const element = h("div.popover-anchor", { class: `align-${align}` }, trigger, panel);
  trigger.setAttribute("aria-expanded", "false");
  trigger.setAttribute("aria-controls", panelId);

  function close({ focus = false } = {}) {
    panel.hidden = true;
    trigger.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (focus) trigger.focus();
  }

  function outside(event) {
    if (!element.contains(event.target)) close();
  }

  trigger.addEventListener("click", () => {
    if (!panel.hidden) return close();
    panel.replaceChildren(build(close));
    panel.hidden = false;
    trigger.setAttribute("aria-expanded", "true");
    return document.addEventListener("pointerdown", outside);
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close({ focus: true });
  });
  element.close = close;
  return element;
}
