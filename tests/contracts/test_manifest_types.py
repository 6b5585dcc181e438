"""Slack's own types of a manifest, under a compiler, take ours."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contracts.npm import find
from tests.contracts.typescript import compiled

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
PREAMBLE = (
    "import type {AppsManifestCreateArguments} from '@slack/web-api';"
    " type Manifest = AppsManifestCreateArguments['manifest'];"
)
NOT_YET = {"agent_session_stopped", "assistant:write"}
"""An event and a scope that Slack documents, and that these types don't know yet."""


@pytest.fixture
def manifest() -> dict[str, Any]:
    find("@slack/web-api/package.json")
    parsed: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    for holder, name in (
        (parsed["settings"]["event_subscriptions"], "bot_events"),
        (parsed["oauth_config"]["scopes"], "bot"),
    ):
        holder[name] = [entry for entry in holder[name] if entry not in NOT_YET]
    return parsed


def test_slacks_types_take_the_manifest(manifest: dict[str, Any], tmp_path: Path) -> None:
    assert compiled(tmp_path, PREAMBLE, {"ours": ("Manifest", manifest)}) == {}


def test_they_refuse_what_slack_would(manifest: dict[str, Any], tmp_path: Path) -> None:
    faulty: dict[str, tuple[str, Any]] = {}
    for name, path, value in (
        ("a scope", ("oauth_config", "scopes", "bot"), ["chat:shout"]),
        ("an event", ("settings", "event_subscriptions", "bot_events"), ["app_shouted"]),
        ("a feature", ("features", "agent_vieww"), {}),
        ("a command without words", ("features", "slash_commands"), [{"command": "/opsbot"}]),
        ("a kind of shortcut", ("features", "shortcuts"), [{"type": "channel", "name": "n"}]),
        ("a setting", ("settings", "socket_mode_enabled"), "yes"),
    ):
        changed = copy.deepcopy(manifest)
        *above, last = path
        at: Any = changed
        for key in above:
            at = at[key]
        at[last] = value
        faulty[name] = ("Manifest", changed)
    assert compiled(tmp_path, PREAMBLE, faulty).keys() == faulty.keys()
