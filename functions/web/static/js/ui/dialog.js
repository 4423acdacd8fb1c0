// Modal dialogs on the browser's own <dialog>: focus stays inside, Escape closes, focus returns.

import { h, uniqueId } from "../dom.js";
import { button, iconButton } from "./button.js";
import { attempt } from "./loader.js";

/** Open a dialog; it removes itself when closed. `build(close)` returns its body and its actions. */
export function openDialog(title, build, { kind = "" } = {}) {
  const titleId = uniqueId("dialog");
  const dialog = h("dialog.dialog", { "aria-labelledby": titleId, class: kind });
  const close = () => dialog.close();
  const { body, actions = [] } = build(close);
  dialog.append(
    h("header.dialog-head", h("h2", { id: titleId }, title), iconButton("close", "Close", close)),
    h("div.dialog-body", { tabindex: -1 }, body),
  );
  if (actions.length) dialog.append(h("footer.dialog-foot", actions));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask before doing. `act` runs when confirmed; the dialog stays, showing what went wrong, until it
 * succeeds or is dismissed. `then` runs once it is closed.
 */
export function confirmDialog({ title, body, confirm, dismiss = "Cancel", kind = "primary", busy, act, then }) {
  const trouble = h("div");
  return openDialog(title, (close) => ({
    body: [body, trouble],
    actions: [
      button(dismiss, { onPress: close }),
      button(confirm, {
        kind,
        busy,
        onPress: () => attempt(trouble, async () => { await act(); close(); then?.(); }),
      }),
    ],
  }));
}

/** Close every open dialog, as when the screen beneath changes. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}
