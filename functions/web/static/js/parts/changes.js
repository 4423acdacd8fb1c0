// Every record a run considered: filtered by outcome, searched, each one openable.

import { file } from "../api.js";
import { fill, h } from "../dom.js";
import { count, counted } from "../format.js";
import { icon } from "../icons.js";
import { badge } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { save } from "../ui/download.js";
import { searchBox } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { windowedList } from "../ui/windowed-list.js";
import { OUTCOMES, PLANNED, reasonText } from "../words.js";
import { openChange } from "./change-detail.js";
import { changeSource } from "./change-source.js";
import { changeName, changeSummary, isConflict } from "./change-words.js";

const ROW_HEIGHT = 60;

/** The list of a run's changes. `element.show(filter)` narrows it from elsewhere on the screen. */
export function changesCard(run, counts, connection, signal) {
  let filter = {};
  const chips = h("div.chips", { role: "group", "aria-label": "Show" });
  const holder = h("div.region");
  const trouble = h("div");
  const labels = run.kind === "sync" ? (name) => OUTCOMES[name].label : (name) => PLANNED[name];

  function show(next, { move = false } = {}) {
    filter = next;
    drawChips();
    fill(holder, list());
    if (move) element.scrollIntoView({ block: "start" });
  }

  function drawChips() {
    const total = Object.keys(OUTCOMES).reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    const chip = (text, number, next, pressed) => h("button.chip", {
      type: "button", "aria-pressed": String(pressed),
      onclick: () => show({ ...next, search: filter.search }),
    }, text, number !== null && h("span.chip-count", count(number)));
    const plain = !filter.outcome && !filter.reasons && !filter.conflicts;
    fill(chips,
      chip("All", total, {}, plain),
      Object.keys(OUTCOMES).filter((name) => counts[name] > 0).map((name) =>
        chip(labels(name), counts[name], { outcome: name }, filter.outcome === name && !filter.reasons)),
      counts.conflicts > 0 && chip("Conflicts", counts.conflicts, { conflicts: true }, Boolean(filter.conflicts)),
      filter.reasons && chip(reasonText(filter.reasons[0]), null, filter, true));
  }

  function list() {
    const source = changeSource(run, counts, filter, signal);
    return windowedList({
      label: "Changes",
      rowHeight: ROW_HEIGHT,
      total: source.total,
      next: source.next,
      render: (change) => cells(change, labels),
      onOpen: (change, around) => openChange(change, run, connection, around),
      nothing: h("p.muted.center", filter.search ? `No record matches “${filter.search}”.` : "No records here."),
    });
  }

  const report = button("Download report", {
    picture: "download", busy: "Preparing…",
    onPress: () => attempt(trouble, async () => {
      save(await file(`runs/${run.id}/report.csv`), `run-${run.id}.csv`);
    }, { title: "The report could not be downloaded" }),
  });

  const element = card("Every record", {
    id: "changes",
    lead: `${counted(counts.considered, "record")} considered, each with one outcome.`,
    actions: report,
  },
  h("div.list-tools", chips, searchBox("Search by name or e-mail", (search) => show({ ...filter, search }))),
  trouble, holder);
  element.show = (next) => show(next, { move: true });
  show({});
  return element;
}

function cells(change, labels) {
  const { kind } = OUTCOMES[change.outcome];
  return [
    h("div.change-who", { role: "gridcell" },
      h("strong", changeName(change)), h("span.muted", change.email ?? "")),
    h("div.change-what", { role: "gridcell" }, h("span", changeSummary(change)),
      change.fields.some(isConflict) && badge("warn", "Conflict"),
      change.replanned && badge("info", "Moved since the preview")),
    h("div.change-outcome", { role: "gridcell" }, badge(kind, labels(change.outcome)), icon("chevron")),
  ];
}
