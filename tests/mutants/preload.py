"""What a mutant can't touch is loaded once, before the forks: that is most of what a test loads."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_OURS = ("bot", "tools", "tests.fakes")


def preload(name: str, tests: Iterable[str]) -> None:
    """Load what `tests` import and what doesn't itself import the module `name`."""
    for each in sorted(_reached(tests)):
        if name not in _reached([_path(each)]) | {each}:
            importlib.import_module(each)
    assert name not in sys.modules, f"{name} is loaded, so that no mutant of it would be seen"


def forget() -> None:
    """As if nothing of ours had been loaded."""
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]


def _reached(paths: Iterable[str]) -> set[str]:
    """Every module of ours that these files import, or that those import, and so on."""
    found: set[str] = set()
    waiting = list(paths)
    while waiting:
        new = _imports(waiting.pop()) - found
        found |= new
        waiting += [_path(name) for name in new]
    return found


@cache
def _imports(path: str) -> frozenset[str]:
    """The modules of ours that a file imports anywhere, with the packages they are in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    packages = {name.rpartition(".")[0] for name in found}
    return frozenset(name for name in found | packages if _is_ours(name) and _path(name))


def _path(name: str) -> str:
    """Of a module's file, from the root; empty for a name that is none."""
    stem = name.replace(".", "/")
    paths = (f"{stem}.py", f"{stem}/__init__.py")
    return next((path for path in paths if (ROOT / path).exists()), "")


def _is_ours(name: str) -> bool:
    return any(name == own or name.startswith(f"{own}.") for own in _OURS)
