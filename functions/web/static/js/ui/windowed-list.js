// A list of any length of which only the visible rows exist. Rows are fetched page by page as they
// come into view; the arrow keys, Page Up/Down, Home and End move through it; Enter opens a row.

import { fill, h } from "../dom.js";
import { count } from "../format.js";
import { failure } from "./banner.js";

const SPARE_ROWS = 8;

/**
 * `next()` resolves to `{ rows, done }`; a row is `{ heading }` or anything `render(row)` turns
 * into grid cells. `total` is how many rows are expected (null: only what is loaded is known).
 * `onOpen(row, { previous, next })` is called for a chosen row; the two open its neighbours.
 * `element.setRowHeight(pixels)` keeps what is loaded and the row that is at the top.
 */
export function windowedList(options) {
  const list = new WindowedList(options);
  list.element.setRowHeight = (pixels) => list.setRowHeight(pixels);
  return list.element;
}

class WindowedList {
  rows = [];
  alive = new Map();
  active = 0;
  state = "more"; // "loading", "broken", "done"
  frame = 0;

  constructor(options) {
    this.options = options;
    this.canvas = h("div.list-canvas", { role: "rowgroup" });
    const grid = { role: "grid", "aria-label": options.label };
    this.viewport = h("div.list-viewport", {
      ...grid,
      onkeydown: (event) => this.onKey(event),
      onfocusin: (event) => this.onFocus(event),
    }, this.canvas);
    this.foot = h("div.list-foot", { role: "status" });
    this.element = h("div.windowed-list", this.viewport, this.foot);
    const later = () => { this.frame ||= requestAnimationFrame(() => this.draw()); };
    this.viewport.addEventListener("scroll", later, { passive: true });
    new ResizeObserver(later).observe(this.viewport);
  }

  setRowHeight(pixels) {
    const top = this.viewport.scrollTop / this.options.rowHeight;
    this.options.rowHeight = pixels;
    for (const [index, row] of this.alive) this.place(row, index);
    this.draw();
    this.viewport.scrollTop = top * pixels;
  }

  place(row, index) {
    const { rowHeight } = this.options;
    row.style.transform = `translateY(${index * rowHeight}px)`;
    row.style.height = `${rowHeight}px`;
  }

  get length() {
    if (this.state === "done") return this.rows.length;
    return Math.max(this.options.total ?? this.rows.length + SPARE_ROWS, this.rows.length);
  }

  /** Make what is in view exist, forget what is not, and fetch what is missing. */
  draw() {
    this.frame = 0;
    const { rowHeight, total } = this.options;
    this.canvas.style.height = `${this.length * rowHeight}px`;
    const known = this.state === "done" ? this.rows.length : total ?? -1;
    this.viewport.setAttribute("aria-rowcount", known);
    const [first, last] = this.range();
    for (const [index, row] of this.alive) {
      const wanted = (index >= first && index < last) || index === this.active;
      if (!wanted || row.isBlank === Boolean(this.rows[index])) this.drop(index, row);
    }
    for (let index = first; index < last; index += 1) if (!this.alive.has(index)) this.raise(index);
    if (last > this.rows.length) this.more();
  }

  range() {
    const { scrollTop, clientHeight } = this.viewport;
    const first = Math.floor(scrollTop / this.options.rowHeight) - SPARE_ROWS;
    const last = Math.ceil((scrollTop + clientHeight) / this.options.rowHeight) + SPARE_ROWS;
    return [Math.max(0, first), Math.min(this.length, last)];
  }

  drop(index, row) {
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    this.alive.delete(index);
    if (hadFocus && this.rows[index]) this.raise(index).focus({ preventScroll: true });
  }

  raise(index) {
    const row = this.rowElement(index);
    this.place(row, index);
    this.alive.set(index, row);
    this.canvas.insertBefore(row, this.following(index));
    return row;
  }

  /** The row before which this one belongs, so that the reading order is that of the list. */
  following(index) {
    let row = this.canvas.lastChild;
    while (row && Number(row.dataset.index) > index) row = row.previousSibling;
    return row ? row.nextSibling : this.canvas.firstChild;
  }

  rowElement(index) {
    const data = this.rows[index];
    const tabindex = index === this.active ? 0 : -1;
    const place = { role: "row", "aria-rowindex": index + 1, "data-index": index, tabindex };
    if (!data) return blankRow(place);
    if (data.heading) {
      return h("div.list-row.list-heading", place, h("div", { role: "rowheader" }, data.heading));
    }
    return h("div.list-row", { ...place, onclick: () => this.open(index) }, this.options.render(data));
  }

  async more() {
    if (this.state !== "more") return;
    this.state = "loading";
    const { length } = this.rows;
    fill(this.foot, length ? `Loading… ${count(length)} so far` : "Loading…");
    try {
      const page = await this.options.next();
      this.rows.push(...page.rows);
      this.state = page.done ? "done" : "more";
      fill(this.foot, page.done && this.rows.length === 0 ? this.options.nothing : "");
    } catch (error) {
      this.fail(error);
    }
    this.draw();
  }

  /** Nothing more is asked for until somebody tries again; an abort means that we have left. */
  fail(error) {
    this.state = "broken";
    if (error.name === "AbortError") return;
    const retry = () => { this.state = "more"; return this.more(); };
    fill(this.foot, failure(error, retry, "The rest could not be loaded"));
  }

  open(index) {
    this.activate(index);
    const around = { previous: this.neighbour(index, -1), next: this.neighbour(index, 1) };
    this.options.onOpen(this.rows[index], around);
  }

  /** Opens the nearest real row in that direction, if one is loaded. */
  neighbour(index, step) {
    let other = index + step;
    while (this.rows[other]?.heading) other += step;
    return this.rows[other] ? () => this.open(other) : null;
  }

  /** Make a row the one the keyboard is on, and bring it into view. */
  activate(index) {
    const before = this.alive.get(this.active);
    if (before) before.tabIndex = -1;
    this.active = Math.max(0, Math.min(index, this.rows.length - 1));
    this.scrollTo(this.active * this.options.rowHeight);
    this.draw();
    const row = this.alive.get(this.active) ?? this.raise(this.active);
    row.tabIndex = 0;
    return row;
  }

  scrollTo(top) {
    const { scrollTop, clientHeight } = this.viewport;
    const bottom = top + this.options.rowHeight;
    if (top < scrollTop) this.viewport.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.viewport.scrollTop = bottom - clientHeight;
  }

  /** Where a key leads from the active row; undefined for other keys. */
  target(key) {
    const page = Math.max(1, Math.floor(this.viewport.clientHeight / this.options.rowHeight) - 1);
    return {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: this.rows.length - 1,
    }[key];
  }

  onKey(event) {
    const target = this.target(event.key);
    const opens = ["Enter", " "].includes(event.key) && event.target.getAttribute("role") === "row";
    if (target === undefined && !opens) return;
    event.preventDefault();
    if (target !== undefined) this.activate(target).focus({ preventScroll: true });
    else if (this.rows[this.active] && !this.rows[this.active].heading) this.open(this.active);
  }

  onFocus(event) {
    const row = event.target.closest("[data-index]");
    if (row && Number(row.dataset.index) !== this.active) this.activate(Number(row.dataset.index));
  }
}

function blankRow(place) {
  const row = h("div.list-row.blank", place, h("div.skeleton-line", { role: "gridcell" }));
  row.isBlank = true;
  return row;
}
