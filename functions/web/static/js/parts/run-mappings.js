// The mappings of a run: the way from everyone to mailable, what happens to each, what is held.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { count, counted } from "../format.js";
import { go } from "../router.js";
import { toast } from "../live.js";
import { banner } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { load } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { waterfall } from "../ui/waterfall.js";
import {
  directionMeaning, directionName, isPreview, isTooOld, OUTCOMES, PLANNED, reasonText,
} from "../words.js";
import { mappingLine, nameOf } from "./mapping-line.js";

/** A card per mapping. `show(filter)` points the list of changes at a part of them. */
export function mappingCards(run, tools) {
  return h("div.stack", (run.mappings ?? []).map((mapping) => mappingCard(run, mapping, tools)));
}

function mappingCard(run, mapping, tools) {
  const { show } = tools;
  const steps = isPartial(run) ? {} : stepsOf(mapping.waterfall ?? {});
  return card(null, {},
    h("header.card-head", h("div", h("h2", mappingLine(mapping)), intention(run, mapping))),
    stateNote(mapping, tools),
    driftNote(mapping),
    h("div.mapping-body",
      steps.in_group > 0 && waterfall(steps, { onDrop: (reasons) => show({ outcome: "skipped", reasons }) }),
      tallies(run, mapping.counts ?? {}, show)));
}

/** An undo or a retry looks at some of the people only: who is in the group is not what they tell. */
const isPartial = ({ kind, undoes }) => Boolean(undoes) || ["undo", "retry"].includes(kind);

/** Which way changes go, and what does not exist yet and is made for it. */
function intention(run, { campaign, group, direction }) {
  if (isPartial(run)) return null;
  const made = !campaign?.id ? "The campaign does not exist yet: it is created in the CRM."
    : !group?.id && "The group does not exist yet: it is created in marketing.";
  return h("p.muted", `${directionName(direction)}. ${directionMeaning(direction)}`,
    isPreview(run) && made && ` ${made}`);
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

function stateNote(mapping, tools) {
  if (mapping.held_preview_id) return heldNote(mapping, tools);
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

/** What became of the held part since is known by its preview. */
function heldNote(mapping, { canAct, signal }) {
  return load(signal, () => get(`runs/${mapping.held_preview_id}`, { signal }),
    (preview, reload) => (preview.used_by ? answeredNote(preview) : waitingNote(mapping, preview, canAct, reload)));
}

function answeredNote({ used_by: usedBy }) {
  if (usedBy === "cancelled") {
    return banner("info", "These changes were held, and then cancelled", h("p", "Nothing of it was written."));
  }
  return banner("info", "These changes were held, and then approved",
    h("p", h("a", { href: `#/runs/${encodeURIComponent(usedBy)}` }, "Open the run that made them")));
}

function waitingNote(mapping, preview, canAct, reload) {
  const { id } = preview;
  if (isTooOld(preview)) {
    return banner("info", "These changes were held, and nobody approved them in time",
      h("p", "Nothing of it was written. The next run looks at both sides anew."));
  }
  return banner("warn", "Held: please look at this first",
    h("p", mapping.detail && `${mapping.detail} `,
      "Nothing of it was written. Look at the changes, then approve or cancel them; ",
      "until then, scheduled runs leave this mapping alone."),
    h("div.actions",
      linkButton("Look at the changes", `#/runs/${id}?for=held`, { kind: "primary" }),
      canAct && approveButton(id, nameOf(mapping.group)),
      canAct && discardButton(id, "Cancel these changes", reload)));
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

/** Stop a run that is under way. */
export function cancelButton(run, then) {
  return stopButton(run.id, "Cancel the run", {
    body: isPreview(run)
      ? "Nothing was written, and nothing will be."
      : "What is done already stays done and can be undone. The rest is not done.",
    busy: "Cancelling…", done: "The run is cancelled.", then,
  });
}

/** Drop a preview, or the changes that are held in one. */
export function discardButton(previewId, label, then) {
  return stopButton(previewId, label, {
    body: "Nothing of it was written, and nothing will be. The next run looks at both sides anew.",
    busy: "Discarding…", done: "Discarded. Nothing was written.", then,
  });
}

function stopButton(runId, label, { body, busy, done, then }) {
  return button(label, {
    kind: "quiet",
    onPress: () => {
      confirmDialog({
        title: `${label}?`,
        confirm: label,
        dismiss: "Go back",
        kind: "danger",
        busy,
        body: h("p", body),
        act: async () => {
          await post(`runs/${runId}/cancel`);
          toast(done);
        },
        then,
      });
    },
  });
}

