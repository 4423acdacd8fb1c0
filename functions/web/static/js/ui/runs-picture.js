// The latest runs as a strip of bars: when, how they ended, how much they changed.

import { svg } from "../dom.js";
import { counted, moment } from "../format.js";
import { runKind, runState } from "../words.js";

const HEIGHT = 64;
const STEP = 18;
const WIDTH = 12;
const SHOWN = 40;

/** Newest first in, oldest at the left out. Each bar links to its run. */
export function runsPicture(runs) {
  const shown = runs.slice(0, SHOWN).reverse();
  const most = Math.max(1, ...shown.map((run) => Math.log1p(changesOf(run))));
  const width = Math.max(shown.length, 12) * STEP;
  const label = `The latest ${counted(shown.length, "run")}, oldest first. The list below says the same.`;
  return svg("svg.runs-picture", {
    viewBox: `0 0 ${width} ${HEIGHT + 6}`, role: "group", "aria-label": label,
    preserveAspectRatio: "xMinYMid meet",
  }, svg("line.runs-ground", { x1: 0, x2: width, y1: HEIGHT + 1, y2: HEIGHT + 1 }),
  shown.map((run, index) => bar(run, index * STEP + 3, most)));
}

/** Everything a run did to either side. */
export function changesOf(run) {
  return total(run, ["created", "updated", "removed"]);
}

/** The sum over the run's mappings of the named counts. */
export function total(run, names) {
  const one = ({ counts = {} }) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  return (run.mappings ?? []).reduce((sum, mapping) => sum + one(mapping), 0);
}

function bar(run, x, most) {
  const height = Math.max(5, (HEIGHT - 8) * (Math.log1p(changesOf(run)) / most));
  const { kind, label } = runState(run);
  const text = `${runKind(run)}, ${moment(run.created_at)}: ${label}, ${counted(changesOf(run), "change")}`;
  return svg("a", { href: `#/runs/${encodeURIComponent(run.id)}`, "aria-label": text },
    svg("title", {}, text),
    svg(`rect.runs-bar.${kind}`, { x, y: HEIGHT - height, width: WIDTH, height, rx: 3 }));
}
