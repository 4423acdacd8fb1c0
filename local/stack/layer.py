"""Keeps the built layer unpacked, once, for every worker of the emulated AWS.

The emulator unpacks a function's layer anew for each worker it starts, and Python compiles it
anew there: seconds, every time. So what `sam build` made is set aside in folders named by their
content, our package apart from what it runs with, and a layer that only points to them is
deployed in its place.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_OURS = "crmsync"
_PYTHON = "python{}.{}".format(*sys.version_info)
_POINTER = f"lib/{_PYTHON}/site-packages/shared_layer.pth"


def set_aside(built: Path, shelf: Path) -> Sequence[Path]:
    """Move the layer at `built` to the shelf and leave a pointer; what belongs on the import path.

    The pointer's content changes when the layer's does, so that the functions are updated then.
    """
    packages = built / "python"
    ours = shelf / f"ours-{_digest((packages / _OURS).rglob('*.py'), packages)}"
    others = shelf / f"others-{_PYTHON}-{_digest([packages / 'requirements.txt'], packages)}"
    _move(packages / _OURS, ours / _OURS)
    _move(packages, others)
    pointer = packages / _POINTER
    pointer.parent.mkdir(parents=True)
    # In front of everything, as the unpacked layer would be.
    pointer.write_text(f"import sys; sys.path[:0] = {[str(ours), str(others)]!r}\n")
    return [ours, others]


def forget_others(in_use: Sequence[Path]) -> None:
    """Remove what no function uses any more."""
    for kept in in_use[0].parent.iterdir():
        if kept not in in_use:
            shutil.rmtree(kept)


def _move(built: Path, kept: Path) -> None:
    if kept.exists():
        shutil.rmtree(built)
    else:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(built, kept)


def _digest(files: Iterable[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(folder)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
