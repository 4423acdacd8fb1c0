// The bell: unread notices within seconds, wherever the user is.

import { get, post } from "../api.js";
import { fill, h } from "../dom.js";
import { ago, count } from "../format.js";
import { icon } from "../icons.js";
import { toast } from "../live.js";
import { poll } from "../poll.js";
import { failure } from "../ui/banner.js";
import { popover } from "../ui/popover.js";

const EVERY_MS = 4000;
const SHOWN = 6;

/** The bell and its panel; `stop()` ends the asking. */
export function createBell() {
  const leaving = new AbortController();
  const number = h("span.bell-count", { hidden: true });
  const trigger = h("button.icon-button.bell", { type: "button", "aria-label": "Notifications" },
    icon("bell"), number);
  let notices = [];
  let known = null;
  let trouble = null;
  let list = null;

  const element = popover({ trigger, label: "Notifications", build: (close) => panel(close) });

  function panel(close) {
    list = h("div.notice-list");
    drawList();
    return h("div.bell-panel", h("h2", "Notifications"), list,
      h("p.panel-foot", h("a", { href: "#/notifications", onclick: () => close() }, "All notifications")));
  }

  function drawList() {
    if (!list) return;
    if (trouble && !notices.length) fill(list, failure(trouble, ask, "Notices are out of reach"));
    else if (!notices.length) fill(list, h("p.muted", "Nothing yet. You will hear here when a run ends."));
    else fill(list, notices.slice(0, SHOWN).map((notice) => noticeEntry(notice, refresh)));
  }

  async function refresh() {
    const page = await get("notifications", { signal: leaving.signal });
    notices = page.items;
    trouble = null;
    tellNew();
    known = new Set(notices.map((notice) => notice.id));
    drawCount(page.cursor);
    drawList();
  }

  function tellNew() {
    if (!known) return;
    for (const notice of notices.filter((n) => !n.read && !known.has(n.id)).slice(0, 3)) {
      const link = { href: noticeAddress(notice), text: "Open" };
      toast(notice.title, { kind: noticeKind(notice), link });
    }
  }

  function drawCount(more) {
    const unread = notices.filter((notice) => !notice.read).length;
    number.hidden = unread === 0;
    number.textContent = more && unread === notices.length ? `${unread}+` : count(unread);
    trigger.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
  }

  const ask = poll(refresh, {
    everyMs: EVERY_MS,
    signal: leaving.signal,
    onTrouble: (error) => { trouble = error; drawList(); },
  });
  window.addEventListener("notices-changed", ask, { signal: leaving.signal });
  return { element, stop: () => leaving.abort() };
}

/** One notice as a link to what it is about; opening it marks it read. */
export function noticeEntry(notice, onRead) {
  const markRead = async () => {
    if (notice.read) return;
    notice.read = true;
    await post(`notifications/${notice.id}/read`).catch(() => { notice.read = false; });
    onRead?.();
  };
  return h("a.notice", {
    href: noticeAddress(notice), class: notice.read ? "" : "unread", onclick: markRead,
  },
  h(`span.notice-dot.${noticeKind(notice)}`, { "aria-hidden": "true" }),
  h("span.notice-text",
    h("strong", !notice.read && h("span.visually-hidden", "Unread: "), notice.title),
    notice.body && h("span.notice-body", notice.body),
    h("span.notice-time", ago(notice.created_at))));
}

/** Where a notice leads: its run, else its connection, else the list. */
function noticeAddress({ run_id: runId, connection_id: connectionId }) {
  if (runId) return `#/runs/${encodeURIComponent(runId)}`;
  return connectionId ? `#/connections/${encodeURIComponent(connectionId)}` : "#/notifications";
}

const TROUBLE = ["failed", "partial", "held", "stopped"];

/** Whether a notice is good news or asks for attention. */
function noticeKind({ kind }) {
  return TROUBLE.some((part) => kind.includes(part)) ? "warn" : "good";
}
