// Who changed what about a connection and its automated sync, and what it was before.

import { get } from "../api.js";
import { h } from "../dom.js";
import { auditEntry } from "../parts/audit-entry.js";
import { withNames } from "../parts/campaigns.js";
import { connectionScreenFrame } from "../parts/connection-frame.js";
import { empty } from "../ui/banner.js";
import { moreList } from "../ui/more-list.js";
import { card } from "../ui/page.js";

export function screen(context) {
  return connectionScreenFrame(context, "Audit log", (connection) => {
    const names = new Map();
    const list = moreList({
      signal: context.signal,
      noun: "change",
      fetchPage: async (cursor) => {
        const query = { cursor };
        const page = await get(`connections/${connection.id}/audit`, { query, signal: context.signal });
        await learnNames(names, connection, page.items, context.signal);
        return page;
      },
      frame: () => h("ol.timeline.events"),
      row: (entry) => auditEntry(entry, connection, names),
      nothing: () => empty("clock", "Nothing yet",
        "Whoever sets something up or changes it leaves an entry here, with what it was before."),
    });
    return card("What was set up and changed", {
      lead: "Newest first, each with what it was before. Entries are kept for good; nobody can change them.",
    }, list);
  });
}

/** Entries hold the ids of campaigns and groups; add what those are called now to `names`. */
async function learnNames(names, connection, entries, signal) {
  const states = entries.flatMap(({ before, after }) => [before, after]);
  const rows = states.flatMap(({ mappings, live_mappings: live, inactive_campaign_id: inactive }) =>
    [...(mappings ?? []), ...(live ?? []), ...(inactive ? [{ campaign: { id: inactive } }] : [])]);
  for (const { campaign, group } of await withNames(connection.id, rows, signal)) {
    for (const target of [campaign, group]) if (target?.name) names.set(target.id, target.name);
  }
}
