// The form both kinds of sync share: rows, proposals, and Continue, which leads to the preview.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { go } from "../router.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt, load } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { withNames } from "./campaigns.js";
import { connectionScreenFrame, lockedReason } from "./connection-frame.js";
import { MappingRows } from "./mapping-rows.js";
import { proposals } from "./proposals.js";

/**
 * A screen about a connection's saved automation. `build(connection, automation)` says what this
 * kind of sync has of its own:
 * `{ mappings, title, lead, note, tools(rows), more, prepare(rows), explain, keep(rows) }`.
 */
export function mappingScreen(context, heading, purpose, build) {
  const { signal } = context;
  return connectionScreenFrame(context, heading, (connection) => {
    const fetch = async () => {
      const automation = await get(`connections/${connection.id}/automation`, { signal });
      return { ...automation, mappings: await withNames(connection.id, automation.mappings, signal) };
    };
    return load(signal, fetch, (automation) =>
      form(connection, purpose, build(connection, automation), signal));
  });
}

function form(connection, purpose, own, signal) {
  const locked = lockedReason(connection);
  const rows = new MappingRows(connection, own.mappings, { locked, keep: own.keep });
  const trouble = h("div");

  const preview = async () => {
    const mappings = await own.prepare(rows.value);
    const { run_id: id } = await post(`connections/${connection.id}/previews`, { mappings });
    go(`/runs/${id}?for=${purpose}`);
  };
  const explain = (error) => {
    const placed = [error.errors?.length > 0 && rows.explain(error), own.explain?.(error)];
    return placed.some(Boolean);
  };
  const proceed = () => {
    trouble.replaceChildren();
    if (!rows.check()) return undefined;
    return attempt(trouble, preview, { title: "This cannot run as it is", explain });
  };

  return h("div.stack",
    locked && banner("info", "You can look, but not change", h("p", locked)),
    own.note,
    card(own.title, { lead: own.lead, actions: own.tools?.(rows, locked) },
      proposals(connection, rows, signal), rows.element),
    own.more,
    trouble,
    h("div.actions.end",
      h("p.muted", "Continue shows every change first. Nothing is written yet."),
      button("Continue", {
        kind: "primary", reason: locked, busy: "Preparing the preview…", onPress: proceed,
      })));
}
