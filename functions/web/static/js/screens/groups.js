// Groups: the marketing side's lists.

import { post } from "../api.js";
import { fill, h } from "../dom.js";
import { ago, counted } from "../format.js";
import { everyGroup, forgetGroups } from "../parts/campaigns.js";
import { go } from "../router.js";
import { empty } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";
import { field, searchBox, textInput } from "../ui/field.js";
import { attempt, load } from "../ui/loader.js";
import { page } from "../ui/page.js";

const SHOWN = 100;

export function screen({ title, signal }) {
  title("Groups");
  forgetGroups();
  const create = () => button("New group", { kind: "primary", picture: "plus", onPress: () => { newGroup(); } });
  return page({
    title: "Groups",
    lead: "Your marketing lists. A group that is mapped stays the same as its CRM campaign.",
    actions: [create()],
  }, load(signal, everyGroup, (groups) => (groups.length
    ? list(groups)
    : empty("people", "No groups yet", "Make one here, or let a sync create it from a campaign.", create()))));
}

function list(groups) {
  const region = h("div.region");
  const show = (text) => {
    const found = groups.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
    fill(region,
      h("ul.rows.card.flush", found.slice(0, SHOWN).map(row)),
      found.length > SHOWN && h("p.muted", `The first ${SHOWN} of ${found.length} are shown. Search for the others.`),
      found.length === 0 && h("p.muted.center", `No group matches “${text}”.`));
  };
  show("");
  return h("div.stack", h("div.list-tools", searchBox("Search groups", show)), region);
}

const row = (group) => h("li.row",
  h("a.row-main", { href: `#/groups/${encodeURIComponent(group.id)}` },
    h("strong", group.name), h("span.muted", `changed ${ago(group.updated_at)}`)),
  h("span.row-end", counted(group.member_count, "member")));

function newGroup() {
  const trouble = h("div");
  const name = field("Name", textInput({ required: true, maxlength: 200, autocomplete: "off" }));
  openDialog("New group", (close) => {
    const save = () => {
      name.setError(name.control.value.trim() ? null : "Give the group a name.");
      if (!name.control.value.trim()) return name.control.focus();
      return attempt(trouble, async () => {
        const group = await post("groups", { name: name.control.value.trim() });
        forgetGroups();
        close();
        go(`/groups/${group.id}`);
      }, { explain: (error) => {
        const [first] = error.at?.("/name") ?? [];
        if (first) name.setError(first.detail);
        return Boolean(first);
      } });
    };
    const submit = button("Create group", { kind: "primary", busy: "Creating…", onPress: save });
    name.control.addEventListener("keydown", (event) => { if (event.key === "Enter") submit.click(); });
    return { body: [name, trouble], actions: [button("Cancel", { onPress: close }), submit] };
  });
}
