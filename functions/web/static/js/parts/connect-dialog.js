// "+ Connect": which of the CRM's login pages, then away to it.

import { post } from "../api.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { button } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";
import { field, radios, textInput } from "../ui/field.js";
import { attempt } from "../ui/loader.js";
import { leaveFor } from "./reconnect.js";

const ENVIRONMENTS = [
  ["production", "Production", "The org you work in every day."],
  ["sandbox", "Sandbox", "A copy of your org for trying things out."],
  ["my_domain", "My Domain", "Your firm signs in at an address of its own."],
];

/** Ask where the user signs in; continuing leaves the page for the CRM's own login. */
export function connectDialog(platform) {
  const trouble = h("div");
  const domain = field("My Domain address", textInput({
    placeholder: "yourfirm.my.salesforce.com", autocapitalize: "none", spellcheck: "false",
  }), { hint: "The address your browser shows when you use your CRM." });
  domain.hidden = true;
  const environment = radios("Where do you sign in?", ENVIRONMENTS, "production", {
    onChange: (value) => { domain.hidden = value !== "my_domain"; },
  });

  const proceed = () => attempt(trouble, async () => {
    const body = { platform: platform.platform, environment: environment.value };
    if (body.environment === "my_domain") body.my_domain = domain.control.value.trim();
    domain.setError(null);
    leaveFor(await post("connections", body));
  }, { explain: (error) => onDomain(error, domain) });

  openDialog(`Connect ${platform.title}`, (close) => ({
    body: [environment, domain, whatHappens(platform), trouble],
    actions: [
      button("Cancel", { onPress: close }),
      button(`Continue to ${platform.title}`, {
        kind: "primary", onPress: proceed, busy: "Opening the login…",
      }),
    ],
  }));
}

function onDomain(error, domain) {
  const [first] = error.at?.("/my_domain") ?? [];
  if (first) domain.setError(first.detail);
  return Boolean(first);
}

function whatHappens({ title }) {
  return h("ul.ticks",
    h("li", icon("check"), h("span", `You sign in at ${title} itself. Your password never comes here.`)),
    h("li", icon("check"), h("span", "We act as you there: we see and change only what you may.")),
    h("li", icon("check"), h("span", "Connecting changes nothing. You see every change before the first sync.")));
}

