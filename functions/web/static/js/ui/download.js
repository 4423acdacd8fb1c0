// Saving to the user's disk.

import { h } from "../dom.js";

/** Offer `content` (a Blob) as a file called `name`. */
export function save(content, name) {
  const url = URL.createObjectURL(content);
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Offer `data` as a readable JSON file. */
export function saveJson(data, name) {
  save(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }), name);
}
