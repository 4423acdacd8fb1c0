// Run a One-Time Manual Sync: choose now, preview, run once. The automation stays as it is.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { withNames } from "../parts/campaigns.js";
import { connectionScreenFrame, lockedReason } from "../parts/connection-frame.js";
import { mappingRows } from "../parts/mapping-rows.js";
import { proposals } from "../parts/proposals.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";

export function screen(context) {
  return connectionScreenFrame(context, "Run a one-time manual sync", (connection) => {
    const fetch = async () => {
      const automation = await get(`connections/${connection.id}/automation`, context);
      return withNames(connection.id, automation.mappings ?? [], context.signal);
    };
    return load(context.signal, fetch, (saved) => form(connection, saved, context.signal));
  });
}

function form(connection, saved, signal) {
  const locked = lockedReason(connection);
  const rows = mappingRows(connection, [], { locked });
  const trouble = h("div");

  const proceed = () => {
    trouble.replaceChildren();
    if (!rows.check()) return undefined;
    return attempt(trouble, async () => {
      const { run_id: id } = await post(`connections/${connection.id}/previews`, { mappings: rows.value });
      go(`/runs/${id}?for=manual`);
    }, {
      title: "This cannot run as it is",
      explain: (error) => error.errors?.length > 0 && rows.explain(error),
    });
  };

  const useSaved = saved.length > 0 && button("Use the automated mappings", {
    kind: "quiet", picture: "link", reason: locked,
    onPress: () => saved.forEach(rows.addMapping),
  });

  return h("div.stack",
    locked && banner("info", "You can look, but not change", h("p", locked)),
    card("What to sync this once", {
      lead: "These choices count for this one run. The automated sync is not touched.",
      actions: useSaved,
    }, proposals(connection, saved, rows.addMapping, signal), rows),
    trouble,
    h("div.actions.end",
      h("p.muted", "Continue shows every change first. Nothing is written yet."),
      button("Continue", { kind: "primary", reason: locked, busy: "Preparing the preview…", onPress: proceed })));
}
