"""`python -m local.stack up` starts the local stack, `down` ends it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.stack.lifecycle import PROJECT, Stack


def main(arguments: list[str]) -> int:
    """Do what the command line asks; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument("--directory", type=Path, default=PROJECT / ".local")
    chosen = parser.parse_args(arguments)
    stack = Stack(chosen.directory.resolve(), say=lambda text: print(f"stack: {text}", flush=True))
    if chosen.command == "up":
        _show(stack)
    else:
        stack.down()
    return 0


def _show(stack: Stack) -> None:
    content = stack.up()
    print(f"page  {content['page_url']}\nAPI   {content['api_url']}/api")
    print(f"logs  {content['function_log']}")
    for user in content["users"]:
        print(f"user  {user['email']}  password {user['password']}  ({user['role']})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
