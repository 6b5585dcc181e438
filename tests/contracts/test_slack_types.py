"""Slack's own types, under a compiler, take every message, modal and Home that the tests make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import recording
from tests.contracts.npm import find
from tests.contracts.typescript import compiled

ROOT = Path(__file__).parents[2]
TYPES = {"message": "Shown[]", "modal": "In<ModalView>", "home": "In<HomeView>"}
PREAMBLE = (
    "import type {HomeView, KnownBlock, ModalView, PlanBlock, TaskCardBlock} from '@slack/types';"
    " type Task = Omit<TaskCardBlock, 'type'> & {type?: 'task_card'};"
    " type Plan = Omit<PlanBlock, 'tasks'> & {tasks?: Task[]};"
    " type Shown = Exclude<KnownBlock, PlanBlock> | Plan;"
    " type In<T> = Omit<T, 'blocks'> & {blocks: Shown[]};"
)
"""The package takes any block in a view and anything as a task; here both are of its own kinds. A
task of a plan needs no `type`."""
READS_ONLY = "not says_more and not survives"
"""Tests that make the same messages again, to read them."""


def _compiled(folder: Path, given: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    return compiled(folder, PREAMBLE, {k: (TYPES[kind], v) for k, (kind, v) in given.items()})


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Any]]:
    """All that `test_view_limits.py` holds up to Slack's limits, so no view is named twice."""
    find("@slack/types/package.json")
    file = tmp_path_factory.mktemp("views") / "views.jsonl"
    command = [sys.executable, "-m", "pytest", "-p", recording.__name__, "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-k", READS_ONLY, "tests/slack/test_view_limits.py"],
        cwd=ROOT,
        env={**os.environ, recording.FILE: str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    lines = file.read_text(encoding="utf-8").splitlines()
    return {f"line {n}: {line[:200]}": tuple(json.loads(line)) for n, line in enumerate(lines)}


@pytest.mark.timeout(900)
def test_slacks_types_take_every_view_at_its_largest(
    shown: dict[str, tuple[str, Any]], tmp_path: Path
) -> None:
    kinds = [kind for kind, _ in shown.values()]
    assert kinds.count("message") >= 300
    assert kinds.count("modal") >= 60
    assert kinds.count("home") >= 60
    assert _compiled(tmp_path, shown) == {}


def _text(kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": "t"}


BUTTON = {"type": "button", "action_id": "a", "text": _text("plain_text")}
MODAL = {"type": "modal", "title": _text("plain_text"), "blocks": []}
TASK = {"type": "task_card", "task_id": "t", "title": "t", "status": "complete"}
SOUND: dict[str, tuple[str, Any]] = {
    "a section": ("message", [{"type": "section", "text": _text()}]),
    "a button": ("message", [{"type": "actions", "elements": [BUTTON]}]),
    "a plan": ("message", [{"type": "plan", "title": "t", "tasks": [TASK]}]),
    "a modal": ("modal", MODAL),
    "a home": ("home", {"type": "home", "blocks": [{"type": "divider"}]}),
}
FAULTS: dict[str, tuple[str, Any]] = {
    "a header in mrkdwn": ("message", [{"type": "header", "text": _text()}]),
    "a label in mrkdwn": (
        "message",
        [{"type": "actions", "elements": [{**BUTTON, "text": _text()}]}],
    ),
    "an unknown key": ("message", [{"type": "section", "text": _text(), "colour": "red"}]),
    "an unknown key of an element": (
        "message",
        [{"type": "actions", "elements": [{**BUTTON, "colour": "red"}]}],
    ),
    "an unknown block": ("message", [{"type": "paragraph", "text": _text()}]),
    "an unknown style": (
        "message",
        [{"type": "actions", "elements": [{**BUTTON, "style": "warning"}]}],
    ),
    "a status that tasks don't have": (
        "message",
        [{"type": "plan", "title": "t", "tasks": [{**TASK, "status": "completed"}]}],
    ),
    "a modal without a title": ("modal", {"type": "modal", "blocks": []}),
    "a title in mrkdwn": ("modal", {**MODAL, "title": _text()}),
    "an unknown block in a modal": ("modal", {**MODAL, "blocks": [{"type": "paragraph"}]}),
    "a submit button at home": (
        "home",
        {"type": "home", "blocks": [], "submit": _text("plain_text")},
    ),
}


def test_the_compiler_finds_each_planted_fault_and_nothing_else(tmp_path: Path) -> None:
    assert _compiled(tmp_path, {**SOUND, **FAULTS}).keys() == FAULTS.keys()
