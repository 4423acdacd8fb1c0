// Back from the CRM's login: finish the connection, or say what went wrong there.

import { post } from "../api.js";
import { h } from "../dom.js";
import { CALLBACK } from "../callback.js";
import { go } from "../router.js";
import { banner, skeleton } from "../ui/banner.js";
import { linkButton } from "../ui/button.js";
import { load } from "../ui/loader.js";
import { platformName } from "../words.js";

const REFUSALS = {
  access_denied: "The CRM login was cancelled, or access was refused there.",
  state_expired: "The login took longer than ten minutes.",
  OAUTH_APP_BLOCKED: "Your CRM's administrator has blocked this app. Ask them to allow it.",
  OAUTH_APP_ACCESS_DENIED: "Your CRM user is not allowed to use this app. Ask an administrator.",
};

/** The screen after the login; it survives having to sign in here first. */
export function screen({ title, signal }) {
  title("Connecting");
  const answer = JSON.parse(sessionStorage.getItem(CALLBACK) ?? "null");
  if (!answer) return notMade("There is no login waiting to be finished here.");
  if (answer.error) {
    sessionStorage.removeItem(CALLBACK);
    return notMade(REFUSALS[answer.error] ?? answer.error_description ?? answer.error);
  }
  return h("div.page", h("h1", "Connecting…"),
    load(signal, () => finish(answer), () => skeleton(3), { title: "The connection was not made" }));
}

async function finish({ state, receipt }) {
  try {
    const connection = await post("connections/finish", { state, receipt });
    sessionStorage.removeItem(CALLBACK);
    const done = `/connections/${connection.id}?connected=${platformName(connection.platform)}`;
    go(done, { replace: true });
  } catch (error) {
    if (error.status >= 400 && error.status < 500 && error.status !== 401) {
      sessionStorage.removeItem(CALLBACK);
    }
    throw error;
  }
}

function notMade(reason) {
  return h("div.page",
    h("h1", "The connection was not made"),
    banner("bad", "Nothing was connected", h("p", reason),
      h("p", "Nothing was stored and nothing has changed. You can try again at any time.")),
    h("p", linkButton("Back to Integrations", "#/", { kind: "primary" })));
}

