// Everything about a run that is over, or about a preview that is ready.

import { h } from "../dom.js";
import { owns } from "../session.js";
import { banner } from "../ui/banner.js";
import { isPreview } from "../words.js";
import { changesCard } from "./changes.js";
import { finalizeCard } from "./finalize.js";
import { listSourceCard } from "./list-source.js";
import { changedBy, sentence, sumCounts } from "./run-counts.js";
import { mappingCards } from "./run-mappings.js";
import { failuresCard, resultBanner, undoCard, undoneLink } from "./run-result.js";

export function runOutcome(run, connection, { signal, query }) {
  const counts = sumCounts(run);
  const canAct = owns(connection);
  const changes = counts.considered > 0 ? changesCard(run, counts, connection, signal) : null;
  const show = (filter) => changes?.show(filter);
  const mappings = mappingCards(run, { show, canAct, signal });
  if (isPreview(run) && run.state === "planned") {
    const finalize = canAct && finalizeCard(run, query.for, signal);
    return h("div.stack", previewBanner(run, counts), mappings, changes, finalize);
  }
  return h("div.stack",
    resultBanner(run, counts),
    counts.failed > 0 && failuresCard(run, { show, canAct, signal }),
    mappings,
    changes,
    run.kind === "sync" && counts.considered > 0 && listSourceCard(run),
    run.kind === "sync" && canAct && changedBy(counts) > 0 && undoCard(run));
}

function previewBanner(run, counts) {
  return banner("info", sentence(counts, { planned: true }), h("p", standing(run)), undoneLink(run));
}

function standing({ used_by: usedBy }) {
  if (usedBy === "cancelled") return "Nothing of it was written, and nothing will be.";
  if (usedBy) return "This is what was going to change. It was carried out since; the run says what happened.";
  return "Nothing has been written yet. Look through the changes; finalize below when they are right.";
}
