"""`opsbot drill [POINT…]`: kill opsbot at every point, and judge what is left."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import fields

from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.sandbox.drills.catalogue import UnknownDrillError, choose
from bot.sandbox.drills.drill import Drill, Outcome
from bot.sandbox.drills.several import play_all

_AT_ONCE = 6
_COLUMNS = ("drill", "killed", "effects", "end", "verdict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "points", nargs="*", metavar="POINT", help="`E3`, or one of its drills, `E3:valkey`"
    )
    parser.add_argument("--list", action="store_true", help="only say which drills there are")
    parser.add_argument("--json", action="store_true", help="one JSON array")
    parser.add_argument(
        "--at-once", type=int, default=_AT_ONCE, metavar="N", help=f"side by side ({_AT_ONCE})"
    )


def run(options: argparse.Namespace) -> int:
    # That processes die is what a drill is for.
    logging.getLogger("bot.supervisor").setLevel(logging.ERROR)
    try:
        drills = choose(options.points)
        if options.list:
            for drill in drills:
                rows = ", ".join(map(str, drill.rows))
                out(f"{drill.name:14} {drill.told} (promises {rows})")
            return 0
        outcomes = asyncio.run(_play(drills, options.at_once))
    except UnknownDrillError as error:
        return fail(error)
    except start_up() as error:
        return fail(error)
    if options.json:
        out(json.dumps([_plain(each) for each in outcomes], indent=2, ensure_ascii=False))
    else:
        for line in _table(outcomes):
            out(line)
    failed = [each.name for each in outcomes if not each.held]
    return fail(f"{len(failed)} failed: {', '.join(failed)}") if failed else 0


async def _play(drills: Sequence[Drill], at_once: int) -> list[Outcome]:
    order = {drill.name: number for number, drill in enumerate(drills)}
    began = time.monotonic()
    outcomes: list[Outcome] = []
    async for outcome in play_all(drills, at_once):
        outcomes.append(outcome)
        word = "held" if outcome.held else "FAILED"
        err(f"{len(outcomes):3}/{len(drills)} {outcome.name} {word}, {outcome.seconds:.0f} s")
    err(f"{len(drills)} drills took {time.monotonic() - began:.0f} s")
    return sorted(outcomes, key=lambda each: order[each.name])


def _plain(outcome: Outcome) -> dict[str, object]:
    names = [field.name for field in fields(outcome) if field.name != "evidence"]
    return {**{name: getattr(outcome, name) for name in names}, "held": outcome.held}


def _table(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [_COLUMNS, *(_row(each) for each in outcomes)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    kinds = [effect.partition(" ")[0] for effect in outcome.effects]
    said = "; ".join(outcome.wrong) if outcome.wrong else "held"
    if outcome.note and outcome.note not in said:
        said += f": {outcome.note}"
    effects = f"{len(kinds)}: {', '.join(kinds)}" if kinds else "0"
    return (outcome.name, outcome.killed, effects, outcome.end[:40], said)
