// One run: its progress while it lasts; afterwards its result, or for a preview what would happen.

import { get } from "../api.js";
import { fill, h, redraw } from "../dom.js";
import { announce } from "../live.js";
import { runFrame } from "../parts/run-frame.js";
import { runOutcome } from "../parts/run-outcome.js";
import { runProgress } from "../parts/run-progress.js";
import { poll } from "../poll.js";
import { owns } from "../session.js";
import { failure, skeleton } from "../ui/banner.js";
import { page } from "../ui/page.js";
import { isOver, runKind, runState } from "../words.js";

const EVERY_MS = 1500;

export function screen(context) {
  const watch = new RunWatch(context);
  watch.start();
  return h("div", watch.trouble, watch.place);
}

class RunWatch {
  connection = null;
  progress = null;

  constructor(context) {
    this.context = context;
    this.place = h("div.region", page({ title: "Run" }, skeleton(6)));
    this.trouble = h("div.page-trouble");
  }

  start() {
    this.again = poll(() => this.ask(), {
      everyMs: EVERY_MS,
      signal: this.context.signal,
      onTrouble: (error) => this.tell(error),
    });
  }

  async ask() {
    const { params, signal, title } = this.context;
    const run = await get(`runs/${params.id}`, { signal });
    this.connection ??= await get(`connections/${run.connection_id}`, { signal });
    title(runKind(run));
    if (!isOver(run)) return this.follow(run);
    return this.finish(run);
  }

  follow(run) {
    if (this.progress) return this.progress.update(run);
    const canAct = owns(this.connection);
    this.progress = runProgress(run, { canAct, onCancel: () => this.again() });
    const frame = runFrame(run, this.connection, this.progress);
    return redraw(this.place, () => fill(this.place, frame));
  }

  finish(run) {
    if (this.progress) {
      announce(`${runKind(run)} ended: ${runState(run).label}`);
      window.dispatchEvent(new Event("notices-changed"));
    }
    const outcome = runOutcome(run, this.connection, this.context);
    redraw(this.place, () => fill(this.place, runFrame(run, this.connection, outcome)));
    return "done";
  }

  /** A run that is shown already stays, and is said to be old. */
  tell(error) {
    fill(this.trouble);
    if (!error) return;
    const title = this.progress
      ? "The connection is lost; what you see may be old" : "This run could not be loaded";
    const trouble = failure(error, () => this.again(), title);
    if (this.progress) fill(this.trouble, trouble);
    else redraw(this.place, () => fill(this.place, page({ title: "Run" }, trouble)));
  }
}
