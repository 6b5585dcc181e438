"""Names everything wrong with a folder of runbooks, by file, line and remedy."""

from __future__ import annotations

from pathlib import Path

from bot.knowledge.faults import Faults
from bot.knowledge.folder import load_with_places
from bot.knowledge.lint_causes import lint_causes
from bot.knowledge.lint_names import lint_names
from bot.knowledge.lint_tools import lint_tools
from bot.knowledge.problem import Problem
from tools.kit.catalog import Catalog
from tools.kit.tool import ReadTool


def lint(folder: Path, tools: Catalog | None) -> tuple[Problem, ...]:
    """The problems of every runbook below the folder, by file and line.

    Without `tools` the calls are not looked at, and a condition may name any value of evidence.
    """
    loaded, unread = load_with_places(folder)
    yields = {t.name: t.yields for t in tools or () if isinstance(t, ReadTool) and t.yields}
    reports = [Faults(each) for each in loaded]
    for faults in reports:
        lint_names(faults, yields)
        lint_causes(faults)
        if tools is not None:
            lint_tools(faults, tools)
    _lint_matches(reports)
    _lint_ids(reports)
    problems = [*unread, *(problem for faults in reports for problem in faults.found)]
    return tuple(sorted(problems, key=lambda p: (p.path, p.line, p.column)))


def _lint_matches(reports: list[Faults]) -> None:
    first: dict[tuple[str, tuple[tuple[str, str], ...]], Faults] = {}
    for faults in reports:
        match = faults.runbook.match
        for alert in match.alerts or ("",) * bool(match.labels):
            key = (alert, tuple(sorted(match.labels.items())))
            other = first.setdefault(key, faults)
            if other is not faults:
                faults.add(
                    ("match",),
                    f"{other.runbook.path.name} matches the same alerts",
                    "tell them apart by a label, or make them one runbook with several causes",
                )


def _lint_ids(reports: list[Faults]) -> None:
    first: dict[str, Faults] = {}
    for faults in reports:
        other = first.setdefault(faults.runbook.id, faults)
        if other is not faults:
            message = f"{other.runbook.path} has the same id"
            faults.add(("id",), message, "rename one of the two files, and its id with it")
