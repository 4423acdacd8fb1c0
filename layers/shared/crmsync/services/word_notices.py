"""The words of notifications. Pure: a run or a connection in, what a person reads out.

Texts hold counts and names of platforms, never anything about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from crmsync.domain.change import Outcome
from crmsync.domain.connection import Connection
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.paused_fields import CONSENT
from crmsync.domain.platforms import platform as platform_named
from crmsync.domain.run import Run, RunState
from crmsync.domain.run_result import WROTE, counts_of
from crmsync.domain.stops import why_stopped
from crmsync.ports.notices import Webhook

_TOLD = (*WROTE, Outcome.FAILED, Outcome.HELD, Outcome.SKIPPED, Outcome.UNCHANGED)
_ENDS = {
    "succeeded": "finished",
    "partial": "finished in part",
    "held": "is waiting for your approval",
    "failed": "failed",
    "cancelled": "was cancelled",
}
_HELP = {
    "partial": "Open the run to see each record and why.",
    "held": "It would change more than usual. Look at the plan, then approve or cancel it.",
    "failed": "Nothing is lost: the next run goes on from here.",
    "cancelled": "What was done until then stays; undo takes it back.",
}
_PAUSED = {
    "campaign_inactive": "its campaign is no longer active. Activate it in the CRM or map another.",
    "campaign_gone": "its campaign is gone from the CRM. Map another one.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a notification says. `problem` is set when somebody should look at it."""

    kind: str
    title: str
    body: str
    problem: bool


def run_words(run: Run, connection: Connection) -> Words:
    """How the run ended, with its counts."""
    end = _end(run)
    what = "undo" if run.undoes else "sync"
    parts = [_counts(run), *_pauses(run), _paused_fields(run), run.error, _HELP.get(end)]
    return Words(
        kind=f"run.{end}",
        title=f"{_platform(connection)} {what} {_ENDS[end]}",
        body=" ".join(part for part in parts if part),
        problem=end in {"partial", "held", "failed"} or bool(run.paused_fields),
    )


def stopped_words(connection: Connection, reason: str) -> Words:
    """Why the connection no longer works, and what helps against it."""
    title = f"{_platform(connection)} needs you to sign in again"
    return Words(kind="connection.stopped", title=title, body=why_stopped(reason), problem=True)


def webhook_words(webhook: Webhook) -> Words:
    """That a webhook does not answer. Its host is the owner's own, so it may be named."""
    host = urlsplit(webhook.url).hostname or "your system"
    text = f"{host} did not take our message after several attempts. Check the address."
    return Words("webhook.problem", "A webhook could not be delivered", text, problem=True)


def _end(run: Run) -> str:
    """A run that only waits for a yes is called held, although its state is `partial`."""
    held = any(row.state is MappingState.HELD for row in run.mappings)
    if run.state is RunState.PARTIAL and held and not counts_of(run)[Outcome.FAILED]:
        return "held"
    return run.state.value


def _pauses(run: Run) -> list[str]:
    """Why mappings were paused, as far as nobody was told before."""
    reasons = [row.reason or "" for row in run.mappings if _newly_paused(row)]
    return [f"A mapping is paused: {_PAUSED[r]}" for r in sorted(set(reasons)) if r in _PAUSED]


def _paused_fields(run: Run) -> str:
    """Which fields this run was the first to find paused."""
    if not run.paused_fields:
        return ""
    ours = {*FIELD_NAMES, CONSENT}
    names = ", ".join(n.replace("_", " ") if n in ours else n for n in run.paused_fields)
    return (
        f"Not synced any more: {names}. The CRM does not show it to the connected user, or gave it "
        "another type. Everything else goes on; ask your CRM administrator to bring it back."
    )


def _newly_paused(row: MappingRun) -> bool:
    return row.state is MappingState.PAUSED and not row.told


def _counts(run: Run) -> str:
    counts = counts_of(run)
    told = [f"{counts[outcome]:,} {outcome.value}" for outcome in _TOLD if counts[outcome]]
    return f"{', '.join(told)}." if told else ""


def _platform(connection: Connection) -> str:
    described = platform_named(connection.platform)
    return described.title if described else connection.platform
