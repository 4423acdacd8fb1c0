// The HTTP API, one verb a function. Every failure arrives as a `Problem` that says what happened,
// whether trying again can help, and which part of what was sent is at fault.

import { bearer, endSession, pageAddress, renew } from "./session.js";

const TIMEOUT_MS = 30_000;
const UNANSWERED = new Set([0, 408, 409, 425, 429, 500, 502, 503, 504]);
const unfinished = new Map();
/** For an answer without words of its own. */
const FALLBACKS = {
  403: "You may not do this. Ask whoever gave you your login.",
  429: "Too many requests just now. Wait a moment and try again.",
};

/** A failed call. `code` is stable; `errors` are `{ pointer, code, detail }`; status 0: no answer. */
export class Problem extends Error {
  constructor({ status = 0, code = "no_answer", title = "", detail = "", errors = [] }) {
    super(detail || title || "The server gave no answer. Check your connection and try again.");
    Object.assign(this, { status, code, title, errors });
  }

  /** What was said about the part of the body at `pointer` or below it. */
  at(pointer) {
    return this.errors.filter((e) => e.pointer === pointer || e.pointer?.startsWith(`${pointer}/`));
  }
}

export const get = (path, options) => call("GET", path, options);
export const put = (path, body, options) => call("PUT", path, { ...options, body });
export const patch = (path, body, options) => call("PATCH", path, { ...options, body });
export const remove = (path, options) => call("DELETE", path, options);

/**
 * POST once per intent: the same body sent again after no clear answer carries the same
 * Idempotency-Key, so a retry never starts the work twice.
 */
export async function post(path, body = {}, options = {}) {
  const intent = `${path} ${JSON.stringify(body)}`;
  const key = unfinished.get(intent) ?? crypto.randomUUID();
  unfinished.set(intent, key);
  try {
    const answer = await call("POST", path, { ...options, body, key });
    unfinished.delete(intent);
    return answer;
  } catch (error) {
    if (!UNANSWERED.has(error.status ?? 0)) unfinished.delete(intent);
    throw error;
  }
}

/** Every item of a paged list, page after page, until `most` items or the end. */
export async function all(path, { query = {}, signal, most = 5000 } = {}) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, { query: { ...query, cursor }, signal });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor && items.length < most);
  return items;
}

/** A file that only the signed-in user may read, as a Blob; parts are put together. */
export async function file(path) {
  const parts = [];
  let cursor = null;
  do {
    const response = await send("GET", path, { query: { cursor }, accept: "*/*" });
    if (!response.ok) throw await problemOf(response);
    parts.push(await response.blob());
    cursor = nextPart(response.headers.get("Link"));
  } while (cursor);
  return new Blob(parts, { type: parts[0].type });
}

/** The cursor in `<report.csv?cursor=...>; rel="next"`. */
function nextPart(link) {
  const [, address] = link?.match(/<([^>]*)>; rel="next"/) ?? [];
  return address ? new URL(address, pageAddress).searchParams.get("cursor") : null;
}

async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

async function send(method, path, options) {
  const token = await answered(bearer());
  const response = token ? await request(method, path, options, token) : null;
  if (response && response.status !== 401) return response;
  if (token && (await answered(renew()))) {
    const second = await request(method, path, options, await answered(bearer()));
    if (second.status !== 401) return second;
  }
  endSession();
  throw new Problem({ status: 401, code: "session_ended", detail: "Your session has ended." });
}

/** The user pool out of reach is no reason to end the session: it is a call without an answer. */
async function answered(promise) {
  try {
    return await promise;
  } catch {
    throw new Problem({});
  }
}

async function request(method, path, { query, body, key, signal, accept }, token) {
  const headers = { Accept: accept ?? "application/json", Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const signals = [AbortSignal.timeout(TIMEOUT_MS), signal].filter(Boolean);
  const options = { method, headers, body: JSON.stringify(body), signal: AbortSignal.any(signals) };
  try {
    return await fetch(address(path, query), options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({});
  }
}

function address(path, query = {}) {
  const url = new URL(`api/${path}`, pageAddress);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const { status } = response;
  const fallback = FALLBACKS[status]
    ?? `The server answered ${status}. ${status < 500 ? "Reload the page and look at it again." : "Try again in a moment."}`;
  return new Problem({
    status: response.status,
    code: body.code ?? `http_${response.status}`,
    title: body.title,
    detail: body.detail || body.title || fallback,
    errors: body.errors ?? [],
  });
}
