// Line icons, drawn here so that no other file or font is needed. All are decorative: the text
// beside them, or the button's label, says what they mean.

import { svg } from "./dom.js";

const PATHS = {
  alert: "M12 8v5M12 16.5v.01M10.3 3.9 2.5 17.4A2 2 0 0 0 4.2 20.4h15.6a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  arrowLeft: "M19 12H5m6-6-6 6 6 6",
  arrowRight: "M5 12h14m-6-6 6 6-6 6",
  bell: "M6 9.5a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4s2-1.5 2-6.5M10 19.5a2.2 2.2 0 0 0 4 0",
  both: "M7 8h11m-3-3.5L18.5 8 15 11.5M17 16H6m3-3.5L5.5 16 9 19.5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m9 6 6 6-6 6",
  clock: "M12 7v5l3.2 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z",
  close: "m6.5 6.5 11 11m0-11-11 11",
  download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14",
  external: "M13.5 5H19v5.5M19 5l-8 8M17 14v4a1.5 1.5 0 0 1-1.5 1.5H6.5A1.5 1.5 0 0 1 5 18V8.5A1.5 1.5 0 0 1 6.5 7H10",
  inbox: "M4 13.5 6.5 5h11L20 13.5V19H4v-5.5Zm0 0h4.5a3.5 3.5 0 0 0 7 0H20",
  info: "M12 11v5.5M12 7.5v.01M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z",
  link: "M10 14a4 4 0 0 0 6 .4l2.5-2.5a4 4 0 0 0-5.7-5.7L11.5 7.5M14 10a4 4 0 0 0-6-.4l-2.5 2.5a4 4 0 0 0 5.7 5.7l1.3-1.3",
  pause: "M9 6v12M15 6v12",
  people: "M8.5 11a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5ZM2.5 19.5c.4-3.2 2.8-5 6-5s5.6 1.8 6 5M15.5 4.8a3.25 3.25 0 0 1 0 5.9M17.5 14.8c2.3.5 3.7 2.2 4 4.7",
  play: "M8 5.5v13l10.5-6.5L8 5.5Z",
  plus: "M12 5.5v13M5.5 12h13",
  refresh: "M19.5 11A7.6 7.6 0 0 0 6 7.5L4.5 9M4.5 4.5V9H9M4.5 13A7.6 7.6 0 0 0 18 16.5l1.5-1.5M19.5 19.5V15H15",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.7-1.8L20 20",
  shield: "M12 3.5 5 6v5.5c0 4.2 2.8 7.5 7 9 4.2-1.5 7-4.8 7-9V6l-7-2.5Zm-3 8.3 2.2 2.2 4-4.3",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  undo: "M8.5 5 4.5 9l4 4M4.5 9H15a5 5 0 0 1 0 10h-4",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.5-3.8 3.5-6 7.5-6s7 2.2 7.5 6",
};

/** The icon called `name`, as large as the text around it. */
export function icon(name, extraClass = "") {
  return svg(
    "svg.icon",
    { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", class: extraClass },
    svg("path", { d: PATHS[name] }),
  );
}

/** The product's mark. */
export function mark() {
  return svg(
    "svg.mark",
    { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("rect.mark-tile", { width: 32, height: 32, rx: 8 }),
    svg("path.mark-arrows", {
      d: "M9 12.5h12m-3.5-4 4 4-4 4M23 19.5H11m3.5-4-4 4 4 4",
    }),
  );
}
