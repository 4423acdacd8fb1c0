// Numbers, times and names as people read them, in their own zone and manner.

const number = new Intl.NumberFormat();
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const calendarDate = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7], ["week", 5]];

/** The user's own time zone, "Europe/Berlin". */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const count = (value) => number.format(value ?? 0);

/** `count(2, "contact")` with the noun: "1 contact", "2 contacts". */
export const counted = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export const percent = (share) => `${Math.round((share ?? 0) * 100)} %`;

/** A moment: "21 Nov 2026, 14:03"; a dash when there is none. */
export const moment = (text) => (text ? dateTime.format(new Date(text)) : "–");
export const day = (text) => (text ? dateOnly.format(new Date(text)) : "–");
export const timeOfDay = (text) => (text ? timeOnly.format(new Date(text)) : "–");
export const weekday = (text) => longDay.format(new Date(text));

/** Today where the user is, as a date field wants it: "2026-11-21". */
export const today = () => new Intl.DateTimeFormat("sv-SE").format(new Date());

/** A date without a time, the same in every zone. */
export const plainDate = (text) => (text ? calendarDate.format(new Date(text)) : "–");

/** "in 12 minutes", "3 hours ago"; a dash when there is no moment. */
export function ago(text, now = Date.now()) {
  if (!text) return "–";
  let value = (new Date(text) - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return dateOnly.format(new Date(text));
}

/** How long from one moment to another: "48 s", "3 min 20 s". */
export function duration(from, until) {
  const seconds = Math.max(0, Math.round((new Date(until ?? Date.now()) - new Date(from)) / 1000));
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** The name of whoever has one, or the best that is known of them. */
export function fullName(who) {
  const name = [who?.first_name, who?.last_name].filter(Boolean).join(" ");
  return name || who?.email || "No name";
}
