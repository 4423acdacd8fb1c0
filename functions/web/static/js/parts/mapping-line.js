// A mapping as people read it.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { DIRECTION_PICTURES, directionName } from "../words.js";

/** One mapping in a line, as an `element`: campaign, direction, group. */
export function mappingLine({ campaign, group, direction }, element = "span") {
  return h(`${element}.mapping-line`,
    h("span", nameOf(campaign)),
    h("span.direction", icon(DIRECTION_PICTURES[direction]),
      h("span.visually-hidden", ` (${directionName(direction)}) `)),
    h("span", nameOf(group)));
}

/** What a campaign or group is called, also one that is yet to be made. */
export function nameOf(target) {
  if (!target) return "–";
  return target.name ?? (target.create ? "New, same name" : target.id);
}
