"""`opsbot demo`: an incident from alert to report, on this machine or in your Slack."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot import settings
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.sandbox.model import ScriptedModelServer
from bot.sandbox.model.scripts import script
from bot.sandbox.performance import PlayError, perform
from bot.sandbox.plays import Decider, Play, choose
from bot.sandbox.ports import free_http_addr
from bot.sandbox.stage import Stage
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="no page: the thread as text")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--approve", action="store_true", help="someone approves at once")
    who.add_argument("--reject", action="store_true", help="someone rejects")
    who.add_argument("--auto", action="store_true", help="policy allows it, no person decides")
    parser.add_argument("--fix-fails", action="store_true", help="the fix fails and is undone")
    parser.add_argument("--no-runbook", action="store_true", help="a failure no runbook knows")
    parser.add_argument("--wide", action="store_true", help="a cascade over three services")
    parser.add_argument(
        "--model",
        choices=("scripted", "dies"),
        help="a scripted model, no key needed; `dies`: it is overloaded half-way",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")


def run(options: argparse.Namespace) -> int:
    try:
        return asyncio.run(_demo(options))
    except PlayError as error:
        return fail(f"the play went wrong: {error}")
    except start_up() as error:
        return fail(error)


async def _demo(options: argparse.Namespace) -> int:
    given = settings.read()
    play = choose(
        _decider(options),
        fix_fails=options.fix_fails,
        no_runbook=options.no_runbook,
        wide=options.wide,
    )
    if options.auto and options.wide:
        return fail(
            "no policy lets --wide run by itself: the value it sets back was read from a change;"
            " try --wide --approve"
        )
    if given.slack_configured:
        given.require_slack()
        if play.decider in ("approve", "reject"):
            return fail("in your own Slack a person decides; leave --approve and --reject out")
    if play.decider == "policy":
        auto = files("bot.sandbox").joinpath("policies/auto.yml")
        given = settings.read({**given.environment, "OPSBOT_POLICY": str(auto)})
    async with AsyncExitStack() as brought:
        if options.model:
            dies = options.model == "dies"
            server = await brought.enter_async_context(ScriptedModelServer(script(dies=dies)))
            given = settings.read({**given.environment, **_scripted(server.url)})
        data = brought.enter_context(tempfile.TemporaryDirectory(prefix="opsbot-demo-"))
        stage = Stage(given, Path(data), company=True, http_addr=free_http_addr(given.http_addr))
        await brought.enter_async_context(stage)
        await stage.start(quiet=options.json)
        _announce(options, stage)
        shown = options.headless and not options.json
        result = await perform(stage, play, tell=out if shown else _nothing, progress=err)
        await _farewell(options, given, play, stage, result)
    return 0


def _scripted(url: str) -> dict[str, str]:
    """Settings that point at the scripted model, and at it alone."""
    return {
        "ANTHROPIC_API_KEY": "local",
        "ANTHROPIC_BASE_URL": url,
        "OPSBOT_MODEL": "claude-sonnet-5-5",
        "OPSBOT_TRIAGE_MODEL": "claude-haiku-5-5",
    }


def _decider(options: argparse.Namespace) -> Decider:
    chosen: dict[Decider, bool] = {
        "approve": options.approve,
        "reject": options.reject,
        "policy": options.auto,
    }
    return next((name for name, is_set in chosen.items() if is_set), "person")


def _announce(options: argparse.Namespace, stage: Stage) -> None:
    if stage.slack is None:
        err("The incident opens in your Slack.")
    elif options.headless:
        err(f"The thread is also at {stage.slack.page_url}")
    else:
        err(f"Watch and decide at: {stage.slack.page_url}")
        if sys.stdout.isatty():
            webbrowser.open(stage.slack.page_url)


async def _farewell(
    options: argparse.Namespace,
    given: Settings,
    play: Play,
    stage: Stage,
    result: dict[str, Any],
) -> None:
    if options.json:
        out(json.dumps(result, indent=2, ensure_ascii=False))
        return
    took = result["seconds"]
    err(
        f"{result['incident']['id']} is {result['incident']['status']}: first message after"
        f" {took['alert_to_thread']} s, diagnosis after {took['alert_to_diagnosis']} s,"
        f" {took['total']} s in all."
    )
    if play.decider == "person" and not options.headless and stage.slack and sys.stdin.isatty():
        err("Look around on the page; press Enter here to end the demo.")
        await asyncio.to_thread(sys.stdin.readline)
    err("Next: `opsbot up` keeps it running; README.md says how to connect your own Slack.")


def _nothing(_: str) -> None:
    """The page shows the thread, or JSON at the end."""
