// Below a preview: the terms, and the button that makes it real.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { cancelButton } from "./run-mappings.js";
import { termsBox, termsText } from "./terms.js";

const DAY_MS = 24 * 3600 * 1000;
const HELD_DAYS = 7;

const PURPOSES = {
  automation: {
    lead: "The automated sync starts to run as configured. You are told when the first run ends.",
    async act(run, terms) {
      const body = { terms_version: terms, preview_id: run.id };
      await post(`connections/${run.connection_id}/automation/finalize`, body);
      toast("The automated sync is on.");
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
  },
  undo: { lead: "Puts back what the run changed. This can be undone as well.", label: "Undo now" },
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
  const made = new Date(run.finished_at ?? run.created_at);
  const life = DAY_MS * (purpose === "held" ? HELD_DAYS : 1);
  if (run.used_by === "cancelled") return spent("This preview was discarded", run);
  if (run.used_by) return spent("This preview was carried out already", run, `/runs/${run.used_by}`);
  if (Date.now() - made > life) return spent("This preview is too old", run);
  return load(signal, () => get("platforms", { signal }), ({ terms_version: terms }) =>
    panel(run, PURPOSES[purpose] ?? PURPOSES[run.kind] ?? PURPOSES.manual, terms));
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
      return attempt(trouble, () => act(run, terms), { title: "The sync was not started" });
    },
  });
  return card("Finalize", { lead: purpose.lead, class: "finalize" },
    termsText(terms), box, missing, trouble,
    h("div.actions", finalize, cancelButton(run.id, "Discard this preview", () => go(`/connections/${run.connection_id}`))));
}

function spent(title, run, carriedOut) {
  return banner("info", title,
    h("p", "A preview can be run once, within 24 hours, so that what happens is what you saw. ",
      carriedOut
        ? h("a", { href: `#${carriedOut}` }, "Open the run")
        : h("a", { href: `#/connections/${run.connection_id}/manual` }, "Make a new one")));
}
