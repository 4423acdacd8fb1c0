// One run: its progress while it lasts; afterwards its result, or for a preview what would happen.

import { get } from "../api.js";
import { fill, h, redraw } from "../dom.js";
import { moment } from "../format.js";
import { announce } from "../live.js";
import { changesCard } from "../parts/changes.js";
import { finalizeCard } from "../parts/finalize.js";
import { listSourceCard } from "../parts/list-source.js";
import { mappingCards } from "../parts/run-mappings.js";
import { changedBy, sentence, sumCounts } from "../parts/run-counts.js";
import { runProgress } from "../parts/run-progress.js";
import { failuresCard, resultBanner, undoCard } from "../parts/run-result.js";
import { poll } from "../poll.js";
import { owns } from "../session.js";
import { badge, banner, failure, skeleton } from "../ui/banner.js";
import { page } from "../ui/page.js";
import { isOver, isPreview, platformName, runKind, runState, triggerName } from "../words.js";

const EVERY_MS = 1500;

const TITLES = { preview: "Preview", sync: "Sync", undo: "Undo: preview", retry: "Retry: preview" };

export function screen(context) {
  const { params, signal, title } = context;
  const place = h("div.region", skeleton(6));
  const trouble = h("div");
  let connection = null;
  let progress = null;
  let watched = false;

  async function ask() {
    const run = await get(`runs/${params.id}`, { signal });
    connection ??= await get(`connections/${run.connection_id}`, { signal });
    title(TITLES[run.kind] ?? runKind(run));
    if (!isOver(run)) return follow(run);
    if (watched) announceEnd(run);
    redraw(place, () => fill(place, frame(run, over(run))));
    return "done";
  }

  function follow(run) {
    watched = true;
    if (progress) return progress.update(run);
    progress = runProgress(run, { canAct: owns(connection), onCancel: () => again() });
    return fill(place, frame(run, progress));
  }

  function frame(run, ...children) {
    const { kind, label } = runState(run);
    return page({
      title: TITLES[run.kind] ?? runKind(run),
      back: { href: `#/connections/${run.connection_id}/history`, text: "History" },
      aside: h("p.page-context",
        h("span", connection.org?.name ?? platformName(connection.platform)),
        h("span", moment(run.created_at)),
        h("span", `started ${triggerName(run.trigger)}`), badge(kind, label)),
    }, children);
  }

  function over(run) {
    const counts = sumCounts(run);
    const canAct = owns(connection);
    const changes = counts.considered > 0 ? changesCard(run, counts, connection, signal) : null;
    const show = (filter) => changes?.show(filter);
    const ready = isPreview(run) && run.state === "planned";
    return h("div.stack",
      ready ? previewBanner(run, counts) : resultBanner(run, counts),
      counts.failed > 0 && !ready && failuresCard(run, { show, canAct, signal }),
      mappingCards(run, { show, canAct }),
      changes,
      ready && canAct && finalizeCard(run, context.query.for, signal),
      run.kind === "sync" && counts.considered > 0 && listSourceCard(run),
      run.kind === "sync" && canAct && changedBy(counts) > 0 && undoCard(run));
  }

  const again = poll(ask, {
    everyMs: EVERY_MS,
    signal,
    onTrouble: (error) => {
      if (!error) return fill(trouble);
      if (!watched) fill(place, h("h1.visually-hidden", "Run"));
      return fill(trouble, failure(error, () => again(), watched
        ? "The connection is lost; what you see may be old" : "This run could not be loaded"));
    },
  });
  return h("div", trouble, place);
}

function previewBanner(run, counts) {
  return banner("info", sentence(counts, { planned: true }),
    h("p", "Nothing has been written yet. Look through the changes; finalize below when they are right."));
}

function announceEnd(run) {
  announce(`${runKind(run)} ended: ${runState(run).label}`);
  window.dispatchEvent(new Event("notices-changed"));
}
