// Asking again and again, only while someone can see the answer.

const SLOWEST_MS = 30_000;

/**
 * Call `ask` now and every `everyMs` until it returns "done" or `signal` aborts. Hidden tabs wait.
 * A failure is handed to `onTrouble(error)` and asked again, ever more slowly; the next success
 * calls `onTrouble(null)`. The returned function asks at once.
 */
export function poll(ask, { everyMs, signal, onTrouble = () => {} }) {
  let failures = 0;
  let timer = null;
  let running = false;

  async function turn() {
    clearTimeout(timer);
    if (running || signal.aborted || document.hidden) return;
    running = true;
    const done = await attempt();
    running = false;
    if (done || signal.aborted) return stop();
    timer = setTimeout(turn, Math.min(everyMs * 2 ** failures, SLOWEST_MS));
  }

  async function attempt() {
    try {
      const answer = await ask();
      if (failures) onTrouble(null);
      failures = 0;
      return answer === "done";
    } catch (error) {
      if (signal.aborted) return true;
      failures += 1;
      onTrouble(error);
      return false;
    }
  }

  function stop() {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", turn);
  }

  document.addEventListener("visibilitychange", turn);
  signal.addEventListener("abort", stop);
  turn();
  return turn;
}
