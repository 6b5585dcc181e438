"""The app that people create from manifest.yml may do what the code does, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import listeners
from bot.slack.listeners.deps import Deps

ROOT = Path(__file__).parents[2]
METHOD_SCOPES: dict[str, tuple[str, ...]] = {
    "apps_connections_open": (),
    "agents_sessions_setStatus": ("chat:write",),
    "assistant_threads_setStatus": ("assistant:write",),
    "assistant_threads_setSuggestedPrompts": ("assistant:write",),
    "auth_test": (),
    "chat_appendStream": ("chat:write",),
    "chat_getPermalink": (),
    "chat_postEphemeral": ("chat:write",),
    "chat_postMessage": ("chat:write",),
    "chat_startStream": ("chat:write",),
    "chat_stopStream": ("chat:write",),
    "chat_update": ("chat:write",),
    "conversations_history": ("channels:history", "groups:history"),
    "conversations_info": ("channels:read", "groups:read"),
    "conversations_list": ("channels:read", "groups:read"),
    "conversations_members": ("channels:read", "groups:read"),
    "conversations_replies": ("channels:history", "groups:history"),
    "usergroups_list": ("usergroups:read",),
    "usergroups_users_list": ("usergroups:read",),
    "users_info": ("users:read",),
    "users_lookupByEmail": ("users:read.email",),
    "views_open": (),
    "views_publish": (),
    "views_update": (),
}
"""Bot scopes of each Web API method, for public and private channels, from its reference page."""
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "agent_session_stopped": (),
    "app_context_changed": (),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
FEATURE_SCOPES = {
    "agent_view": ("assistant:write",),
    "shortcuts": ("commands",),
    "slash_commands": ("commands",),
}
MESSAGE_EVENTS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
"""`channel_type` of a message → the event that has to be subscribed to see it."""


class Recording(AsyncApp):
    """A Bolt app that keeps what is registered: kind and constraint."""

    def __init__(self) -> None:
        self.registered: list[tuple[str, Any]] = []
        super().__init__(
            authorize=_authorize, request_verification_enabled=False, process_before_response=True
        )

    def event(self, event: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("event", event))
        return super().event(event, *rest, **more)

    def message(self, keyword: Any = "", *rest: Any, **more: Any) -> Any:
        self.registered.append(("event", "message"))
        return super().message(keyword, *rest, **more)

    def action(self, constraints: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("action", constraints))
        return super().action(constraints, *rest, **more)

    def options(self, constraints: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("options", constraints))
        return super().options(constraints, *rest, **more)

    def view(self, constraints: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("view", constraints))
        return super().view(constraints, *rest, **more)

    def shortcut(self, constraints: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("shortcut", constraints))
        return super().shortcut(constraints, *rest, **more)

    def command(self, command: Any, *rest: Any, **more: Any) -> Any:
        self.registered.append(("command", command))
        return super().command(command, *rest, **more)

    def names(self, *kinds: str) -> set[Any]:
        return {name for kind, name in self.registered if kind in kinds}


class HeardError(Exception):
    """A listener went to work on what came in."""


class Ear:
    """Stands for all that listeners hand over to: notes that it was called, and stops there."""

    def __init__(self) -> None:
        self.heard = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def hear(*_: Any, **__: Any) -> None:
            self.heard = True
            raise HeardError(name)

        return hear


async def _authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="UBOT"
    )


def _registered(ear: Ear) -> Recording:
    app = Recording()
    handed: Any = ear
    needed = [field.name for field in fields(Deps)]
    listeners.register(app, Deps(**dict.fromkeys(needed, handed)))
    return app


@pytest.fixture
def manifest() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return parsed


@pytest.fixture
def app() -> Recording:
    return _registered(Ear())


async def _is_heard(channel_type: str) -> bool:
    """Whether a person's message in such a conversation reaches what listeners hand over to."""
    ear = Ear()
    message = {
        "type": "message",
        "channel": "C1",
        "channel_type": channel_type,
        "user": "U1",
        "text": "why is etl failing",
        "ts": "1.1",
    }
    body = {"type": "event_callback", "team_id": "T1", "event": message}
    await _registered(ear).async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    return ear.heard


