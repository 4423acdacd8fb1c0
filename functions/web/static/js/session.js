// Who is signed in. Authorization code with PKCE (S256) at the user pool's own sign-in page; tokens
// live in this tab's sessionStorage only and are never put in an address.

const TOKENS = "crmsync.tokens";
const SIGNING_IN = "crmsync.signing-in";
const RENEW_BEFORE_SECONDS = 60;
const SCOPE = "openid email profile";

/** Fires `ended` when the session is over and could not be renewed. */
export const sessionEvents = new EventTarget();

/** The page's own address; always ends with a slash. */
export const pageAddress = new URL(".", location.href.split(/[?#]/)[0]);

let settings = null;
let renewal = null;

/** Read where to sign in. Throws when the stack does not say. */
export async function loadSettings() {
  const response = await fetch(new URL("static/config.json", pageAddress), { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()) || "The page's settings are missing.");
  settings = await response.json();
  settings.home = `${settings.public_url.replace(/\/$/, "")}/`;
}

/** `{ id, email, isAdvisor }` of the signed-in user, or null. */
export function currentUser() {
  const claims = claimsOf(stored()?.id_token);
  if (!claims) return null;
  const roles = [claims["cognito:groups"] ?? []].flat();
  return { id: claims.sub, email: claims.email ?? "", isAdvisor: roles.includes("advisor") };
}

/** Whether the signed-in user may change this connection: an advisor, and their own. */
export function owns(connection) {
  const { id, isAdvisor } = currentUser();
  return isAdvisor && connection.user_id === id;
}

/** An ID token good for at least another minute, renewed if need be; null when signed out. */
export async function bearer() {
  const claims = claimsOf(stored()?.id_token);
  if (!claims) return null;
  if (claims.exp - Date.now() / 1000 > RENEW_BEFORE_SECONDS) return stored().id_token;
  return (await renew()) ? stored().id_token : null;
}

/** Exchange the refresh token, once for all who ask at the same time. False: sign in again. */
export function renew() {
  renewal ??= requestRenewal().finally(() => { renewal = null; });
  return renewal;
}

async function requestRenewal() {
  const before = stored();
  if (!before?.refresh_token) return false;
  const fresh = await tokens({ grant_type: "refresh_token", refresh_token: before.refresh_token });
  if (!fresh) return false;
  sessionStorage.setItem(TOKENS, JSON.stringify({ ...before, ...fresh }));
  return true;
}

/** Forget the tokens and tell the page, which shows the way back in. */
export function endSession() {
  if (!stored()) return;
  sessionStorage.removeItem(TOKENS);
  sessionEvents.dispatchEvent(new Event("ended"));
}

/** Leave for the sign-in page; the browser comes back to the same screen. */
export async function signIn() {
  const state = randomText();
  const verifier = randomText() + randomText();
  const here = location.hash.startsWith("#/") ? location.hash : "#/";
  sessionStorage.setItem(SIGNING_IN, JSON.stringify({ state, verifier, here }));
  location.assign(signInAddress("oauth2/authorize", {
    response_type: "code",
    client_id: settings.user_pool_client_id,
    redirect_uri: settings.home,
    scope: SCOPE,
    state,
    code_challenge: await challenge(verifier),
    code_challenge_method: "S256",
  }));
}

/** Forget the tokens here and at the user pool. */
export function signOut() {
  sessionStorage.removeItem(TOKENS);
  const back = { client_id: settings.user_pool_client_id, logout_uri: settings.home };
  location.assign(signInAddress("logout", back));
}

/**
 * Finish a sign-in if this address is the end of one, and clean the address either way.
 * Returns a sentence for the user when it failed, else null.
 */
export async function completeSignIn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("code") && !answer.has("error")) return null;
  const begun = JSON.parse(sessionStorage.getItem(SIGNING_IN) ?? "null");
  sessionStorage.removeItem(SIGNING_IN);
  history.replaceState(null, "", pageAddress.pathname + (begun?.here ?? location.hash));
  if (answer.has("error")) return answer.get("error_description") ?? "Sign-in was refused.";
  if (!begun || begun.state !== answer.get("state")) return "That sign-in was not begun in this tab.";
  const fresh = await tokens({
    grant_type: "authorization_code",
    code: answer.get("code"),
    code_verifier: begun.verifier,
    redirect_uri: settings.home,
  });
  if (!fresh) return "The sign-in page's answer was too old or already used.";
  sessionStorage.setItem(TOKENS, JSON.stringify(fresh));
  return null;
}

async function tokens(grant) {
  const body = new URLSearchParams({ client_id: settings.user_pool_client_id, ...grant });
  const response = await fetch(signInAddress("oauth2/token"), { method: "POST", body });
  return response.ok ? response.json() : null;
}

function signInAddress(path, query = {}) {
  const url = new URL(`${settings.sign_in_url.replace(/\/$/, "")}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function stored() {
  return JSON.parse(sessionStorage.getItem(TOKENS) ?? "null");
}

function claimsOf(token) {
  if (!token) return null;
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function randomText() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challenge(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
