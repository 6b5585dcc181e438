"""`opsbot resume [all | SERVICE | INC-n] --reason …`: lifts a stop and sets a breaker back."""

from __future__ import annotations

import argparse
import asyncio

from bot import settings
from bot.cli.brakes import hand, open_brakes, scope_of
from bot.cli.refusals import start_up
from bot.cli.say import fail, out
from bot.domain.refusals import CommandRefusedError
from bot.slack.plain import plain
from bot.slack.views.brakes import resume_answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scope", metavar="all | SERVICE | INC-n", help="what may go on")
    parser.add_argument("--reason", required=True, help="why; it is recorded")


def run(options: argparse.Namespace) -> int:
    try:
        return asyncio.run(_run(options))
    except CommandRefusedError as refused:
        return fail(refused)
    except start_up() as error:
        return fail(error)


async def _run(options: argparse.Namespace) -> int:
    async with open_brakes(settings.read(), options.scope) as brakes:
        scope = await scope_of(brakes, options.scope)
        lifted = await brakes.resume(scope, hand(options.reason))
    out(plain({"text": resume_answer(scope, lifted)}))
    return 0
