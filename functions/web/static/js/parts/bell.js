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

/** The bell with its panel as `element`; `stop()` ends the asking. */
export class Bell {
  notices = [];
  known = null;
  trouble = null;

  constructor() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    this.number = h("span.bell-count", { hidden: true });
    this.trigger = h("button.icon-button.bell", { type: "button", "aria-label": "Notifications" },
      icon("bell"), this.number);
    this.list = h("div.notice-list");
    this.element = popover({
      trigger: this.trigger, label: "Notifications", build: (close) => this.panel(close),
    });
    this.ask = poll(() => this.refresh(), {
      everyMs: EVERY_MS, signal, onTrouble: (error) => { this.trouble = error; this.draw(); },
    });
    window.addEventListener("notices-changed", this.ask, { signal });
  }

  stop() {
    this.leaving.abort();
  }

  async refresh() {
    const page = await get("notifications", { signal: this.leaving.signal });
    this.notices = page.items;
    this.trouble = null;
    this.tellNew();
    this.known = new Set(this.notices.map(({ id }) => id));
    this.count(page.cursor);
    this.draw();
  }

  /** What came since the last asking is said aloud; what was there at the start is not. */
  tellNew() {
    const fresh = this.notices.filter(({ id, read }) => !read && this.known && !this.known.has(id));
    for (const notice of fresh.slice(0, 3)) {
      const link = { href: noticeAddress(notice), text: "Open" };
      toast(notice.title, { kind: noticeKind(notice), link });
    }
  }

  count(more) {
    const unread = this.notices.filter(({ read }) => !read).length;
    this.number.hidden = unread === 0;
    this.number.textContent = more && unread === this.notices.length ? `${unread}+` : count(unread);
    const name = unread ? `Notifications, ${unread} unread` : "Notifications";
    this.trigger.setAttribute("aria-label", name);
  }

  panel(close) {
    this.draw();
    const all = h("a", { href: "#/notifications", onclick: () => close() }, "All notifications");
    return h("div.bell-panel", h("h2", "Notifications"), this.list, h("p.panel-foot", all));
  }

  draw() {
    const { list, notices, trouble } = this;
    if (trouble && !notices.length) fill(list, failure(trouble, this.ask, "Notices are out of reach"));
    else if (!notices.length) fill(list, h("p.muted", "Nothing yet. You will hear here when a run ends."));
    else fill(list, notices.slice(0, SHOWN).map((notice) => noticeEntry(notice, () => this.refresh())));
  }
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

const TROUBLE = ["failed", "partial", "held", "stopped", "problem"];

/** Whether a notice is good news or asks for attention. */
function noticeKind({ kind }) {
  return TROUBLE.some((part) => kind.includes(part)) ? "warn" : "good";
}
