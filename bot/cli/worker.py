"""`opsbot worker wait|act`: one RQ worker on one queue."""

from __future__ import annotations

import argparse

from bot import settings, worker
from bot.cli.refusals import start_up
from bot.cli.say import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind",
        choices=("wait", "act"),
        help="wait: investigations and monitors; act: effects, each in a process of its own",
    )


def run(options: argparse.Namespace) -> int:
    try:
        worker.run(settings.read(), options.kind)
    except start_up() as error:
        return fail(error)
    return 0
