// What stands above every run: what it is, of which org, when, started by what, how it stands.

import { h } from "../dom.js";
import { moment } from "../format.js";
import { badge } from "../ui/banner.js";
import { page } from "../ui/page.js";
import { runKind, runState, triggerName } from "../words.js";

export function runFrame(run, connection, ...children) {
  const { kind, label } = runState(run);
  return page({
    title: runKind(run),
    back: { href: `#/connections/${run.connection_id}/history`, text: "History" },
    aside: h("p.page-context",
      h("span", connection.org.name),
      h("span", moment(run.created_at)),
      h("span", `started ${triggerName(run.trigger)}`),
      badge(kind, label)),
  }, children);
}
