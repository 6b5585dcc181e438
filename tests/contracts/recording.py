"""A pytest plugin: keeps what tests hold up to Slack's limits, for a compiler to look at too."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from slack_sdk.models.blocks import Block

from bot.sandbox.slack.checks import blocks as blocks_checks
from bot.sandbox.slack.checks import views as views_checks

FILE = "VIEWS_RECORDED_IN"
_recorded: dict[str, None] = {}


def _keep(kind: str, value: Any) -> None:
    _recorded[json.dumps([kind, value], sort_keys=True)] = None


def _message(value: Any, surface: str) -> Any:
    _keep(surface, value)
    return value


def _view(value: Any, kind: str) -> Any:
    _keep(kind, value)
    return value


def pytest_configure() -> None:
    """The checks themselves are left out: they have their own turn, and take their time."""
    blocks_checks.accept_blocks = _message
    views_checks.accept_view = _view
    Block.parse_all = lambda *_: []  # type: ignore[method-assign]


def pytest_sessionfinish() -> None:
    lines = "".join(f"{line}\n" for line in _recorded)
    Path(os.environ[FILE]).write_text(lines, encoding="utf-8")
