// A list fed by a cursor: one page now, the next when asked for.

import { fill, h } from "../dom.js";
import { counted } from "../format.js";
import { announce } from "../live.js";
import { failure, skeleton } from "./banner.js";
import { button } from "./button.js";

/**
 * `fetchPage(cursor)` resolves to `{ items, cursor }`. `frame()` makes the element that holds the
 * entries `row(item)`; `nothing()` is shown for an empty list. `element.reload()` starts again.
 */
export function moreList({ signal, fetchPage, row, frame, nothing, noun = "entry" }) {
  const region = h("div.region");
  let holder = null;
  let run = 0;

  region.reload = () => {
    holder = null;
    run += 1;
    fill(region, skeleton(5));
    return page(null, run);
  };

  async function page(cursor, turn) {
    const foot = region.querySelector(":scope > .list-more");
    try {
      let answer = await fetchPage(cursor);
      while (answer.items.length === 0 && answer.cursor) answer = await fetchPage(answer.cursor);
      if (signal.aborted || turn !== run) return;
      show(answer, turn);
    } catch (error) {
      if (signal.aborted || turn !== run || error.code === "session_ended") return;
      const trouble = failure(error, () => page(cursor, turn), "The list could not be loaded");
      if (foot) fill(foot, trouble);
      else fill(region, trouble);
    }
  }

  function show({ items, cursor }, turn) {
    if (!holder && items.length === 0) return fill(region, nothing());
    if (!holder) {
      holder = frame();
      fill(region, holder.outer ?? holder, h("div.list-more"));
    } else {
      announce(`${counted(items.length, noun)} more`);
    }
    (holder.body ?? holder).append(...items.map(row));
    const more = () => page(cursor, turn);
    const foot = region.querySelector(":scope > .list-more");
    return fill(foot, cursor && button("Show more", { onPress: more, busy: "Loading…" }));
  }

  region.reload();
  return region;
}
