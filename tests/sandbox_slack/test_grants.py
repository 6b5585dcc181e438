"""opsbot may do in the local Slack what its manifest says, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture
def manifest() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return parsed


async def test_scopes_events_commands_and_shortcuts_are_the_manifests(
    manifest: dict[str, Any],
) -> None:
    features = manifest["features"]
    async with LocalSlack() as slack:
        app = slack.workspace.app
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        granted = (await client.auth_test()).headers["x-oauth-scopes"].split(",")
    assert granted == manifest["oauth_config"]["scopes"]["bot"]
    assert app.events == set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert [command.command for command in app.commands] == [
        command["command"] for command in features.get("slash_commands", [])
    ]
    assert [shortcut.callback_id for shortcut in app.shortcuts] == [
        shortcut["callback_id"] for shortcut in features.get("shortcuts", [])
    ]
    assert app.home_tab is features["app_home"]["home_tab_enabled"]
    assert app.agent_view is ("agent_view" in features)


async def test_what_the_manifest_does_not_ask_for_is_refused(manifest: dict[str, Any]) -> None:
    assert "reactions:write" not in manifest["oauth_config"]["scopes"]["bot"]
    async with LocalSlack() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        posted = await client.chat_postMessage(channel="C0INCIDENT", text="x")
        with pytest.raises(SlackApiError) as refused:
            await client.reactions_add(channel="C0INCIDENT", timestamp=posted["ts"], name="eyes")
    assert refused.value.response["needed"] == "reactions:write"
