// Nobody is signed in: what this is, and the way in.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { signIn } from "../session.js";
import { banner } from "../ui/banner.js";
import { button } from "../ui/button.js";

const PROMISES = [
  ["search", "See every change first", "A preview lists each record, before and after, on both sides."],
  ["undo", "Take it back", "Everything a run touches is kept, so that a run can be undone."],
  ["shield", "Opt-outs stay out", "Nobody who opted out is ever mailed again by a sync."],
];

/** `ended`: the session ran out; `trouble`: why signing in failed. The address is kept either way. */
export function signedOutScreen({ ended = false, trouble = null }) {
  document.title = "Sign in · crmsync";
  const label = ended ? "Sign in again" : "Sign in";
  return h("div.welcome",
    ended && banner("info", "Your session has ended", h("p", "Sign in to return to where you were.")),
    trouble && banner("bad", "You are not signed in", h("p", trouble)),
    h("h1", { tabindex: -1 }, "Your campaigns and your marketing groups, kept the same"),
    h("p.lead", "Connect your CRM, choose what belongs together, see exactly what will change, ",
      "and let it run."),
    h("p", button(label, { onPress: signIn, kind: "primary large", busy: "Opening sign-in…" })),
    h("ul.promises", PROMISES.map(([picture, title, text]) =>
      h("li", icon(picture), h("div", h("h2", title), h("p", text))))));
}
