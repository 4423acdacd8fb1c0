// The answer of the CRM's login, taken out of the address before anything else happens.

/** Where the answer is kept until its screen has dealt with it. */
export const CALLBACK = "crmsync.connecting";

/** Take a callback out of the address at once: a receipt must not stay in the history. */
export function keepCallback() {
  const answer = new URLSearchParams(location.hash.slice(1));
  if (!answer.has("receipt") && !answer.has("error")) return;
  sessionStorage.setItem(CALLBACK, JSON.stringify(Object.fromEntries(answer)));
  history.replaceState(null, "", `${location.pathname}${location.search}#/connecting`);
}
