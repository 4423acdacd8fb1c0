// Configure Automated Sync: what belongs together and how often.

import { put } from "../api.js";
import { cadenceControl } from "../parts/cadence.js";
import { lockedReason } from "../parts/connection-frame.js";
import { mappingScreen } from "../parts/mapping-form.js";
import { card } from "../ui/page.js";

export function screen(context) {
  return mappingScreen(context, "Configure automated sync", "automation", automated);
}

function automated(connection, { mappings, cadence, enabled }) {
  const control = cadenceControl(cadence, { disabled: Boolean(lockedReason(connection)) });
  return {
    mappings,
    title: "What belongs together",
    lead: "Each row keeps one campaign and one group the same. One side may be new.",
    more: card("How often", {}, control),
    explain: (error) => error.errors && control.explain(error),
    async prepare(rows) {
      const draft = { mappings: rows, cadence: control.value, enabled };
      return (await put(`connections/${connection.id}/automation`, draft)).mappings;
    },
  };
}
