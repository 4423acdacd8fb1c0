// One group out of the firm's list: the API lists groups, it has no address for a single one.

import { Problem } from "../api.js";
import { everyGroup, forgetGroups } from "./campaigns.js";

/** The group with this id as it is now; a `Problem` with status 404 when there is none. */
export async function groupById(id) {
  forgetGroups();
  const found = (await everyGroup()).find((group) => group.id === id);
  if (found) return found;
  throw new Problem({ status: 404, code: "not_found", detail: "There is no such group in your firm." });
}
