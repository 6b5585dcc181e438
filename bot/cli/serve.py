"""`opsbot serve`: webhooks, Slack's events, the projector."""

from __future__ import annotations

import argparse
import asyncio
import signal

from slack_sdk.errors import SlackApiError

from bot import settings
from bot.cli.refusals import start_up
from bot.cli.say import fail
from bot.serving import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: the settings say it all."""


def run(options: argparse.Namespace) -> int:
    try:
        asyncio.run(_until_told())
    except SlackApiError as error:
        return fail(f"Slack refuses: {error.response.get('error')}; check SLACK_BOT_TOKEN")
    except start_up() as error:
        return fail(error)
    return 0


async def _until_told() -> None:
    task = asyncio.ensure_future(serve(settings.read()))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
