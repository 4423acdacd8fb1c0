"""Run every judge, print a table, fail if one that could be installed was not satisfied."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.judge.clients import CLIENTS, Bench, Failed
from local.judge.installing import HOME, Missing
from local.standin import serve

ORG = "local/orgs/salesforce"


@dataclass(frozen=True)
class Verdict:
    """What a client did, and whether it was satisfied: passed, failed or absent."""

    client: str
    word: str
    steps: tuple[str, ...]


def judged(client: str, ask: Callable[[Bench], Iterator[str]]) -> Verdict:
    """The client's verdict on a fresh org."""
    steps: list[str] = []
    with tempfile.TemporaryDirectory() as folder, serve(ORG, ca_dir=HOME / "ca") as running:
        running.org.knobs.change({"refresh_rotation": False})
        try:
            steps.extend(ask(Bench(running, Path(folder))))
        except Missing as why:
            return Verdict(client, "absent", (*steps, str(why)))
        except (Failed, OSError, ValueError, KeyError) as why:
            return Verdict(client, "failed", (*steps, f"{type(why).__name__}: {why}"))
    return Verdict(client, "passed", tuple(steps))


def main() -> int:
    """0 when no judge failed; names on the command line choose some of them."""
    chosen = sys.argv[1:] or [*CLIENTS]
    verdicts = []
    for name in chosen:
        print(f"judge: {name}", file=sys.stderr, flush=True)
        verdicts.append(judged(name, CLIENTS[name]))
    width = max(len(name) for name in chosen)
    print(f"\n{'client'.ljust(width)}  verdict  what it did")
    for verdict in verdicts:
        first, *rest = verdict.steps or ("nothing",)
        print(f"{verdict.client.ljust(width)}  {verdict.word.ljust(7)}  {first}")
        for step in rest:
            print(f"{' ' * width}           {step}")
    return int(any(verdict.word == "failed" for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
