// Every notice, and the way to their settings.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { noticeEntry } from "../parts/bell.js";
import { empty } from "../ui/banner.js";
import { button, linkButton } from "../ui/button.js";
import { attempt } from "../ui/loader.js";
import { moreList } from "../ui/more-list.js";
import { page } from "../ui/page.js";

export function screen({ title, signal }) {
  title("Notifications");
  let shown = [];
  const tell = () => window.dispatchEvent(new Event("notices-changed"));
  const list = moreList({
    signal,
    noun: "notice",
    fetchPage: async (cursor) => {
      const answer = await get("notifications", { query: { cursor }, signal });
      shown = cursor ? [...shown, ...answer.items] : answer.items;
      return answer;
    },
    frame: () => h("ul.notice-list.card.flush"),
    row: (notice) => h("li", noticeEntry(notice, tell)),
    nothing: () => empty("inbox", "Nothing yet", "When a run ends or something needs you, you hear of it here."),
  });
  const trouble = h("div");
  const readAll = () => attempt(trouble, async () => {
    await Promise.all(shown.filter((n) => !n.read).map((n) => post(`notifications/${n.id}/read`)));
    tell();
    await list.reload();
  }, { title: "Not all were marked as read" });
  return page({
    title: "Notifications",
    actions: [
      button("Mark all as read", { onPress: readAll, busy: "Marking…" }),
      linkButton("Settings", "#/notifications/settings"),
    ],
  }, trouble, list);
}
