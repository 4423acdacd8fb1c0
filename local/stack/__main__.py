"""The local stack: `up` starts it, `down` ends it, `sign-in` lets a shell talk to its API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.stack import stack_file
from local.stack.lifecycle import PROJECT, Stack
from local.stack.people import id_token


def main(arguments: list[str]) -> int:
    """Do what the command line asks; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "sign-in"])
    parser.add_argument("--directory", type=Path, default=PROJECT / ".local")
    chosen = parser.parse_args(arguments)
    stack = Stack(chosen.directory.resolve(), say=lambda text: print(f"stack: {text}", flush=True))
    if chosen.command == "up":
        _show(stack.up())
    elif chosen.command == "down":
        stack.down()
    else:
        _sign_in(stack.directory)
    return 0


def _show(content: Mapping[str, Any]) -> None:
    print(f"page  {content['page_url']}\nAPI   {content['api_url']}/api")
    print(f"logs  {content['function_log']}")
    for user in content["users"]:
        print(f"user  {user['email']}  password {user['password']}  ({user['role']})")
    for org in content["orgs"]:
        print(f"org   {org['username']}  password {org['password']}  ({org['org_name']})")


def _sign_in(directory: Path) -> None:
    """Print what a shell needs to call the API as the advisor."""
    content = stack_file.read(directory, stack_file.STACK)
    if not content:
        raise SystemExit(f"There is no {directory / stack_file.STACK}: start the stack, `make up`.")
    print(f"export API={content['api_url']}/api")
    print(f"export TOKEN={id_token(content, content['users'][0])}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
