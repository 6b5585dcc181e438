"""`opsbot up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import signal

from bot import settings, wiring
from bot.cli.refusals import start_up
from bot.cli.say import fail, out
from bot.sandbox.ports import require_free
from bot.sandbox.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: the settings say it all."""


def run(options: argparse.Namespace) -> int:
    try:
        return asyncio.run(_up())
    except start_up() as error:
        return fail(error)


async def _up() -> int:
    given = settings.read()
    if given.slack_configured:
        given.require_slack()
    wiring.prepare(given)
    wiring.connect_backends(given)
    require_free(given.http_addr)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Stage(given, given.data, company=False) as stage:
        await stage.start()
        out(f"opsbot is up. Alerts: POST http://{stage.http_addr}/webhooks/alertmanager")
        if not given.webhook_token:
            out(f"  with the header `Authorization: Bearer {stage.webhook_token}` (this run only;")
            out("  set OPSBOT_WEBHOOK_TOKEN to choose your own)")
        if stage.slack:
            out(f"Slack: {stage.slack.page_url} (on this machine; set SLACK_BOT_TOKEN for yours)")
        if stage.company:
            out("Systems: the sample company's. `opsbot demo` breaks one and mends it.")
        out("Ctrl-C ends it.")
        keeping = asyncio.create_task(stage.valkey.keep()) if stage.valkey else None
        await stop.wait()
        if keeping:
            keeping.cancel()
    return 0
