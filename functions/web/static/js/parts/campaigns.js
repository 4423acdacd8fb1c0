// Looking up campaigns of a connection and groups of the firm, quickly however many there are.

import { all, get } from "../api.js";
import { counted } from "../format.js";

const OFFERED = 50;
let groups = null;

/** A combobox search over the live, active campaigns of a connection. The server searches. */
export function findCampaigns(connectionId) {
  const seen = new Map();
  return async (text, signal) => {
    const key = text.toLowerCase();
    if (!seen.has(key)) seen.set(key, await campaignOptions(connectionId, text, signal));
    return seen.get(key);
  };
}

async function campaignOptions(connectionId, search, signal) {
  const page = await get(`connections/${connectionId}/campaigns`, { query: { search }, signal });
  const options = page.items.slice(0, OFFERED).map(campaignOption);
  const cut = page.cursor || page.items.length > OFFERED;
  return { options, note: [cut && narrow(options.length), hidden(page)].filter(Boolean).join(" ") };
}

const narrow = (shown) => `The first ${shown} are shown; type to narrow.`;

function hidden({ hidden_inactive_count: count }) {
  if (!count) return "";
  return `${counted(count, "inactive campaign")} not shown; activate one in the CRM to use it.`;
}

const campaignOption = ({ id, name, member_count: members, owner }) => ({
  id, label: name, meta: [counted(members, "member"), owner].filter(Boolean).join(" · "),
});

/** The campaign with this id as an option; its id for a name when it is not among the active ones. */
export async function namedCampaign(connectionId, id, signal) {
  const items = await someCampaigns(connectionId, signal).catch(() => []);
  const found = items.find((campaign) => campaign.id === id);
  return found ? campaignOption(found) : { id, label: id };
}

/** The campaign of exactly this name, case ignored, as an option; null when there is none. */
export async function campaignNamed(connectionId, name, signal) {
  const query = { search: name };
  const page = await get(`connections/${connectionId}/campaigns`, { query, signal });
  const found = page.items.find((campaign) => sameName(campaign.name, name));
  return found ? campaignOption(found) : null;
}

/** Every group of the firm, asked for once until `forgetGroups`. */
export function everyGroup() {
  groups ??= all("groups", { query: { limit: 200 }, most: 20_000 }).catch((error) => { groups = null; throw error; });
  return groups;
}

/** Ask for the groups again next time: one was made, or a run may have made some. */
export function forgetGroups() {
  groups = null;
}

/** A combobox search over the groups, done here: the whole list fits in memory. */
export async function findGroups(text) {
  const wanted = text.toLowerCase();
  const found = (await everyGroup()).filter(({ name }) => name.toLowerCase().includes(wanted));
  const options = found.slice(0, OFFERED).map(groupOption);
  return { options, note: found.length > OFFERED ? narrow(options.length) : "" };
}

/** The group of exactly this name, case ignored, as an option; null when there is none. */
export async function groupNamed(name) {
  const found = (await everyGroup()).find((group) => sameName(group.name, name));
  return found ? groupOption(found) : null;
}

const groupOption = ({ id, name, member_count: members }) => ({
  id, label: name, meta: counted(members, "member"),
});

const sameName = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

/** The mappings with a `name` on every campaign and group that exists and can be seen. */
export async function withNames(connectionId, mappings, signal) {
  const wanted = mappings.map(({ campaign }) => campaign).filter(({ id, name }) => id && !name);
  const [campaigns, everyone] = await Promise.all([
    wanted.length ? campaignsOf(connectionId, wanted, signal) : [],
    mappings.length ? everyGroup() : [],
  ].map((list) => Promise.resolve(list).catch(() => [])));
  return mappings.map((row) => ({
    ...row,
    campaign: named(row.campaign, campaigns),
    group: named(row.group, everyone),
  }));
}

/** Recent runs tell the names without a call to the CRM; only for others is it asked. */
async function campaignsOf(connectionId, wanted, signal) {
  const runs = await get(`connections/${connectionId}/runs`, { signal });
  const known = runs.items.flatMap((run) => run.mappings.map(({ campaign }) => campaign));
  const enough = wanted.every(({ id }) => known.some((campaign) => campaign.id === id));
  return enough ? known : [...known, ...(await someCampaigns(connectionId, signal))];
}

const someCampaigns = (connectionId, signal) =>
  all(`connections/${connectionId}/campaigns`, { signal, most: 2000 });

function named(target, list) {
  const found = target?.id && list.find(({ id }) => id === target.id);
  return found ? { ...target, name: found.name } : target;
}
