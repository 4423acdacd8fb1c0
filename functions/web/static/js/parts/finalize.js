// Below a preview: the terms, and the button that makes it real.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { isTooOld } from "../words.js";
import { forgetChoices } from "./once.js";
import { discardButton } from "./run-mappings.js";
import { termsBox, termsText } from "./terms.js";

const PURPOSES = {
  automation: {
    lead: "From now on this runs by itself, unless it is paused. You are told when the first run ends.",
    change: "automation",
    async act(run, terms) {
      const body = { terms_version: terms, preview_id: run.id };
      const { enabled } = await post(`connections/${run.connection_id}/automation/finalize`, body);
      if (enabled) toast("The automated sync is on. Its first run begins now.");
      else toast("The new choices are in force, but the automated sync is still paused. Press Resume to start it.", { kind: "warn" });
      go(`/connections/${run.connection_id}`);
    },
  },
  held: {
    lead: "The held changes are made now. You can undo the run afterwards.",
    label: "Approve and run",
    act: (run) => start(run, `runs/${run.id}/approve`),
  },
  manual: {
    lead: "These changes are made once, now. The automated sync is not touched.",
    change: "manual",
    async act(run, terms) {
      await runPreview(run, terms);
      forgetChoices(run.connection_id);
    },
  },
  undo: {
    lead: "Puts back what the run changed. Nobody is deleted: people it created leave the group or the "
      + "campaign, and stay. This can be undone as well.",
    label: "Undo now",
  },
  retry: { lead: "Tries the failed records again, and only them.", label: "Try again now" },
};

async function start(run, path, body) {
  const { run_id: id } = await post(path, body);
  go(`/runs/${id}`);
}

function runPreview(run, terms) {
  const body = { preview_id: run.id, terms_version: terms };
  return start(run, `connections/${run.connection_id}/runs`, body);
}

/** What the preview is for decides what finalizing does; by default it runs once. */
export function finalizeCard(run, purpose, signal) {
  if (run.used_by === "cancelled") return spent("This preview was discarded", run);
  if (run.used_by) return spent("This preview was carried out already", run, `/runs/${run.used_by}`);
  if (isTooOld(run)) return spent("This preview is too old", run);
  return load(signal, () => get("platforms", { signal }), ({ terms_version: terms }) =>
    panel(run, PURPOSES[run.held_from ? "held" : purpose] ?? PURPOSES[run.kind] ?? PURPOSES.manual, terms));
}

function panel(run, purpose, terms) {
  const box = termsBox(terms);
  const missing = h("p.field-error", { role: "alert" });
  const trouble = h("div");
  const act = purpose.act ?? runPreview;
  const finalize = button(purpose.label ?? "Finalize Sync", {
    kind: "primary large", busy: "Starting…",
    onPress: () => {
      missing.textContent = box.control.checked ? "" : "Please accept the terms first.";
      if (!box.control.checked) return box.control.focus();
      return attempt(trouble, () => act(run, terms), {
        title: "The sync was not started",
        reload: () => location.reload(), // another tab, or a colleague, was quicker
      });
    },
  });
  return card("Finalize", { lead: purpose.lead, class: "finalize" },
    termsText(terms), box, missing, trouble,
    h("div.actions", finalize,
      purpose.change && linkButton("Change the choices", `#/connections/${run.connection_id}/${purpose.change}`),
      discardButton(run.id, "Discard this preview", () => go(`/connections/${run.connection_id}`))));
}

function spent(title, run, carriedOut) {
  return banner("info", title,
    h("p", run.held_from
      ? "Held changes can be approved once, within seven days. "
      : "A preview can be run once, within 24 hours, so that what happens is what you saw. ",
      carriedOut
        ? h("a", { href: `#${carriedOut}` }, "Open the run")
        : h("a", { href: `#/connections/${run.connection_id}/manual` }, "Make a new one")));
}
