// Configure Automated Sync: what belongs together and how often.

import { put } from "../api.js";
import { h } from "../dom.js";
import { moment } from "../format.js";
import { differs } from "../parts/automation-card.js";
import { cadenceControl } from "../parts/cadence.js";
import { lockedReason } from "../parts/connection-frame.js";
import { mappingScreen } from "../parts/mapping-form.js";
import { banner } from "../ui/banner.js";
import { card } from "../ui/page.js";

export function screen(context) {
  return mappingScreen(context, "Configure automated sync", "automation", automated);
}

function automated(connection, automation) {
  const { mappings, cadence, enabled } = automation;
  const control = cadenceControl(cadence, { disabled: Boolean(lockedReason(connection)) });
  return {
    mappings,
    title: "What belongs together",
    lead: "Each row keeps one campaign and one group the same. One side may be new.",
    note: differs(automation) && banner("info", "These choices are not in force yet",
      h("p", `The schedule runs what was finalized on ${moment(automation.live.agreed_at)}. Continue, look at the `,
        "preview, and press Finalize Sync to replace it.")),
    more: card("How often", {}, control),
    explain: (error) => error.errors && control.explain(error),
    async prepare(rows) {
      const draft = { mappings: rows, cadence: control.value, enabled };
      return (await put(`connections/${connection.id}/automation`, draft)).mappings;
    },
  };
}
