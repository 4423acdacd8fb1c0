// Screens by hash: "#/runs/r1?for=automation". Leaving a screen aborts whatever it still asks for.

import { fill, focusOn, h } from "./dom.js";
import { banner, skeleton } from "./ui/banner.js";
import { button } from "./ui/button.js";

/**
 * `routes` is a list of `[pattern, module]`; a pattern's ":name" parts become `params`. Nothing is
 * shown while `allow()` is false. `leave()` ends the present screen without showing another.
 */
export function createRouter({ routes, main, allow, onChange }) {
  let leaving = new AbortController();
  let moved = false;

  async function show() {
    if (!allow()) return;
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    const { path, query } = readHash();
    onChange(path);
    const { draw, params } = await find(routes, path, main, signal);
    if (signal.aborted) return;
    fill(main, draw({ params, path, query, signal, title: setTitle }));
    window.scrollTo(0, 0);
    if (moved) focusHeading(main, signal);
    moved = true;
  }

  window.addEventListener("hashchange", () => { if (isRoute(location.hash)) show(); });
  return { show, leave: () => leaving.abort() };
}

/** Go to a screen; `replace` leaves no way back to the present one. */
export function go(path, { replace = false } = {}) {
  if (!replace) location.hash = path;
  else location.replace(`${location.pathname}#${path}`);
}

const isRoute = (hash) => hash === "" || hash === "#" || hash.startsWith("#/");

function readHash() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  return { path: path || "/", query: Object.fromEntries(new URLSearchParams(query)) };
}

async function find(routes, path, main, signal) {
  const given = path.split("/").map(decode);
  for (const [pattern, name] of routes) {
    const params = match(pattern.split("/"), given);
    if (params) return { params, draw: await screenOf(name, main, signal) };
  }
  return { params: {}, draw: notFound };
}

async function screenOf(name, main, signal) {
  const slow = setTimeout(() => { if (!signal.aborted) fill(main, h("div.page", skeleton(6))); }, 250);
  try {
    return (await import(`./screens/${name}.js`)).screen;
  } catch {
    return unreachable;
  } finally {
    clearTimeout(slow);
  }
}

function match(parts, given) {
  if (parts.length !== given.length) return null;
  const params = {};
  for (const [index, part] of parts.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = given[index];
    else if (part !== given[index]) return null;
  }
  return params;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function notFound({ title }) {
  title("Not found");
  return h("div.page",
    h("h1", "There is nothing here"),
    h("p.lead", "The address may be old, or the thing it named may belong to someone else."),
    h("p", h("a.button", { href: "#/" }, "Go to Integrations")));
}

function unreachable({ title }) {
  title("Not loaded");
  return h("div.page", h("h1", "This screen could not be loaded"),
    banner("bad", "The server is out of reach, or the page was updated meanwhile",
      h("p", button("Reload the page", { picture: "refresh", onPress: () => location.reload() }))));
}

function setTitle(text) {
  document.title = `${text} · crmsync`;
}

/** Takes a screen reader to the new screen's heading, also when that has to be loaded first. */
function focusHeading(main, signal) {
  if (focusOn(main.querySelector("h1"))) return;
  main.focus();
  const watch = new MutationObserver(() => {
    const heading = main.querySelector("h1");
    if (!heading) return;
    watch.disconnect();
    if ([main, document.body].includes(document.activeElement)) focusOn(heading);
  });
  watch.observe(main, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watch.disconnect());
}
