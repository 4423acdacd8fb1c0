// A run under way: the steps, the bar that only moves forward, and how to stop it.

import { fill, h } from "../dom.js";
import { percent } from "../format.js";
import { announce } from "../live.js";
import { progressBar } from "../ui/meter.js";
import { card } from "../ui/page.js";
import { isPreview, runState } from "../words.js";
import { cancelButton } from "./run-mappings.js";

const STEPS = [
  ["queued", "Waiting"], ["gathering", "Reading"], ["planned", "Planning"],
  ["applying", "Changing"], ["settling", "Finishing"],
];
const PREVIEW_STEPS = STEPS.slice(0, 3);
const SPOKEN_EVERY = 0.25;

/** A card with `update(run)`. What was reached is remembered, so going away loses nothing. */
export function runProgress(first, { canAct, onCancel }) {
  const bar = progressBar("Progress of the run");
  const words = h("p.progress-words");
  const steps = h("ol.steps");
  const key = `crmsync.progress.${first.id}`;
  let spoken = 0;

  const element = card(null, {}, words, bar, steps,
    h("p.muted", "This goes on if you leave. A notice appears when it is done."),
    canAct && h("div.actions", cancelButton(first, onCancel)));
  bar.set(Number(sessionStorage.getItem(key) ?? 0));

  element.update = (run) => {
    const reached = bar.set(run.progress);
    sessionStorage.setItem(key, String(reached));
    fill(words, h("strong", runState(run).label), h("span", percent(reached)));
    drawSteps(steps, run);
    if (reached - spoken >= SPOKEN_EVERY) {
      spoken = reached;
      announce(`${runState(run).label}, ${percent(reached)}`);
    }
  };
  element.update(first);
  return element;
}

function drawSteps(list, run) {
  const names = isPreview(run) ? PREVIEW_STEPS : STEPS;
  const at = names.findIndex(([name]) => name === run.state);
  fill(list, names.map(([, label], index) => h("li", {
    class: index < at ? "done" : index === at ? "now" : "",
    "aria-current": index === at ? "step" : null,
  }, label)));
}
