// Configure Automated Sync: what belongs together and how often; Continue leads to the preview.

import { get, post, put } from "../api.js";
import { h } from "../dom.js";
import { withNames } from "../parts/campaigns.js";
import { cadenceControl } from "../parts/cadence.js";
import { connectionScreenFrame, lockedReason } from "../parts/connection-frame.js";
import { mappingRows } from "../parts/mapping-rows.js";
import { proposals } from "../parts/proposals.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";

export function screen(context) {
  return connectionScreenFrame(context, "Configure automated sync", (connection) => {
    const fetch = async () => {
      const automation = await get(`connections/${connection.id}/automation`, context);
      const mappings = await withNames(connection.id, automation.mappings ?? [], context.signal);
      return { ...automation, mappings };
    };
    return load(context.signal, () => fetch(), (automation) => form(connection, automation, context.signal));
  });
}

function form(connection, automation, signal) {
  const locked = lockedReason(connection);
  const rows = mappingRows(connection, automation.mappings, { locked });
  const cadence = cadenceControl(automation.cadence, { disabled: Boolean(locked) });
  const trouble = h("div");

  const proceed = () => {
    trouble.replaceChildren();
    if (!rows.check()) return undefined;
    return attempt(trouble, () => preview(connection, automation, rows.value, cadence.value), {
      title: "This cannot run as it is",
      explain: (error) => explained(error, rows, cadence),
    });
  };

  return h("div.stack",
    locked && banner("info", "You can look, but not change", h("p", locked)),
    card("What belongs together", {
      lead: "Each row keeps one campaign and one group the same. One side may be new.",
    }, proposals(connection, automation.mappings, rows.addMapping, signal), rows),
    card("How often", {}, cadence),
    trouble,
    h("div.actions.end",
      h("p.muted", "Continue shows every change first. Nothing is written yet."),
      button("Continue", { kind: "primary", reason: locked, busy: "Preparing the preview…", onPress: proceed })));
}

async function preview(connection, automation, mappings, cadence) {
  const enabled = automation.enabled ?? true;
  const saved = await put(`connections/${connection.id}/automation`, { mappings, cadence, enabled });
  const rows = saved?.mappings ?? mappings;
  const { run_id: id } = await post(`connections/${connection.id}/previews`, { mappings: rows });
  go(`/runs/${id}?for=automation`);
}

function explained(error, rows, cadence) {
  if (!error.errors?.length) return false;
  const onRows = rows.explain(error);
  const onCadence = cadence.explain(error);
  return onRows || onCadence;
}
