// A region that loads, shows, or says that it could not and offers another try.

import { fill, h, redraw } from "../dom.js";
import { failure, skeleton } from "./banner.js";

/**
 * An element showing `render(await fetch())`. `element.reload()` fetches again, keeping what is
 * shown until the new answer is there. Nothing is drawn after `signal` aborts. `frame(content)` is
 * what stands around the grey lines and around a failure; a whole screen has its heading there.
 */
export function load(signal, fetch, render, { frame = (content) => content, title } = {}) {
  const region = h("div.region", frame(skeleton(4)));
  let shown = false;

  region.reload = async () => {
    if (!shown) redraw(region, () => fill(region, frame(skeleton(4))));
    try {
      const answer = await fetch();
      if (signal.aborted) return;
      redraw(region, () => fill(region, render(answer, region.reload)));
      shown = true;
    } catch (error) {
      if (signal.aborted || error.code === "session_ended") return;
      shown = false;
      const trouble = failure(error, region.reload, title ?? "This could not be loaded");
      redraw(region, () => fill(region, frame(trouble)));
    }
  };

  region.reload();
  return region;
}

/**
 * Run `work` and show its failure in `place`, with a retry of the same work. Returns its answer,
 * or undefined after a failure. `explain` may turn an error into another message; when it returns
 * true it has shown the error itself. What was changed by somebody else meanwhile can be loaded
 * again with `reload`, where that is given.
 */
export async function attempt(place, work, { explain, title, reload } = {}) {
  place.replaceChildren();
  try {
    return await work();
  } catch (error) {
    if (error.code === "session_ended") return undefined;
    if (!explain?.(error)) {
      const canRetry = error.status === 0 || error.status >= 500 || error.status === 429;
      const again = () => attempt(place, work, { explain, title, reload });
      const outdated = error.status === 409 && reload;
      place.append(failure(error, canRetry ? again : outdated, title, outdated ? "Load it again" : undefined));
    }
    return undefined;
  }
}
