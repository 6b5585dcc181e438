"""Events on disk: as they were, and as another release writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain import events as e
from bot.domain.incident import Incident
from tests.fakes.story import at, opened, proposed, told

V1 = Path(__file__).parents[1] / "contracts" / "old_events" / "v1.jsonl"


def commits() -> list[str]:
    return V1.read_text(encoding="utf-8").splitlines()


FREE = ("labels", "annotations", "params", "captures", "known", "values", "checkpoint")


def newer(value: Any) -> Any:
    """The same, with a field of a later release in every object but those whose keys are data."""
    if isinstance(value, dict):
        grown = {k: v if k in FREE else newer(v) for k, v in value.items()}
        return {**grown, "since_v9": {"deep": [1]}}
    return [newer(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("commit", commits())
def test_they_come_back_as_they_went(commit: str) -> None:
    events = e.load_decisions(commit)
    assert e.load_decisions(e.dump(events)) == events


def test_fields_of_a_later_release_are_ignored_however_deep() -> None:
    for commit in commits():
        grown = json.dumps([newer(raw) for raw in json.loads(commit)])
        assert e.load_decisions(grown) == e.load_decisions(commit)


def test_an_event_of_a_later_release_is_carried_along_unchanged() -> None:
    raw = {"type": "moon.landed", "at": "2026-11-23T01:47:00Z", "actor": "x", "deep": {"a": [1]}}
    loaded = e.load_decisions(json.dumps([raw]))
    assert json.loads(e.dump(loaded)) == [raw]
    before = told(opened(), proposed())
    after = before.evolve(loaded[0])
    assert after == before.model_copy(update={"updated_at": at(0)})


def test_it_is_carried_along_in_the_work_stream_too() -> None:
    raw = {"type": "moon.landed", "at": "2026-11-23T01:47:00Z", "actor": "x"}
    assert json.loads(e.dump(e.load_work(json.dumps([raw])))) == [raw]


def test_a_known_event_that_lacks_a_field_is_an_error() -> None:
    with pytest.raises(ValidationError, match="fingerprint"):
        e.load_decisions('[{"type": "alert.cleared", "at": "2026-11-23T01:47:00Z", "actor": "x"}]')


def test_a_commit_counts_once_however_many_events_it_holds() -> None:
    incident = Incident.fold("INC-1", [[opened()], proposed()])
    assert incident.version == 2
