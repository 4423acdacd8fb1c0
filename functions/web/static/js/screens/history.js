// The runs of a connection: a picture of the latest, then all of them by day.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { timeOfDay, today, weekday } from "../format.js";
import { connectionScreenFrame } from "../parts/connection-frame.js";
import { downloadListsAt, NOT_ADVICE } from "../parts/list-source.js";
import { runsPicture } from "../parts/runs-picture.js";
import { sentence, sumCounts } from "../parts/run-counts.js";
import { nameOf } from "../parts/mapping-line.js";
import { badge, banner, empty } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { field, textInput } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { moreList } from "../ui/more-list.js";
import { card } from "../ui/page.js";
import { isOver, isPreview, runKind, runState, triggerName } from "../words.js";

export function screen(context) {
  return connectionScreenFrame(context, "History", (connection) => {
    const picture = h("div.region");
    let shown = [];
    let lastDay = null;
    const list = moreList({
      signal: context.signal,
      noun: "run",
      fetchPage: async (cursor) => {
        const page = await get(`connections/${connection.id}/runs`, { query: { cursor }, signal: context.signal });
        if (!cursor) [shown, lastDay] = [[], null];
        shown = [...shown, ...page.items];
        fill(picture, shown.length > 1 && [h("p.picture-note",
          "Each bar is a run, the newest at the right: the higher, the more it changed."), runsPicture(shown)]);
        return page;
      },
      frame: () => h("ol.timeline"),
      row: (run) => {
        const day = weekday(run.created_at);
        const first = day !== lastDay;
        lastDay = day;
        return entry(run, first && day);
      },
      nothing: () => empty("clock", "No run yet",
        "Runs appear here with everything they did, from the first preview on.",
        linkButton("Configure automated sync", `#/connections/${connection.id}/automation`, { kind: "primary" })),
    });
    return h("div.stack", card(null, {}, picture, list), pastRecord(connection));
  });
}

function entry(run, day) {
  const { kind, label } = runState(run);
  const counts = sumCounts(run);
  const groups = (run.mappings ?? []).flatMap(({ group }, index) => [index > 0 && ", ", h("bdi", nameOf(group))]);
  return h("li", { class: day ? "first-of-day" : "" },
    day && h("h2.timeline-day", day),
    h("a.timeline-entry", { href: `#/runs/${run.id}` },
      h(`span.timeline-dot.${kind}`, { "aria-hidden": "true" }),
      h("span.timeline-time", timeOfDay(run.created_at)),
      h("span.timeline-what",
        h("strong", `${runKind(run)}`), h("span.muted", ` ${triggerName(run.trigger)} · `, groups),
        h("span.timeline-result", run.error?.detail || (isOver(run) ? result(run, counts) : ""))),
      badge(kind, label)));
}

function result(run, counts) {
  return counts.considered ? sentence(counts, { planned: isPreview(run) }) : "Nothing was considered.";
}

function pastRecord(connection) {
  const date = field("Date", textInput({ type: "date", value: today(), max: today() }));
  const place = h("div");
  const find = () => attempt(place, async () => {
    const day = date.control.value || today();
    if (await downloadListsAt(connection.id, day)) return undefined;
    return fill(place, banner("info", "No finalized run by then", h("p", "Choose a later date.")));
  }, { title: "The record could not be downloaded" });
  return card("List-source record of a past date", {
    lead: `What each list was, and where it came from, at the end of a day. ${NOT_ADVICE}`,
  }, h("div.inline-form", date, button("Download record", {
    picture: "download", busy: "Looking…", onPress: find,
  })), place);
}

