"""`opsbot stop [all | SERVICE | INC-n] --reason …` and `opsbot stop --list`."""

from __future__ import annotations

import argparse
import asyncio
import json

from bot import settings
from bot.cli.brakes import hand, open_brakes, scope_of
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.domain.refusals import CommandRefusedError
from bot.incidents.brakes import Brakes
from bot.slack.plain import plain
from bot.slack.views.brakes import stop_answer, stopped
from bot.slack.views.text import clock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scope", nargs="?", metavar="all | SERVICE | INC-n", help="what to stop")
    parser.add_argument("--reason", help="why; everybody who is held up reads it")
    parser.add_argument("--list", action="store_true", help="what is stopped, and open breakers")
    parser.add_argument("--json", action="store_true", help="with --list: one JSON array")


def run(options: argparse.Namespace) -> int:
    if not options.list and not (options.scope and (options.reason or "").strip()):
        return fail("say what to stop and why: `opsbot stop etl --reason 'a bad deploy'`")
    try:
        return asyncio.run(_run(options))
    except CommandRefusedError as refused:
        return fail(refused)
    except start_up() as error:
        return fail(error)


async def _run(options: argparse.Namespace) -> int:
    async with open_brakes(settings.read(), options.scope or "") as brakes:
        if options.list:
            return await _list(brakes, as_json=options.json)
        scope = await scope_of(brakes, options.scope)
        stop = await brakes.stop(scope, hand(options.reason.strip()))
    out(plain({"text": stop_answer(scope, stop)}))
    err(f"From here: `opsbot resume {scope} --reason …`.")
    return 0


async def _list(brakes: Brakes, *, as_json: bool) -> int:
    stops = (await brakes.controls.stopped()).values()
    trips = (await brakes.controls.tripped()).values()
    if as_json:
        out(json.dumps([each.model_dump(mode="json") for each in (*stops, *trips)], indent=2))
        return 0
    for stop in stops:
        out(f"{stop.scope:<16}{stopped(stop)}")
    for trip in trips:
        out(f"{trip.scope:<16}Breaker open since {clock(trip.at)}: {trip.reason}")
    if not stops and not trips:
        err("Nothing is stopped, and every breaker is closed.")
    else:
        err("`opsbot resume SCOPE --reason …` lets it go on and sets its breaker back.")
    return 0
