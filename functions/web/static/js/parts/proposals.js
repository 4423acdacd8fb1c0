// Campaigns and groups that share a name, offered as mappings.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { everyGroup } from "./campaigns.js";

const MOST = 5;

/** A box of proposals that adds to `rows`; what is chosen there is no longer proposed. */
export function proposals(connection, rows, signal) {
  const box = h("div.region");
  const draw = (pairs) => {
    const taken = new Set(rows.value.flatMap(({ campaign, group }) => [campaign?.id, group?.id]));
    const free = pairs.filter(({ campaign, group }) => !taken.has(campaign.id) && !taken.has(group.id));
    fill(box, free.length > 0 && offer(free.slice(0, MOST), (pair) => rows.addMapping(pair)));
  };
  find(connection, signal).then((pairs) => {
    if (signal.aborted) return;
    draw(pairs);
    rows.onChange = () => draw(pairs);
  }, () => fill(box));
  return box;
}

async function find(connection, signal) {
  const [campaigns, groups] = await Promise.all([
    get(`connections/${connection.id}/campaigns`, { signal }), everyGroup(),
  ]);
  const byName = new Map(groups.map((group) => [group.name.trim().toLowerCase(), group]));
  return campaigns.items
    .map((campaign) => ({ campaign, group: byName.get(campaign.name.trim().toLowerCase()) }))
    .filter(({ group }) => group);
}

function offer(pairs, onAdd) {
  const item = (pair) => h("li", h("span", pair.campaign.name), h("button.link", {
    type: "button", "aria-label": `Map ${pair.campaign.name}`, onclick: () => onAdd(pair),
  }, "Map"));
  return h("aside.proposals", { "aria-label": "Proposed mappings" },
    h("p.proposals-title", icon("link"), "Same name on both sides"),
    h("ul", pairs.map(item)));
}
