// Signing in to the CRM again, keeping everything.

import { post } from "../api.js";
import { webAddress } from "../dom.js";
import { toast } from "../live.js";
import { button } from "../ui/button.js";

/** A button that leads to the CRM's login for this connection. */
export function reconnect(connection, { kind = "", reason } = {}) {
  return button("Sign in again", {
    kind, reason, picture: "refresh", busy: "Opening the login…",
    onPress: async () => {
      try {
        leaveFor(await post(`connections/${connection.id}/reconnect`));
      } catch (error) {
        toast(error.message, { kind: "bad" });
      }
    },
  });
}

/** Follow the address the API gave for the CRM's login. */
export function leaveFor({ authorize_url: url }) {
  const address = webAddress(url);
  if (!address) throw new Error("The CRM's login address cannot be opened.");
  location.assign(address);
}
