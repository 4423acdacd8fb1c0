// How often the automated sync runs.

import { h } from "../dom.js";
import { zone } from "../format.js";
import { field, radios, select, textInput } from "../ui/field.js";
import { CADENCES } from "../words.js";

/** A control for `{ every, at?, time_zone? }`; `element.value` is it, `explain` places errors. */
export function cadenceControl(cadence = {}, { disabled = false } = {}) {
  const at = field("At", textInput({ type: "time", value: (cadence.at ?? "06:00").slice(0, 5), disabled }));
  const where = field("Time zone", select(zones(cadence.time_zone), cadence.time_zone ?? zone, { disabled }));
  const daily = h("div.cadence-daily", at, where);
  const show = (every) => { daily.hidden = every !== "day"; };
  const every = radios("How often", Object.entries(CADENCES), cadence.every ?? "hour", {
    onChange: show, disabled, hideLegend: true,
  });
  show(every.value);
  const element = h("div.cadence", every, daily);
  Object.defineProperty(element, "value", {
    get: () => (every.value === "day"
      ? { every: "day", at: at.control.value, time_zone: where.control.value }
      : { every: every.value }),
  });
  element.explain = (problem) => {
    const [first] = problem.at("/cadence");
    at.setError(first?.detail ?? null);
    return Boolean(first);
  };
  return element;
}

function zones(chosen) {
  const names = new Set([zone, chosen, "UTC", ...Intl.supportedValuesOf("timeZone")].filter(Boolean));
  return [...names].map((name) => [name, name.replaceAll("_", " ")]);
}
