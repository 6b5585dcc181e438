"""What counts as a check, and how it is taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.covering import COVERING
from tests.mutants.mutations import mutants

ROOT = Path(__file__).parents[2]
GUARD = """
def allow(steps, moment):
    if not steps or moment.stopped:
        raise Refused
    return any(s.kind in ("read", "record") for s in steps if s.n <= 1)
"""


def test_each_check_is_taken_out_in_each_way() -> None:
    assert [each.name for each in mutants(GUARD)] == [
        "allow: condition never holds: not steps or moment.stopped",
        "allow: operand 1 dropped: not steps or moment.stopped",
        "allow: operand 2 dropped: not steps or moment.stopped",
        "allow: not dropped: not steps",
        "allow: any is all: any((s.kind in ('read', 'record') for s in steps if s.n <= 1))",
        "allow: In is NotIn: s.kind in ('read', 'record')",
        "allow: member 1 dropped: ('read', 'record')",
        "allow: member 2 dropped: ('read', 'record')",
        "allow: filter 1 dropped: s.n <= 1",
        "allow: LtE is Lt: s.n <= 1",
        "allow: LtE is Gt: s.n <= 1",
    ]


def test_a_mutant_differs_in_that_alone() -> None:
    without = mutants(GUARD)[0]
    assert (without.line, without.where) == (3, "allow")
    assert "if False:" in without.source
    assert "s.n <= 1" in without.source


def test_what_stands_twice_has_two_names() -> None:
    twice = "def f(a):\n    if a:\n        return 1\n    if a:\n        return 2\n"
    assert [each.name for each in mutants(twice)] == [
        "f: condition never holds: a",
        "f: condition never holds: a (2)",
    ]


def test_words_for_the_log_are_no_check() -> None:
    assert mutants("def f():\n    log.info('x')\n    crashpoint('E1')\n") == []


@pytest.mark.parametrize("module", COVERING)
def test_what_is_to_be_mutated_and_what_covers_it_are_there(module: str) -> None:
    assert mutants((ROOT / module).read_text(encoding="utf-8"))
    assert all((ROOT / test).exists() for test in COVERING[module])
