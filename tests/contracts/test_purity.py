"""What import-linter can't see: who reads the environment, and who looks at a clock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "environ", "getenv"}
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.monotonic",
    "time.time",
}


def _names(folder: str, wanted: set[str]) -> Iterator[str]:
    """`file: name` wherever one of the names is used below a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in wanted:
                yield f"{path.relative_to(ROOT)}: {ast.unparse(node)}"


def test_only_the_settings_read_the_environment() -> None:
    found = [*_names("bot", ENVIRONMENT), *_names("tools", ENVIRONMENT)]
    assert {where.partition(":")[0] for where in found} == {"bot/settings.py"}


@pytest.mark.parametrize("room", ["bot/domain", "bot/policy", "bot/incidents"])
def test_the_core_is_handed_the_time(room: str) -> None:
    assert list(_names(room, CLOCKS)) == []
