// Run a One-Time Manual Sync: choose now, run once. The automation stays as it is.

import { mappingScreen } from "../parts/mapping-form.js";
import { choicesOf, keepChoices } from "../parts/once.js";
import { button } from "../ui/button.js";

export function screen(context) {
  return mappingScreen(context, "Run a one-time manual sync", "manual", once);
}

function once({ id }, { mappings: saved }) {
  return {
    mappings: choicesOf(id),
    keep: (rows) => keepChoices(id, rows),
    title: "What to sync this once",
    lead: "These choices count for this one run. The automated sync is not touched.",
    tools: (rows, locked) => saved.length > 0 && button("Use the automated mappings", {
      kind: "quiet", picture: "link", reason: locked,
      onPress: () => saved.filter((mapping) => !has(rows, mapping)).forEach((mapping) => rows.addMapping(mapping)),
    }),
    prepare: (rows) => rows,
  };
}

/** Pressed twice, it adds nothing twice. */
const has = (rows, { campaign, group }) =>
  rows.value.some((row) => same(row.campaign, campaign) && same(row.group, group));

const same = (one, other) => Boolean(one) && (one.id ?? one.name) === (other.id ?? other.name);
