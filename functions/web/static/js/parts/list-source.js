// The list-source record: what list, from where, when, by whom, with a hash of its members.

import { get } from "../api.js";
import { h } from "../dom.js";
import { button } from "../ui/button.js";
import { saveJson } from "../ui/download.js";
import { attempt } from "../ui/loader.js";
import { card } from "../ui/page.js";

export const NOT_ADVICE = "A record of what was synced and from where; not legal advice.";

/** Fetch a run's record and offer it as a file. */
export async function downloadListSource(runId) {
  saveJson(await get(`runs/${runId}/list-source`), `list-source-${runId}.json`);
}

/** Offer the records that held at the end of `day`, a date of the user's; false: there are none. */
export async function downloadListsAt(connectionId, day) {
  const at = new Date(`${day}T23:59:59.999`).toISOString();
  const { items } = await get(`connections/${connectionId}/list-sources`, { query: { at } });
  if (items.length) saveJson({ at, items }, `list-sources-${day}.json`);
  return items.length > 0;
}

export function listSourceCard(run) {
  const trouble = h("div");
  return card("List-source record", {
    lead: `Names the list, its CRM campaign, owner scope and filters, time, actor and a hash of the members. ${NOT_ADVICE}`,
    actions: button("Download record", {
      picture: "download", busy: "Preparing…",
      onPress: () => attempt(trouble, () => downloadListSource(run.id), {
        title: "The record could not be downloaded",
      }),
    }),
  }, trouble);
}
