// How a run ended: one sentence, then what can be done about it.

import { all, post } from "../api.js";
import { h } from "../dom.js";
import { counted, duration, moment } from "../format.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { plain, reasonText, runKind, runState } from "../words.js";
import { changeName } from "./change-words.js";
import { sentence } from "./run-counts.js";

/** The result as a banner in the colour of how it went. */
export function resultBanner(run, counts) {
  const { kind, label } = runState(run);
  const took = run.started_at && run.finished_at ? ` It took ${duration(run.started_at, run.finished_at)}.` : "";
  const calls = run.crm_calls ? ` ${counted(run.crm_calls, "CRM call")}.` : "";
  const title = run.state === "succeeded" ? sentence(counts) : `${label}. ${counts.considered ? sentence(counts) : ""}`;
  return banner(kind === "plain" ? "info" : kind, title,
    run.error && h("p", run.error.detail || plain(run.error.code)),
    undoneLink(run),
    h("p.muted", `${runKind(run)} of ${moment(run.created_at)}.${took}${calls}`));
}

/** Of an undo: what it takes back. */
export const undoneLink = ({ undoes }) =>
  undoes && h("p", h("a", { href: `#/runs/${encodeURIComponent(undoes)}` }, "The run that this takes back"));

/** The failed records by cause, in plain words, with a retry of just them. */
export function failuresCard(run, { show, canAct, signal }) {
  const fetch = () => all(`runs/${run.id}/changes`, { query: { outcome: "failed", limit: 200 }, signal, most: 1000 });
  const trouble = h("div");
  const retry = canAct && !run.undoes && button("Try the failed ones again", {
    picture: "refresh", kind: "primary", busy: "Preparing a preview…",
    onPress: () => attempt(trouble, async () => {
      const { run_id: id } = await post(`runs/${run.id}/retry`);
      go(`/runs/${id}?for=retry`);
    }),
  });
  return card("What failed", { actions: retry, lead: run.undoes
    ? "All others were taken back. For these, undo the run once more."
    : "All others went on. The mapping's next run tries these again by itself." },
    trouble, load(signal, fetch, (changes) => causes(changes, show)));
}

function causes(changes, show) {
  const groups = Map.groupBy(changes, (change) => change.detail || reasonText(change.reason));
  const cause = ([text, members]) => h("li.cause",
    h("div", h("p", text), h("p.muted", names(members))),
    h("button.link", {
      type: "button", onclick: () => show({ outcome: "failed", reasons: [members[0].reason] }),
    }, `Show ${counted(members.length, "record")}`));
  return h("ul.rows", [...groups].map(cause));
}

function names(changes) {
  const shown = changes.slice(0, 3).map(changeName).join(", ");
  return changes.length > 3 ? `${shown} and ${changes.length - 3} more` : shown;
}

/** Take the run back, after a preview of its own. */
export function undoCard(run) {
  const trouble = h("div");
  return card("Take it back", {
    lead: "Puts back what this run changed, unless it was edited since. Opt-outs stay. You see a preview first.",
    actions: button("Undo this run", {
      picture: "undo", busy: "Preparing a preview…",
      onPress: () => attempt(trouble, async () => {
        const { run_id: id } = await post(`runs/${run.id}/undo`);
        go(`/runs/${id}?for=undo`);
      }),
    }),
  }, trouble);
}
