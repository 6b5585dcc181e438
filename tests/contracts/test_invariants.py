"""Rows of the promises are shown by tests that carry their number."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = frozenset(range(1, 25))


def _marks(path: Path) -> Iterator[int]:
    """The number in each `pytest.mark.invariant(number)` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "pytest.mark.invariant"
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, int)
        ):
            yield node.args[0].value


def test_each_row_has_a_test_that_carries_its_number() -> None:
    marked = {number for path in TESTS.rglob("test_*.py") for number in _marks(path)}
    assert marked == ROWS
