// The latest runs as a strip of bars: when, how they ended, how much they changed.

import { svg } from "../dom.js";
import { counted, moment } from "../format.js";
import { changedBy, sumCounts } from "./run-counts.js";
import { runKind, runState } from "../words.js";

const HEIGHT = 64;
const STEP = 18;
const WIDTH = 12;
const SHOWN = 40;

/**
 * Newest first in, oldest at the left out. Each bar links to its run, for a pointer only: the list
 * below has the same links, and no keyboard should have to pass forty of them twice.
 */
export function runsPicture(runs) {
  const shown = runs.slice(0, SHOWN).reverse();
  const most = Math.max(1, ...shown.map((run) => Math.log1p(changes(run))));
  const width = Math.max(shown.length, 12) * STEP;
  const label = `The latest ${counted(shown.length, "run")}, oldest first. The list below says the same.`;
  return svg("svg.runs-picture", {
    viewBox: `0 0 ${width} ${HEIGHT + 6}`, role: "group", "aria-label": label,
    preserveAspectRatio: "xMinYMid meet",
  }, svg("line.runs-ground", { x1: 0, x2: width, y1: HEIGHT + 1, y2: HEIGHT + 1 }),
  shown.map((run, index) => bar(run, index * STEP + 3, most)));
}

const changes = (run) => changedBy(sumCounts(run));

function bar(run, x, most) {
  const height = Math.max(5, (HEIGHT - 8) * (Math.log1p(changes(run)) / most));
  const { kind, label } = runState(run);
  const text = `${runKind(run)}, ${moment(run.created_at)}: ${label}, ${counted(changes(run), "change")}`;
  return svg("a", { href: `#/runs/${encodeURIComponent(run.id)}`, "aria-label": text, tabindex: -1 },
    svg("title", {}, text),
    svg(`rect.runs-bar.${kind}`, { x, y: HEIGHT - height, width: WIDTH, height, rx: 3 }));
}
