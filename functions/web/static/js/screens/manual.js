// Run a One-Time Manual Sync: choose now, run once. The automation stays as it is.

import { mappingScreen } from "../parts/mapping-form.js";
import { button } from "../ui/button.js";

export function screen(context) {
  return mappingScreen(context, "Run a one-time manual sync", "manual", once);
}

function once(_, { mappings: saved }) {
  return {
    mappings: [],
    title: "What to sync this once",
    lead: "These choices count for this one run. The automated sync is not touched.",
    tools: (rows, locked) => saved.length > 0 && button("Use the automated mappings", {
      kind: "quiet", picture: "link", reason: locked, 
      onPress: () => saved.forEach((mapping) => rows.addMapping(mapping)),
    }),
    prepare: (rows) => rows,
  };
}
