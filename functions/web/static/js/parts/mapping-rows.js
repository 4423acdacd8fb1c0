// The rows of a mapping form: add, remove, and put each error on the row it belongs to.

import { h } from "../dom.js";
import { announce } from "../live.js";
import { button } from "../ui/button.js";
import { MappingRow } from "./mapping-row.js";

/**
 * An editor of mappings. `value` is them as the API wants them; `check()` marks what is missing and
 * says whether all is there; `explain(problem)` puts a refused request's errors on their rows and
 * says whether it could place all of them; `onChange` and `keep(rows)` are called after every
 * choice, the latter with the rows as they can be shown again.
 */
export class MappingRows {
  rows = [];
  onChange = () => {};

  constructor(connection, mappings, { locked, keep = () => {} } = {}) {
    Object.assign(this, { connection, locked, keep });
    this.list = h("div.mapping-rows");
    const add = button("Add mapping", { picture: "plus", reason: locked, onPress: () => this.add() });
    this.element = h("div.mappings", this.list, h("div.actions", add));
    for (const mapping of mappings.length ? mappings : [{}]) this.append(mapping);
  }

  get value() {
    return this.rows.map((row) => row.value);
  }

  changed() {
    this.keep(this.rows.filter((row) => !row.isBlank).map((row) => row.shown));
    this.onChange();
  }

  /** A blank row, at the user's wish. */
  add() {
    this.append({}).focus();
    announce(`Mapping ${this.rows.length} added`);
  }

  /** A filled row; it takes the place of a blank one. */
  addMapping(mapping) {
    const blank = this.rows.find((row) => row.isBlank);
    if (blank) blank.set(mapping);
    else this.append(mapping);
    this.changed();
  }

  append(mapping) {
    const row = new MappingRow(this.connection, mapping, {
      locked: this.locked,
      changed: () => this.changed(),
      onRemove: () => this.remove(row),
    });
    this.rows.push(row);
    this.list.append(row.element);
    this.renumber();
    return row;
  }

  remove(row) {
    const index = this.rows.indexOf(row);
    this.rows.splice(index, 1);
    row.element.remove();
    if (!this.rows.length) this.append({});
    this.renumber();
    this.rows[Math.min(index, this.rows.length - 1)].focus();
    announce("Mapping removed");
    this.changed();
  }

  renumber() {
    this.rows.forEach((row, index) => row.number(index + 1, this.rows.length));
  }

  check() {
    const wrong = this.rows.filter((row) => !row.check());
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  explain(problem) {
    const found = this.rows.map((_, index) => problem.at(`/mappings/${index}`));
    this.rows.forEach((row, index) => row.explain(found[index], index));
    this.rows.find((row) => row.isWrong)?.focus();
    const placed = found.flat().length;
    return placed > 0 && placed === problem.errors.length;
  }
}
