// The mappings of a run: the way from everyone to mailable, what happens to each, what is held.

import { post } from "../api.js";
import { h } from "../dom.js";
import { count, counted } from "../format.js";
import { go } from "../router.js";
import { toast } from "../live.js";
import { banner } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { card } from "../ui/page.js";
import { waterfall } from "../ui/waterfall.js";
import { OUTCOMES, PLANNED, reasonText } from "../words.js";
import { mappingLine, nameOf } from "./mapping-line.js";

/** A card per mapping. `show(filter)` points the list of changes at a part of them. */
export function mappingCards(run, { show, canAct }) {
  return h("div.stack", (run.mappings ?? []).map((mapping) => mappingCard(run, mapping, show, canAct)));
}

function mappingCard(run, mapping, show, canAct) {
  const steps = stepsOf(mapping.waterfall ?? {});
  return card(null, {},
    h("header.card-head", h("h2", mappingLine(mapping))),
    stateNote(run, mapping, canAct),
    driftNote(mapping),
    h("div.mapping-body",
      steps.in_group > 0 && waterfall(steps, { onDrop: (reasons) => show({ outcome: "skipped", reasons }) }),
      tallies(run, mapping.counts ?? {}, show)));
}

/** The waterfall comes as a list of `{ step, count }` or as an object of counts. */
function stepsOf(given) {
  return Array.isArray(given) ? Object.fromEntries(given.map(({ step, count: n }) => [step, n])) : given;
}

function tallies(run, counts, show) {
  const words = run.kind === "sync" ? (name) => OUTCOMES[name].label : (name) => PLANNED[name];
  const names = Object.keys(OUTCOMES).filter((name) => counts[name] > 0);
  return h("ul.tallies", names.map((name) => h("li",
    h("button.tally", { type: "button", class: OUTCOMES[name].kind, onclick: () => show({ outcome: name }) },
      h("strong", count(counts[name])), h("span", words(name))))));
}

function stateNote(run, mapping, canAct) {
  if (mapping.held_preview_id) return heldNote(run, mapping, canAct);
  if (mapping.state === "paused") {
    return banner("warn", "This mapping is paused", h("p", reasonText(mapping.reason)));
  }
  if (mapping.state === "failed") {
    return banner("bad", "This mapping failed", h("p", reasonText(mapping.reason)));
  }
  if (mapping.state === "cancelled") {
    return banner("info", "This mapping was not finished",
      h("p", "What was done of it until then stays; the next run goes on with the rest."));
  }
  return null;
}

/** What a run that compared everybody found although neither side had reported it. */
function driftNote({ drift }) {
  if (!drift) return null;
  return banner("info", `${counted(drift, "record")} differed although neither side had said so`,
    h("p", "Most runs read only what either side reports as changed. This one compared everybody, and found ",
      "what those had missed. It is among the records below."));
}

function heldNote(run, mapping, canAct) {
  const id = mapping.held_preview_id;
  return banner("warn", "Held: please look at this first",
    h("p", mapping.detail && `${mapping.detail} `,
      "Nothing of it was written. Look at the changes, then approve or cancel them."),
    h("div.actions",
      linkButton("Look at the changes", `#/runs/${id}?for=held`, { kind: "primary" }),
      canAct && approveButton(id, nameOf(mapping.group)),
      canAct && cancelButton(id, "Cancel these changes")));
}

/** Approve a held part: its preview runs. */
function approveButton(previewId, name) {
  return button("Approve", {
    picture: "check",
    onPress: () => {
      confirmDialog({
        title: "Approve the held changes?",
        confirm: "Approve and run",
        busy: "Starting…",
        body: h("p", `The changes held for “${name}” are made now. You can undo the run afterwards.`),
        act: async () => {
          const { run_id: id } = await post(`runs/${previewId}/approve`);
          go(`/runs/${id}`);
        },
      });
    },
  });
}

/** Cancel a run, or drop a preview. */
export function cancelButton(runId, label = "Cancel", then = undefined) {
  return button(label, {
    kind: "quiet",
    onPress: () => {
      confirmDialog({
        title: `${label}?`,
        confirm: label === "Cancel" ? "Cancel the run" : label,
        kind: "danger",
        busy: "Cancelling…",
        body: h("p", "What is done already stays done and can be undone. The rest is not done."),
        act: async () => {
          await post(`runs/${runId}/cancel`);
          toast("Cancelled.");
        },
        then,
      });
    },
  });
}

