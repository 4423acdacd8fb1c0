"""Chromium for the browser tests: found, or installed where that may be done, or asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

WITHOUT = "CRMSYNC_WITHOUT_BROWSER"
_CHOSEN = "CRMSYNC_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PACKAGE = "chromium"
_MISSING = f"""\
The browser tests need Chromium and found none. Install the package '{_PACKAGE}' with this system's
package manager, or say where a Chromium is with {_CHOSEN}=/path/to/it, or go without the browser
tests with {WITHOUT}=1.
"""


def find_chromium(environ: Mapping[str, str] = os.environ) -> str | None:
    """The program to start, or None."""
    chosen = environ.get(_CHOSEN)
    if chosen:
        return shutil.which(chosen)
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def goes_without(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether whoever runs the tests said to leave the browser tests out."""
    return environ.get(WITHOUT) == "1"


def main() -> int:
    """Leave a Chromium behind; the exit status says whether there is one or it was waived."""
    if goes_without():
        print(f"setup: *** {WITHOUT}=1: the browser tests are LEFT OUT ***")
        return 0
    found = find_chromium() or _installed()
    if found is None:
        print(_MISSING, file=sys.stderr)
        return 1
    return 0


def _installed() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    print(f"setup: installing the package '{_PACKAGE}' with apt-get")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", _PACKAGE]):
        subprocess.run(["apt-get", "--quiet=2", *arguments], check=True, env=quiet)
    return find_chromium()


if __name__ == "__main__":
    sys.exit(main())
