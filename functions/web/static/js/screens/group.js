// One group: its name and its members.

import { get, patch, put, remove } from "../api.js";
import { focusOn, h } from "../dom.js";
import { counted, fullName } from "../format.js";
import { toast } from "../live.js";
import { forgetGroups } from "../parts/campaigns.js";
import { contactRow } from "../parts/contact-row.js";
import { empty } from "../ui/banner.js";
import { button, iconButton } from "../ui/button.js";
import { combobox } from "../ui/combobox.js";
import { confirmDialog } from "../ui/dialog.js";
import { field, textInput } from "../ui/field.js";
import { attempt, load } from "../ui/loader.js";
import { moreList } from "../ui/more-list.js";
import { card, page } from "../ui/page.js";

export function screen({ params, title, signal }) {
  title("Group");
  const back = { href: "#/groups", text: "Groups" };
  const frame = (content) => page({ title: "Group", back }, content);
  return load(signal, () => get(`groups/${params.id}`, { signal }), (group, reload) => {
    title(group.name);
    const size = h("span", counted(group.member_count, "member"));
    const members = memberList(group, signal, size);
    return page({
      title: group.name,
      back,
      aside: h("p.page-context", size),
      actions: [button("Rename", { onPress: () => { rename(group, reload); } })],
    }, card("Members", {
      lead: "Taking someone out ends the membership. The contact stays.",
    }, addMember(group, members, reload), members));
  }, { frame });
}

/** Whoever is taken out leaves the list where it is: with hundreds, nobody wants to start again. */
function memberList(group, signal, size) {
  let members = group.member_count;
  const gone = (row) => {
    members -= 1;
    size.textContent = counted(members, "member");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (next) focusOn(next.querySelector("button"));
    else list.reload();
  };
  const list = moreList({
    signal,
    noun: "member",
    fetchPage: (cursor) => get(`groups/${group.id}/members`, { query: { cursor }, signal }),
    frame: () => h("ul.rows"),
    row: (contact) => {
      const row = contactRow(contact, iconButton("close", `Take ${fullName(contact)} out of the group`,
        () => takeOut(group, contact, () => gone(row))));
      return row;
    },
    nothing: () => empty("people", "Nobody is in this group yet",
      "Add contacts here, or map the group to a campaign and let a sync fill it."),
  });
  return list;
}

function addMember(group, members, reload) {
  const trouble = h("div");
  const picker = combobox({
    placeholder: "Search contacts to add",
    search: async (search, signal) => {
      const found = await get("contacts", { query: { search }, signal });
      return {
        options: found.items.slice(0, 50).map((contact) => ({
          id: contact.id, label: fullName(contact), meta: contact.email,
        })),
        note: found.items.length ? "" : "No contact matches.",
      };
    },
    onChange: (contact) => contact && attempt(trouble, async () => {
      await put(`groups/${group.id}/members/${contact.id}`);
      toast(`${contact.label} is in the group.`);
      picker.choose(null);
      await reload();
    }),
  });
  return h("div.add-member", field("Add a contact", picker.input), trouble);
}

function takeOut(group, contact, gone) {
  confirmDialog({
    title: `Take ${fullName(contact)} out?`,
    confirm: "Take out",
    busy: "Taking out…",
    body: h("p", `The membership in “${group.name}” ends. The contact and every other group stay. `
      + "If the group is mapped, the next run decides about the CRM campaign as your settings say."),
    act: async () => {
      await remove(`groups/${group.id}/members/${contact.id}`);
      toast(`${fullName(contact)} is no longer in the group.`);
    },
    then: gone,
  });
}

function rename(group, reload) {
  const name = field("Name", textInput({ value: group.name, maxlength: 200 }));
  confirmDialog({
    title: "Rename group",
    confirm: "Save",
    busy: "Saving…",
    body: name,
    act: async () => {
      await patch(`groups/${group.id}`, { name: name.control.value.trim() });
      forgetGroups();
    },
    then: reload,
  });
}
