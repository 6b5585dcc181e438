"""What an app manifest grants: the one list of the app's scopes, events, commands and shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from bot.files import bundled_manifest
from bot.sandbox.slack.workspace import BotApp, Command, Shortcut


@cache
def shipped_app() -> BotApp:
    """The app of the manifest that opsbot ships, as the local Slack installs it."""
    return app_of(yaml.safe_load(bundled_manifest().read_text("utf-8")))


def app_of(manifest: Mapping[str, Any]) -> BotApp:
    """The app that Slack makes of a manifest. Raises `ValidationError` where it can't."""
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    subscribed = settings.get("event_subscriptions", {}).get("bot_events", ())
    return BotApp(
        commands=tuple(
            Command.model_validate(entry) for entry in features.get("slash_commands", ())
        ),
        shortcuts=tuple(Shortcut.model_validate(entry) for entry in features.get("shortcuts", ())),
        events=frozenset(subscribed),
        scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        home_tab=features.get("app_home", {}).get("home_tab_enabled", False),
        agent_view="agent_view" in features,
    )
