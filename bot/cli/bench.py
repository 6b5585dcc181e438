"""`opsbot bench agent|slack [--json]`: what an investigation and a click cost, against limits."""

from __future__ import annotations

import argparse
import asyncio
import json

from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.sandbox.bench.agent import bench_agent
from bot.sandbox.bench.clicks import bench_slack
from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.scene import BenchError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=["agent", "slack"],
        help="agent: its time, tokens and memory; slack: how soon a click is acknowledged",
    )
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(options: argparse.Namespace) -> int:
    try:
        bench = {"agent": bench_agent, "slack": bench_slack}[options.what]
        figures = asyncio.run(bench(err))
    except BenchError as error:
        return fail(f"nothing could be measured: {error}")
    except start_up() as error:
        return fail(error)
    if options.json:
        out(json.dumps([_plain(each) for each in figures], indent=2))
    else:
        for each in figures:
            out(_line(each))
    missed = [each.name for each in figures if not each.met]
    return fail(f"over the limit: {', '.join(missed)}") if missed else 0


def _plain(figure: Figure) -> dict[str, object]:
    return {
        **figure.model_dump(),
        "value": round(figure.value, 3),
        "ratio": None if figure.ratio is None else round(figure.ratio, 3),
        "met": figure.met,
    }


def _line(figure: Figure) -> str:
    bound = "≥" if figure.at_least else "≤"
    value = f"{figure.value:,.3g}" if figure.value < 1_000 else f"{figure.value:,.0f}"
    text = f"{'ok  ' if figure.met else 'MISS'} {figure.title}: {value} {figure.unit}".rstrip()
    text += f" ({bound} {figure.limit:,g}"
    if figure.ratio is not None:
        text += f"; {figure.ratio:.2f} of {figure.against}'s {figure.baseline:,.3g}"
    return f"{text})" + (f" – {figure.note}" if figure.note else "")
