// A list of any length of which only the visible rows exist. Rows are fetched page by page as they
// come into view; the arrow keys, Page Up/Down, Home and End move through it; Enter opens a row.

import { fill, h } from "../dom.js";
import { failure } from "./banner.js";

const SPARE_ROWS = 8;

/**
 * `next()` resolves to `{ rows, done }`; a row is `{ heading }` or anything `render(row)` turns
 * into grid cells. `total` is how many rows are expected (null: only what is loaded is known).
 */
export function windowedList({ label, rowHeight, total, next, render, onOpen, nothing }) {
  const canvas = h("div.list-canvas", { role: "rowgroup" });
  const viewport = h("div.list-viewport", { role: "grid", "aria-label": label }, canvas);
  const foot = h("div.list-foot", { role: "status" });
  const element = h("div.windowed-list", viewport, foot);
  const alive = new Map();
  const rows = [];
  let done = false;
  let loading = false;
  let broken = false;
  let active = 0;
  let frame = 0;

  const length = () => (done ? rows.length : Math.max(total ?? rows.length + SPARE_ROWS, rows.length));

  function range() {
    const first = Math.floor(viewport.scrollTop / rowHeight) - SPARE_ROWS;
    const last = Math.ceil((viewport.scrollTop + viewport.clientHeight) / rowHeight) + SPARE_ROWS;
    return [Math.max(0, first), Math.min(length(), last)];
  }

  function draw() {
    frame = 0;
    canvas.style.height = `${length() * rowHeight}px`;
    viewport.setAttribute("aria-rowcount", done ? rows.length : total ?? -1);
    const [first, last] = range();
    for (const [index, row] of alive) {
      const wanted = (index >= first && index < last) || index === active;
      if (!wanted || row.isBlank === Boolean(rows[index])) drop(index, row);
    }
    for (let index = first; index < last; index += 1) if (!alive.has(index)) raise(index);
    if (last > rows.length) more();
  }

  function drop(index, row) {
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    alive.delete(index);
    if (hadFocus && rows[index]) raise(index).focus({ preventScroll: true });
  }

  function raise(index) {
    const row = rowElement(index);
    row.style.transform = `translateY(${index * rowHeight}px)`;
    row.style.height = `${rowHeight}px`;
    alive.set(index, row);
    canvas.insertBefore(row, following(index));
    return row;
  }

  /** The row before which this one belongs, so that the reading order is that of the list. */
  function following(index) {
    let row = canvas.lastChild;
    while (row && Number(row.dataset.index) > index) row = row.previousSibling;
    return row ? row.nextSibling : canvas.firstChild;
  }

  function rowElement(index) {
    const data = rows[index];
    const tabindex = index === active ? 0 : -1;
    const place = { role: "row", "aria-rowindex": index + 1, "data-index": index, tabindex };
    if (!data) return blank(place);
    if (data.heading) {
      return h("div.list-row.list-heading", place, h("div", { role: "rowheader" }, data.heading));
    }
    return h("div.list-row", { ...place, onclick: () => open(index) }, render(data));
  }

  function blank(place) {
    const row = h("div.list-row.blank", place, h("div.skeleton-line", { role: "gridcell" }));
    row.isBlank = true;
    return row;
  }

  async function more() {
    if (loading || done || broken) return;
    loading = true;
    fill(foot, rows.length ? `Loading… ${rows.length.toLocaleString()} so far` : "Loading…");
    try {
      const page = await next();
      rows.push(...page.rows);
      done = page.done;
      fill(foot, done && rows.length === 0 ? nothing : "");
    } catch (error) {
      broken = true;
      if (error.name !== "AbortError") fill(foot, failure(error, retry, "The rest could not be loaded"));
    }
    loading = false;
    draw();
  }

  async function retry() {
    broken = false;
    await more();
  }

  function open(index) {
    setActive(index);
    onOpen?.(rows[index], {
      previous: neighbour(index, -1),
      next: neighbour(index, 1),
    });
  }

  /** Opens the nearest real row in that direction, if one is loaded. */
  function neighbour(index, step) {
    let other = index + step;
    while (rows[other]?.heading) other += step;
    return rows[other] ? () => open(other) : null;
  }

  function setActive(index) {
    const before = alive.get(active);
    if (before) before.tabIndex = -1;
    active = Math.max(0, Math.min(index, rows.length - 1));
    keepInView(active * rowHeight);
    draw();
    const row = alive.get(active) ?? raise(active);
    row.tabIndex = 0;
    return row;
  }

  function keepInView(top) {
    const bottom = top + rowHeight;
    if (top < viewport.scrollTop) viewport.scrollTop = top;
    const shown = viewport.scrollTop + viewport.clientHeight;
    if (bottom > shown) viewport.scrollTop = bottom - viewport.clientHeight;
  }

  const page = () => Math.max(1, Math.floor(viewport.clientHeight / rowHeight) - 1);
  const moves = {
    ArrowDown: () => active + 1,
    ArrowUp: () => active - 1,
    PageDown: () => active + page(),
    PageUp: () => active - page(),
    Home: () => 0,
    End: () => rows.length - 1,
  };

  viewport.addEventListener("keydown", (event) => {
    const isRow = event.target.getAttribute("role") === "row";
    if (moves[event.key]) {
      event.preventDefault();
      setActive(moves[event.key]()).focus({ preventScroll: true });
    } else if (isRow && (event.key === "Enter" || event.key === " ") && rows[active]) {
      event.preventDefault();
      if (!rows[active].heading) open(active);
    }
  });
  viewport.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-index]");
    if (row && Number(row.dataset.index) !== active) setActive(Number(row.dataset.index));
  });
  const later = () => { frame ||= requestAnimationFrame(draw); };
  viewport.addEventListener("scroll", later, { passive: true });
  new ResizeObserver(later).observe(viewport);
  return element;
}
