"""`opsbot runbooks [list | lint [FOLDER]]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot import files, settings, wiring
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.knowledge.folder import load_folder
from bot.knowledge.lint import lint
from bot.knowledge.problem import format_problem
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list | lint")
    actions.add_parser("list", help="the runbooks, and what they match")
    linting = actions.add_parser("lint", help="name file, line and remedy of everything wrong")
    linting.add_argument("folder", nargs="?", type=Path, help="default: OPSBOT_RUNBOOKS")


def run(options: argparse.Namespace) -> int:
    try:
        given = settings.read()
        folder = getattr(options, "folder", None) or given.runbooks or files.bundled_runbooks()
        if options.action == "lint":
            return _lint(given, folder)
    except start_up() as error:
        return fail(error)
    return _list(folder)


def _list(folder: Path) -> int:
    runbooks, problems = load_folder(folder, files.release())
    for runbook in runbooks:
        matches = ", ".join((*runbook.match.alerts, *map("=".join, runbook.match.labels.items())))
        out(f"{runbook.id:<26}{runbook.ref.pin or 'not committed':<18}{matches}")
    for problem in problems:
        err(format_problem(problem))
    return 1 if problems else 0


def _lint(given: Settings, folder: Path) -> int:
    problems = lint(folder, wiring.declared_catalog(wiring.prepare(given)))
    for problem in problems:
        out(format_problem(problem))
    if problems:
        return fail(f"{len(problems)} problems in {folder}")
    err(f"No problems in {folder}.")
    return 0
