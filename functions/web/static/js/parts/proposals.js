// Campaigns and groups that share a name, offered as mappings.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { everyGroup } from "./campaigns.js";

const MOST = 5;

/** A box of proposals not among `mapped`; `onAdd({ campaign, group })` takes one. */
export function proposals(connection, mapped, onAdd, signal) {
  const box = h("div.region");
  find(connection, mapped, signal).then((pairs) => {
    if (!signal.aborted && pairs.length) fill(box, offer(pairs, onAdd));
  }, () => fill(box));
  return box;
}

async function find(connection, mapped, signal) {
  const [campaigns, groups] = await Promise.all([
    get(`connections/${connection.id}/campaigns`, { signal }), everyGroup(),
  ]);
  const byName = new Map(groups.map((group) => [group.name.trim().toLowerCase(), group]));
  const taken = new Set(mapped.flatMap(({ campaign, group }) => [campaign?.id, group?.id]));
  return campaigns.items
    .map((campaign) => ({ campaign, group: byName.get(campaign.name.trim().toLowerCase()) }))
    .filter(({ campaign, group }) => group && !taken.has(campaign.id) && !taken.has(group.id))
    .slice(0, MOST);
}

function offer(pairs, onAdd) {
  const item = (pair) => {
    const entry = h("li", h("span", pair.campaign.name), h("button.link", {
      type: "button", "aria-label": `Map ${pair.campaign.name}`,
      onclick: () => { onAdd(pair); entry.remove(); },
    }, "Map"));
    return entry;
  };
  return h("aside.proposals", { "aria-label": "Proposed mappings" },
    h("p.proposals-title", icon("link"), "Same name on both sides"),
    h("ul", pairs.map(item)));
}
