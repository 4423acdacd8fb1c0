// What to be told, and where else to send it.

import { get, put } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { webhookRows } from "../parts/webhook-rows.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { radios } from "../ui/field.js";
import { attempt, load } from "../ui/loader.js";
import { card, page } from "../ui/page.js";

const LEVELS = [
  ["always", "Every run", "A notice when a run ends. Scheduled runs that changed nothing stay quiet."],
  ["problems", "Only problems", "Failures, holds, and connections that need you."],
  ["never", "Nothing", "The history still has everything."],
];

export function screen({ title, signal }) {
  title("Notification settings");
  const secrets = h("div");
  const fetch = () => get("notification-settings", { signal });
  return page({ title: "Notification settings", back: { href: "#/notifications", text: "Notifications" } },
    secrets, load(signal, fetch, (settings, reload) => form(settings, secrets, reload)));
}

function form(settings, secrets, reload) {
  const level = radios("Tell me about", LEVELS, settings.level ?? "always");
  const hooks = webhookRows(settings.webhooks ?? []);
  const trouble = h("div");
  const save = () => attempt(trouble, async () => {
    const answer = await put("notification-settings", { level: level.value, webhooks: hooks.value });
    secrets.replaceChildren(...newSecrets(answer));
    toast("The settings are saved.");
    await reload();
  }, { title: "The settings were not saved", explain: (error) => hooks.explain(error) });
  return h("div.stack",
    card("In this page", {}, level),
    card("Webhooks", {
      lead: "Completed runs are posted to these addresses, signed. They carry counts and ids, no personal data.",
    }, hooks),
    trouble,
    h("div.actions", button("Save settings", { kind: "primary", busy: "Saving…", onPress: save })));
}

function newSecrets({ webhooks = [] } = {}) {
  return webhooks.filter(({ secret }) => secret).map(({ url, secret }) => banner("good",
    "Copy the signing secret now",
    h("p", `For ${url}. It is shown this once:`),
    h("p.secret", h("code", secret), button("Copy", {
      onPress: async () => { await navigator.clipboard.writeText(secret); toast("Copied."); },
    }))));
}
