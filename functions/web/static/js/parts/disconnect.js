// Taking a connection away.

import { remove } from "../api.js";
import { h } from "../dom.js";
import { toast } from "../live.js";
import { go } from "../router.js";
import { button } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { platformName } from "../words.js";

export function disconnectButton(connection) {
  const name = platformName(connection.platform);
  return button("Disconnect", {
    kind: "danger quiet",
    onPress: () => {
      confirmDialog({
        title: `Disconnect ${name}?`,
        kind: "danger",
        confirm: "Disconnect",
        busy: "Disconnecting…",
        body: h("div",
          h("p", "Our access to the CRM is revoked and every run stops, also one in progress."),
          h("p", "Nothing is deleted on either side. Mappings and history are kept, so connecting ",
            "the same org again goes on where you left.")),
        act: async () => {
          await remove(`connections/${connection.id}`);
          toast(`${name} is disconnected.`);
          go("/");
        },
      });
    },
  });
}
