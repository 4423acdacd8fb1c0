"""The copy of the project whose package holds every mutant beside the original function.

mutmut writes them: a mutated module picks the original or one mutant of a function at each call.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".local" / "mutate"
PACKAGE = Path("src/crmsync")
"""Within the copy: mutmut names its mutants by a package that lies in a folder `src`."""
BESIDE = ("docs", "functions", "local", "tests", "template.yaml", "README.md", "CHANGELOG.md")
"""What the tests read beside the package."""
_PATHS = 'pythonpath = [".", "layers/shared"]'


@dataclass(frozen=True)
class Mutant:
    """A function with one change. `key` is mutmut's name with a digest of the original."""

    key: str
    module: str
    original: str
    changed: str

    @property
    def change(self) -> str:
        """The lines that differ."""
        pair = (self.original.splitlines(), self.changed.splitlines())
        lines = difflib.unified_diff(*pair, n=0, lineterm="")
        return "\n".join(line for line in list(lines)[2:] if line[0] in "-+")


def prepare(modules: Sequence[str], copy: Path = COPY) -> list[Mutant]:
    """Make the copy anew, with these modules mutated; every mutant there is."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    _bring(ROOT / "layers/shared/crmsync", copy / PACKAGE)
    for name in BESIDE:
        _bring(ROOT / name, copy / name)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (copy / "pyproject.toml").write_text(configured(text), "utf-8")
    with chdir(copy):  # where mutmut looks for its settings
        return [mutant for module in modules for mutant in _mutated(module)]


def configured(pyproject: str) -> str:
    """The project's settings with the package where the copy has it."""
    if _PATHS not in pyproject:
        raise ValueError(f"pyproject.toml does not say {_PATHS}; say in tests/mutate/copy.py what")
    own = '\n[tool.mutmut]\nsource_paths = ["src"]\ntrack_dependencies = false\n'
    return pyproject.replace(_PATHS, 'pythonpath = [".", "src"]') + own


def _bring(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def _mutated(module: str) -> Iterator[Mutant]:
    path = PACKAGE / f"{module}.py"
    made = mutate_file_contents(str(path), path.read_text("utf-8"))
    path.write_text(made.code, "utf-8")
    for name in made.mutant_names:
        function = name.partition("__mutmut_")[0]
        key = f"{get_mutant_name(path, name)}@{made.hash_by_function_name[function]}"
        yield Mutant(key, module, _source(made, f"{function}__mutmut_orig"), _source(made, name))


def _source(made: MutatedFile, function: str) -> str:
    """The function without its name, which mutmut made."""
    span = made.line_span_by_function_name[function]
    lines = made.code.split("\n")[span.start - 1 : span.end]
    return "\n".join(line for line in lines if function not in line)
