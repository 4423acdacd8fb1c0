// The changes of a run as rows for the windowed list: outcome after outcome, page after page.

import { get } from "../api.js";
import { count } from "../format.js";
import { OUTCOMES, PLANNED } from "../words.js";
import { isConflict } from "./change-words.js";

const PAGE = 200;

/**
 * `filter` is `{ outcome, search, reasons, conflicts }`, all optional; the last two are judged here.
 * Returns `{ next, total }` as `windowedList` wants them.
 */
export function changeSource(run, counts, filter, signal) {
  const names = filter.conflicts ? ["updated"] : [filter.outcome].filter(Boolean);
  const outcomes = (names.length ? names : Object.keys(OUTCOMES)).filter((name) => counts[name] > 0);
  const wanted = judge(filter);
  const grouped = outcomes.length > 1;
  let index = 0;
  let cursor = null;
  let headed = false;

  async function next() {
    const rows = [];
    while (rows.length === 0 && index < outcomes.length) {
      const outcome = outcomes[index];
      const query = { outcome, search: filter.search, cursor, limit: PAGE };
      const page = await get(`runs/${run.id}/changes`, { query, signal });
      const found = page.items.filter(wanted);
      if (grouped && found.length && !headed) rows.push({ heading: heading(run, outcome, counts, filter) });
      headed ||= found.length > 0;
      rows.push(...found);
      cursor = page.cursor;
      if (!cursor) advance();
    }
    return { rows, done: index >= outcomes.length };
  }

  function advance() {
    index += 1;
    headed = false;
  }

  return { next, total: expected(outcomes, counts, filter, grouped) };
}

function judge({ reasons, conflicts }) {
  if (conflicts) return (change) => change.fields.some(isConflict);
  if (reasons) return (change) => reasons.includes(change.reason);
  return () => true;
}

function expected(outcomes, counts, { search, reasons, conflicts }, grouped) {
  if (search || reasons || conflicts) return null;
  const sum = outcomes.reduce((total, name) => total + counts[name], 0);
  return sum + (grouped ? outcomes.length : 0);
}

function heading(run, outcome, counts, { search }) {
  const label = run.kind !== "sync" ? PLANNED[outcome] : OUTCOMES[outcome].label;
  return search ? label : `${label} · ${count(counts[outcome])}`;
}
