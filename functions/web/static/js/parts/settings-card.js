// How a connection behaves beyond its mappings: conflicts, new people, removals, leaving.

import { patch } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { button } from "../ui/button.js";
import { combobox } from "../ui/combobox.js";
import { checkbox, field, radios, select } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { card } from "../ui/page.js";
import { DEFAULT_RULE, FIELDS, fieldName, RULES } from "../words.js";
import { findCampaigns, namedCampaign } from "./campaigns.js";
import { lockedReason } from "./connection-frame.js";
import { NEW_PEOPLE } from "./connection-words.js";

export function settingsCard(connection, signal, reload) {
  const locked = lockedReason(connection);
  const settings = connection.settings ?? {};
  const trouble = h("div");
  const rules = ruleFields(settings.field_rules ?? {}, locked);
  const people = radios("People who are new to the CRM", NEW_PEOPLE, settings.new_people ?? "create",
    { disabled: Boolean(locked) });
  const removal = checkbox("Also remove people from the CRM campaign when they leave the group", {
    checked: settings.remove_members_in_crm, disabled: Boolean(locked),
  });
  const inactive = inactivePicker(connection, signal, locked);

  const save = () => attempt(trouble, async () => {
    await patch(`connections/${connection.id}`, {
      inactive_campaign_id: inactive.picker.value?.id ?? null,
      settings: {
        field_rules: rules.value(settings.field_rules ?? {}),
        new_people: people.value,
        remove_members_in_crm: removal.control.checked,
      },
    });
    toast("The settings are saved and count from the next run.");
    await reload();
  }, { title: "The settings were not saved" });

  return card("Settings", {},
    h("div.stack", people, removal, inactive.field, rules.element, trouble,
      h("div.actions", button("Save settings", { onPress: save, busy: "Saving…", reason: locked }),
        locked && h("p.field-hint", locked))));
}

function inactivePicker(connection, signal, locked) {
  const id = connection.inactive_campaign_id;
  const picker = combobox({
    placeholder: "None",
    search: findCampaigns(connection.id),
    value: id ? { id, label: "…" } : null,
  });
  picker.input.disabled = Boolean(locked);
  if (id) {
    namedCampaign(connection.id, id, signal).then((found) => {
      if (picker.value?.id === id) picker.choose(found);
    });
  }
  return {
    picker,
    field: field("Inactive campaign", picker.input, {
      hint: "Whoever is in this campaign leaves all groups mapped both ways or from the CRM.",
    }),
  };
}

function ruleFields(chosen, locked) {
  const names = [...new Set([...Object.keys(FIELDS), ...Object.keys(chosen)])]
    .filter((name) => name !== "email_opt_out");
  const controls = new Map(names.map((name) => [name,
    select(Object.entries(RULES), chosen[name] ?? DEFAULT_RULE, { disabled: Boolean(locked) })]));
  const changed = names.filter((name) => (chosen[name] ?? DEFAULT_RULE) !== DEFAULT_RULE).length;
  const element = h("details.disclosure",
    h("summary", "When both sides changed the same field",
      h("span.muted", changed ? ` – ${changed} set differently` : " – the CRM wins")),
    h("p.muted", "The value that loses is kept in the run's report. Opt-outs always win and have no rule."),
    h("div.rule-grid", names.map((name) => field(fieldName(name), controls.get(name)))));
  const value = (before) => Object.fromEntries([...controls]
    .filter(([name, control]) => control.value !== DEFAULT_RULE || name in before)
    .map(([name, control]) => [name, control.value]));
  return { element, value };
}
