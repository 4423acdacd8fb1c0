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
import { changeSource } from "./change-source.js";
import { changeName, changeSummary, isConflict } from "./change-words.js";

const ROW_HEIGHT = 60;
const NARROW_ROW_HEIGHT = 78; // what is done stands below the name there
const narrow = matchMedia("(max-width: 40rem)");
const rowHeight = () => (narrow.matches ? NARROW_ROW_HEIGHT : ROW_HEIGHT);

/** The list of a run's changes. `element.show(filter)` narrows it from elsewhere on the screen. */
export function changesCard(run, counts, connection, signal) {
  return new Changes(run, counts, connection, signal).element;
}

class Changes {
  filter = {};

  constructor(run, counts, connection, signal) {
    Object.assign(this, { run, counts, connection, signal });
    this.label = run.kind === "sync" ? (name) => OUTCOMES[name].label : (name) => PLANNED[name];
    this.chips = h("div.chips", { role: "group", "aria-label": "Show" });
    this.holder = h("div.region");
    this.trouble = h("div");
    this.element = this.draw();
    this.element.show = (filter) => {
      this.show(filter);
      this.element.scrollIntoView({ block: "start" });
    };
    narrow.addEventListener("change", () => this.holder.firstChild.setRowHeight(rowHeight()), { signal });
    this.show({});
  }

  draw() {
    const search = searchBox("Search by name or e-mail", (text) =>
      this.show({ ...this.filter, search: text }));
    return card("Every record", {
      id: "changes",
      lead: `${counted(this.counts.considered, "record")} considered, each with one outcome.`,
      actions: button("Download report", {
        picture: "download", busy: "Preparing…", onPress: () => this.download(),
      }),
    }, h("div.list-tools", this.chips, search), this.trouble, this.holder);
  }

  download() {
    return attempt(this.trouble, async () => {
      save(await file(`runs/${this.run.id}/report.csv`), `run-${this.run.id}.csv`);
    }, { title: "The report could not be downloaded" });
  }

  show(filter) {
    this.filter = filter;
    this.drawChips();
    fill(this.holder, this.list());
  }

  drawChips() {
    const { counts, filter } = this;
    const outcome = filter.reasons || filter.conflicts ? null : filter.outcome ?? "all";
    fill(this.chips,
      this.chip("All", counts.considered, {}, outcome === "all"),
      Object.keys(OUTCOMES).filter((name) => counts[name] > 0).map((name) =>
        this.chip(this.label(name), counts[name], { outcome: name }, outcome === name)),
      counts.conflicts > 0
        && this.chip("Conflicts", counts.conflicts, { conflicts: true }, Boolean(filter.conflicts)),
      filter.reasons && this.chip(reasonText(filter.reasons[0]), null, filter, true));
  }

  chip(text, number, filter, pressed) {
    const onclick = () => this.show({ ...filter, search: this.filter.search });
    return h("button.chip", { type: "button", "aria-pressed": String(pressed), onclick },
      text, number !== null && h("span.chip-count", count(number)));
  }

  list() {
    const { run, counts, connection, filter, signal } = this;
    return windowedList({
      label: "Changes",
      rowHeight: rowHeight(),
      ...changeSource(run, counts, filter, signal),
      render: (change) => cells(change, this.label),
      onOpen: (change, around) => attempt(this.trouble, async () => {
        const { openChange } = await import("./change-detail.js");
        openChange(change, run, connection, around);
      }, { title: "The record could not be opened. Reload the page" }),
      nothing: h("p.muted.center",
        filter.search ? `No record matches “${filter.search}”.` : "No records here."),
    });
  }
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
