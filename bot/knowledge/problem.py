"""What is wrong with a runbook, where, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from tools.kit.types import Frozen


class Place(NamedTuple):
    """A line and a column in a file, both from 1."""

    line: int
    column: int


class Problem(Frozen):
    """One thing to mend. The message says what is wrong, the remedy what to write instead."""

    path: str
    """As the folder was named, so that a person can open it: `runbooks/x.md`."""
    line: int
    column: int
    message: str
    remedy: str


def format_problem(problem: Problem) -> str:
    """`runbooks/x.md:12:5: check 'lag' … — do …`."""
    p = problem
    return f"{p.path}:{p.line}:{p.column}: {p.message} — {p.remedy}"
