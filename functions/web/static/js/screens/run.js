// One run: its progress while it lasts; afterwards its result, or for a preview what would happen.

import { get } from "../api.js";
import { fill, h, redraw } from "../dom.js";
import { announce } from "../live.js";
import { runFrame, runTitle } from "../parts/run-frame.js";
import { runOutcome } from "../parts/run-outcome.js";
import { runProgress } from "../parts/run-progress.js";
import { poll } from "../poll.js";
import { owns } from "../session.js";
import { failure, skeleton } from "../ui/banner.js";
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
    this.place = h("div.region", skeleton(6));
    this.trouble = h("div");
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
    title(runTitle(run));
    if (!isOver(run)) return this.follow(run);
    return this.finish(run);
  }

  follow(run) {
    if (this.progress) return this.progress.update(run);
    const canAct = owns(this.connection);
    this.progress = runProgress(run, { canAct, onCancel: () => this.again() });
    return fill(this.place, runFrame(run, this.connection, this.progress));
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

  tell(error) {
    if (!error) return fill(this.trouble);
    if (!this.progress) fill(this.place, h("h1.visually-hidden", "Run"));
    const title = this.progress
      ? "The connection is lost; what you see may be old" : "This run could not be loaded";
    return fill(this.trouble, failure(error, () => this.again(), title));
  }
}
