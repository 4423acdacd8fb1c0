// What is said without being asked: to a screen reader, and in a corner of the page.

import { icon } from "./icons.js";
import { h } from "./dom.js";

const TOAST_MS = 9000;
const MOST = 3;

/** Have a screen reader say `text` when it is next idle. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** A notice that goes away by itself; `link` is `{ href, text }`. Hovering or focus keeps it. */
export function toast(text, { kind = "good", link = null } = {}) {
  const close = h("button.icon-button", { type: "button", "aria-label": "Dismiss" }, icon("close"));
  const note = h(`div.toast.${kind}`,
    icon(kind === "good" ? "check" : "alert"),
    h("p", text, " ", link && h("a", { href: link.href }, link.text)),
    close);
  const corner = document.getElementById("toasts");
  corner.append(note);
  while (corner.children.length > MOST) corner.firstChild.remove();
  announce(text);
  close.addEventListener("click", () => note.remove());
  expire(note);
}

function expire(note) {
  let timer = setTimeout(() => note.remove(), TOAST_MS);
  const hold = () => clearTimeout(timer);
  const release = () => { hold(); timer = setTimeout(() => note.remove(), TOAST_MS); };
  note.addEventListener("pointerenter", hold);
  note.addEventListener("focusin", hold);
  note.addEventListener("pointerleave", release);
  note.addEventListener("focusout", release);
}
