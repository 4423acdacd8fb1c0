// Start: settings, sign-in, then whatever screen the address names.

import { keepCallback } from "./callback.js";
import { fill, h } from "./dom.js";
import { createRouter } from "./router.js";
import { createShell } from "./parts/shell.js";
import { routes } from "./routes.js";
import { signedOutScreen } from "./parts/signed-out.js";
import { completeSignIn, currentUser, loadSettings, sessionEvents } from "./session.js";
import { applyTheme } from "./theme.js";
import { failure, skeleton } from "./ui/banner.js";
import { closeDialogs } from "./ui/dialog.js";

const main = document.getElementById("main");
const shell = createShell(document.getElementById("shell"));
const router = createRouter({
  main,
  routes,
  allow: () => currentUser() !== null,
  onChange: (path) => { closeDialogs(); shell.at(path); },
});

async function start() {
  applyTheme();
  shell.signedOut();
  fill(main, h("div.page", skeleton(6)));
  try {
    await loadSettings();
    keepCallback();
    const trouble = await completeSignIn();
    if (currentUser()) enter();
    else leave(trouble ? { trouble } : {});
  } catch (error) {
    fill(main, h("div.page", failure(error, start, "The page could not start")));
  }
}

function enter() {
  shell.signedIn();
  router.show();
}

function leave(why) {
  closeDialogs();
  router.leave();
  shell.signedOut();
  fill(main, signedOutScreen(why));
}

sessionEvents.addEventListener("ended", () => leave({ ended: true }));
document.querySelector(".skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
start();
