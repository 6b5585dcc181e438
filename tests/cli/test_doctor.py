"""`opsbot doctor` says of each thing that is missing in Slack what to click for it."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from bot.cli import doctor
from bot.files import bundled_manifest
from bot.sandbox.slack import LocalSlack
from bot.sandbox.slack.workspace import BotApp, Channel, UserGroup, Workspace
from bot.slack.app import make_app, make_client
from bot.slack.http import add_slack_route

SCOPES: list[str] = yaml.safe_load(bundled_manifest().read_text("utf-8"))["oauth_config"]["scopes"][
    "bot"
]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
APP = "api.slack.com/apps › your app"


def workspace(*, lacks: str = "", **changed: Any) -> Workspace:
    """The sample company's, with the app of the manifest less one scope."""
    app = BotApp(scopes=tuple(scope for scope in SCOPES if scope != lacks))
    return Workspace.model_validate({"app": app, **changed})


def incidents(**changed: Any) -> tuple[Channel, ...]:
    return (Channel.model_validate({"id": "C0INCIDENT", "name": "incidents", **changed}),)


class Told:
    """What the doctor says: check → its mark and words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._set = monkeypatch.setenv
        self._capsys = capsys

    async def __call__(self, slack: LocalSlack, **changed: str) -> dict[str, str]:
        environ = {
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "OPSBOT_APPROVERS": "@data-oncall",
        }
        for name, value in {**environ, **changed}.items():
            self._set(name, value)
        await asyncio.to_thread(doctor.run, argparse.Namespace())
        lines = [line.split(maxsplit=2) for line in self._capsys.readouterr().out.splitlines()]
        return {line[1]: f"{line[0]} {line[2]}" for line in lines if len(line) == 3}


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Told:
    monkeypatch.chdir(tmp_path)
    return Told(monkeypatch, capsys)


async def test_where_nothing_is_missing_each_thing_is_said_to_be_there(told: Told) -> None:
    async with LocalSlack(workspace()) as slack:
        said = await told(slack, OPSBOT_ONCALL="U0MAYA0001")
    assert said["slack"] == "✓ opsbot in Sample Company"
    assert said["scopes"] == f"✓ all {len(SCOPES)} that opsbot uses"
    assert said["events"] == "✓ Slack opens a socket for the app token"
    assert said["channel"] == "✓ posts in #incidents"
    assert said["people"] == "✓ 2 in OPSBOT_APPROVERS, 1 in OPSBOT_ONCALL"


async def test_a_refused_token_is_told_with_where_its_like_is_found(told: Told) -> None:
    async with LocalSlack(workspace()) as slack:
        said = await told(slack, SLACK_BOT_TOKEN="xoxb-old", SLACK_APP_TOKEN=slack.bot_token)
    assert said["slack"].startswith("✗ SLACK_BOT_TOKEN is refused (invalid_auth)")
    assert f"{APP} › Install App › Bot User OAuth Token" in said["slack"]
    assert said["events"].startswith("✗ SLACK_APP_TOKEN is refused (not_allowed_token_type)")
    assert "with connections:write" in said["events"]


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_missing_scope_is_named_with_how_to_add_it(told: Told, scope: str) -> None:
    async with LocalSlack(workspace(lacks=scope)) as slack:
        said = await told(slack)
    assert said["scopes"] == (
        f"✗ the bot token lacks {scope}: {APP} › OAuth & Permissions › Bot Token Scopes ›"
        " Add an OAuth Scope, then Install App › Reinstall to Workspace"
    )


@pytest.mark.parametrize(
    ("channels", "wanted", "words"),
    [
        (incidents(members=["U0MAYA0001"]), "#incidents", "type `/invite @opsbot` there"),
        (incidents(), "#alarms", "no channel '#alarms' that opsbot can see: create it"),
        (incidents(), "C0NOWHERE0", "no channel 'C0NOWHERE0' that opsbot can see"),
        (incidents(members=["U0OPSBOT01"], is_archived=True), "C0INCIDENT", "is archived"),
    ],
    ids=["not a member", "no such name", "no such id", "archived"],
)
async def test_a_channel_that_cant_be_posted_in_is_told(
    told: Told, channels: tuple[Channel, ...], wanted: str, words: str
) -> None:
    async with LocalSlack(workspace(channels=channels)) as slack:
        said = await told(slack, OPSBOT_CHANNEL=wanted)
    assert said["channel"].startswith("✗ ")
    assert words in said["channel"]


def group(*users: str) -> tuple[UserGroup, ...]:
    return (UserGroup(id="S0DATAONCA", handle="data-oncall", name="Data", users=users),)


@pytest.mark.parametrize(
    ("groups", "approvers", "words"),
    [
        ((), "@data-oncall", "OPSBOT_APPROVERS: there is no user group @data-oncall: make it in"),
        (group(), "@data-oncall", "the user group @data-oncall is empty: add its members"),
        (group("U0GUEST001"), "@data-oncall", "only guests, bots or deactivated people are in"),
        (group(), "U0MAYA0001,U0NOBODY00", "'U0NOBODY00' is no full member"),
    ],
    ids=["no group", "empty", "guests", "no such person"],
)
async def test_approvers_who_are_nobody_are_told(
    told: Told, groups: tuple[UserGroup, ...], approvers: str, words: str
) -> None:
    async with LocalSlack(workspace(groups=groups)) as slack:
        said = await told(slack, OPSBOT_APPROVERS=approvers)
    assert said["people"].startswith("✗ ")
    assert words in said["people"]


async def test_who_is_on_call_and_nobody_is_told_as_such(told: Told) -> None:
    async with LocalSlack(workspace()) as slack:
        said = await told(slack, OPSBOT_ONCALL="@dba-oncal")
    assert said["people"].startswith("✗ OPSBOT_ONCALL: there is no user group @dba-oncal")


@asynccontextmanager
async def serving(slack: LocalSlack, secret: str | None) -> AsyncIterator[str]:
    """What Slack's request URL leads to, with this signing secret; without one, in socket mode."""
    site = web.Application()
    if secret:
        add_slack_route(site, make_app(make_client(slack.bot_token, slack.api_url), secret))
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("secret", "begins", "words"),
    [
        (SECRET, "✓", "Request URL: https://<your host>/slack/events"),
        ("0" * 32, "✗", "Basic Information › App Credentials › Signing Secret"),
        (None, "✗", "set OPSBOT_SLACK_MODE=http"),
    ],
    ids=["the same secret", "another secret", "socket mode"],
)
async def test_in_http_mode_the_request_url_is_tried_as_slack_tries_it(
    told: Told, secret: str | None, begins: str, words: str
) -> None:
    async with LocalSlack(workspace()) as slack, serving(slack, secret) as address:
        said = await told(
            slack,
            OPSBOT_SLACK_MODE="http",
            SLACK_SIGNING_SECRET=SECRET,
            OPSBOT_HTTP_ADDR=address,
        )
    assert said["events"].startswith(begins)
    assert words in said["events"]


async def test_in_http_mode_what_doesnt_run_is_told_to_be_started(told: Told) -> None:
    async with LocalSlack(workspace()) as slack:
        said = await told(
            slack,
            OPSBOT_SLACK_MODE="http",
            SLACK_SIGNING_SECRET=SECRET,
            OPSBOT_HTTP_ADDR="127.0.0.1:9",
        )
    assert said["events"].startswith("✗ nothing answers at 127.0.0.1:9/slack/events: start")