async def _events_handled(app: Recording) -> set[str]:
    others = app.names("event") - {"message"}
    heard = {event for kind, event in MESSAGE_EVENTS.items() if await _is_heard(kind)}
    return others | heard


def _web_api_calls() -> Iterator[str]:
    """Each method of Slack's client that bot/slack calls, by the client's own name for it."""
    for path in sorted((ROOT / "bot/slack").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if ast.unparse(node.func) == "super().api_call":
                    continue  # What was named elsewhere, on its way out.
                assert name != "api_call", f"{path}: name the method, so that its scope is known"
                if "_" in name.strip("_") and hasattr(AsyncWebClient, name):
                    yield name
            elif isinstance(node.func, ast.Name) and node.func.id == "say":
                yield "chat_postMessage"


async def test_every_event_that_is_handled_is_subscribed_and_the_other_way_round(
    manifest: dict[str, Any], app: Recording
) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert set(subscribed) == await _events_handled(app)
    assert len(subscribed) == len(set(subscribed))


async def test_the_bot_asks_for_the_scopes_it_uses_and_for_no_other(
    manifest: dict[str, Any], app: Recording
) -> None:
    calls = set(_web_api_calls())
    assert calls >= {"chat_postMessage", "chat_update", "views_open"}
    assert calls <= METHOD_SCOPES.keys(), "look up the scopes of the new method"
    used = {scope for call in calls for scope in METHOD_SCOPES[call]}
    used |= {scope for event in await _events_handled(app) for scope in EVENT_SCOPES[event]}
    used |= {s for feature in manifest["features"] for s in FEATURE_SCOPES.get(feature, ())}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == used
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_buttons_and_forms_are_delivered_because_some_are_handled(
    manifest: dict[str, Any], app: Recording
) -> None:
    interactive = bool(app.names("action", "view", "shortcut", "options"))
    assert manifest["settings"]["interactivity"]["is_enabled"] is interactive


def test_commands_and_shortcuts_are_those_that_are_handled(
    manifest: dict[str, Any], app: Recording
) -> None:
    features = manifest["features"]
    commands = {command["command"] for command in features.get("slash_commands", [])}
    shortcuts = {shortcut["callback_id"] for shortcut in features.get("shortcuts", [])}
    assert commands == app.names("command")
    assert shortcuts == app.names("shortcut")


def test_a_command_names_people_by_their_ids_and_says_how_it_is_used(
    manifest: dict[str, Any],
) -> None:
    for command in manifest["features"].get("slash_commands", []):
        assert command["should_escape"] is True, "else @maya is a name, which anybody can take"
        assert command["usage_hint"]
        assert "url" not in command, "in socket mode there is none, over HTTP it is the user's"


def test_shortcuts_are_in_the_menu_of_a_message(manifest: dict[str, Any]) -> None:
    for shortcut in manifest["features"].get("shortcuts", []):
        assert shortcut["type"] == "message"
        assert 0 < len(shortcut["name"]) <= 24


def test_the_home_tab_is_shown_where_something_is_published_there(
    manifest: dict[str, Any],
) -> None:
    published = "views_publish" in set(_web_api_calls())
    assert manifest["features"]["app_home"]["home_tab_enabled"] is published


def test_the_app_connects_by_socket_and_can_be_written_to(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["org_deploy_enabled"] is False
    assert settings["token_rotation_enabled"] is False
    assert manifest["features"]["bot_user"]["display_name"] == "opsbot"
    home = manifest["features"]["app_home"]
    assert home["home_tab_enabled"] is True
    assert home["messages_tab_enabled"] is True
    assert home["messages_tab_read_only_enabled"] is False


def test_the_agent_view_stays_within_slacks_limits(manifest: dict[str, Any]) -> None:
    view = manifest["features"]["agent_view"]
    assert 0 < len(view["agent_description"]) <= 300
    assert 0 < len(view["suggested_prompts"]) <= 4
    assert all(set(prompt) == {"title", "message"} for prompt in view["suggested_prompts"])
    assert "assistant_view" not in manifest["features"]
    assert len(manifest["display_information"]["description"]) <= 140
