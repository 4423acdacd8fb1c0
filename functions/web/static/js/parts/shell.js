// What is around every screen: the product's name, where one can go, the bell, the account.

import { fill, h } from "../dom.js";
import { icon, mark } from "../icons.js";
import { currentUser, signOut } from "../session.js";
import { currentTheme, setTheme, THEMES } from "../theme.js";
import { button } from "../ui/button.js";
import { radios } from "../ui/field.js";
import { popover } from "../ui/popover.js";
import { Bell } from "./bell.js";

const PLACES = [
  ["/", "Integrations", ["/", "/connections", "/runs"]],
  ["/groups", "Groups", ["/groups"]],
  ["/contacts", "Contacts", ["/contacts"]],
];

/** Draw the shell for the signed-in user, or only the name when nobody is. */
export function createShell(place) {
  let bell = null;
  let account = null;
  const nav = h("nav.places", { "aria-label": "Main" });

  function signedIn() {
    bell?.stop();
    bell = new Bell();
    account = accountMenu();
    fill(place, h("header.topbar", h("div.topbar-inner", brand(), nav,
      h("div.topbar-end", bell.element, account))));
  }

  function signedOut() {
    bell?.stop();
    bell = null;
    account = null;
    fill(place, h("header.topbar", h("div.topbar-inner", brand())));
  }

  /** Mark where we are; close what was open over the last screen. */
  function at(path) {
    bell?.element.close();
    account?.close();
    fill(nav, PLACES.map(([href, text, roots]) => {
      const here = roots.some((root) => path === root || (root !== "/" && path.startsWith(root)));
      return h("a", { href: `#${href}`, "aria-current": here ? "page" : null }, text);
    }));
  }

  return { signedIn, signedOut, at };
}

function brand() {
  return h("a.brand", { href: "#/" }, mark(), h("span", "crmsync"));
}

function accountMenu() {
  const user = currentUser();
  const initial = (user?.email || "?").charAt(0).toUpperCase();
  const trigger = h("button.account-button", { type: "button", "aria-label": "Account" },
    h("span.initial", { "aria-hidden": "true" }, initial));
  return popover({ trigger, label: "Account", build: () => accountPanel(user) });
}

function accountPanel(user) {
  return h("div.account-panel",
    h("p.account-who", icon("user"), h("span", h("strong", user.email), h("br"),
      user.isAdvisor ? "Advisor" : "Marketing admin")),
    h("ul.menu", h("li", h("a", { href: "#/notifications/settings" }, "Notification settings"))),
    radios("Appearance", THEMES, currentTheme(), { onChange: setTheme }),
    button("Sign out", { onPress: signOut, kind: "quiet" }));
}
