"""What can't be shown doesn't run: a plan never holds a secret, and no undo is kept that does."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain.plan_state import PlanStatus
from bot.incidents.discretion import Discretion
from bot.redaction.redactor import Redactor
from tests.fakes.house import House, draft
from tests.fakes.story import alert, guard
from tests.fakes.tools import Colour, CreateTicket, Look, Paint, PaintLamp, UpdateTicket
from tools.kit.errors import Refused
from tools.kit.tool import Context
from tools.kit.types import DryRun

DISCRETION = Discretion(Redactor().clean_all)
SECRET = "AKIA" + "QYLPMN5HFIQR7XYZ"


async def unplanned(house: House) -> str:
    """Why there is no plan; a person was called instead."""
    await house.receive(alert())
    await house.work()
    await house.later(60)
    incident = await house.incident()
    assert incident.diagnosis is not None
    assert incident.fix is None
    assert incident.calls
    return " ".join(incident.diagnosis.not_known)


class Hoarder(PaintLamp):
    """Paint a lamp, and remember too much for the undo."""

    async def checkpoint(self, params: Paint, ctx: Context) -> Colour:
        return Colour(colour=SECRET)


class Gossip(PaintLamp):
    """Paint a lamp, and say too much of it."""

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        return found.model_copy(update={"warnings": (f"its key is {SECRET}",)})


class Rekey(PaintLamp):
    """Paint a lamp, and call its colour a key."""

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        keyed = [change.model_copy(update={"field": "session_key"}) for change in found.changes]
        return found.model_copy(update={"changes": tuple(keyed)})


async def test_a_step_whose_parameters_hold_a_secret_is_left_to_a_person(house: House) -> None:
    plan = draft()
    secret = plan.steps[0].model_copy(update={"params": {"lamp": "hall", "colour": SECRET}})
    house.brain.plan = plan.model_copy(update={"steps": (secret,)})
    why = await unplanned(house)
    assert "paint: its parameters hold a secret; do this by hand" in why
    assert SECRET not in why


async def test_so_is_one_that_would_show_a_secret_as_the_value_before(house: House) -> None:
    house.world.lamps["hall"] = SECRET
    assert "paint: what it changes holds a secret" in await unplanned(house)


@pytest.mark.parametrize(("before", "after"), [("battery horse", "green"), ("red", "a horse")])
async def test_so_is_one_whose_change_is_a_secret_by_the_name_of_its_field(
    redis: Redis, before: str, after: str
) -> None:
    house = House(redis, tools=(Look, Rekey, CreateTicket, UpdateTicket))
    house.world.lamps["hall"] = before
    plan = draft()
    keyed = plan.steps[0].model_copy(update={"params": {"lamp": "hall", "colour": after}})
    house.brain.plan = plan.model_copy(update={"steps": (keyed,)})
    assert "paint: what it changes holds a secret" in await unplanned(house)


@pytest.mark.parametrize(
    ("lamp", "change"),
    [
        (SECRET, {"target": "hall", "field": "colour", "before": "red", "after": "green"}),
        ("hall", {"target": SECRET, "field": "colour", "before": "red", "after": "green"}),
        ("hall", {"target": "hall", "field": "max_token", "before": 1, "after": 200000}),
    ],
    ids=["its target", "what of it changes", "a number, by its name"],
)
def test_so_is_one_whose_dry_run_would_show_a_secret_in_any_other_place(
    lamp: str, change: dict[str, Any]
) -> None:
    targets = [{"kind": "lamp", "name": lamp}]
    given = DryRun.model_validate({"summary": "x", "targets": targets, "changes": [change]})
    with pytest.raises(Refused, match="what it changes holds a secret"):
        DISCRETION.dry_run("paint", given)


@pytest.mark.parametrize("params", [{"max_token": 200000}, {"db": {"password": ["some words"]}}])
def test_a_parameter_is_a_secret_by_the_name_it_is_shown_under(params: dict[str, Any]) -> None:
    assert DISCRETION.params_hold_secret(params)
    assert not DISCRETION.params_hold_secret({"lamp": 200000, "db": {"host": ["some words"]}})


@pytest.mark.parametrize(
    "params", [{"max_token": 20000}, {"db": {"max_token": 20000}}, {"max_token": [20000, 30]}]
)
def test_what_is_too_short_for_a_secret_is_none_however_deep_it_lies(
    params: dict[str, Any],
) -> None:
    assert not DISCRETION.params_hold_secret(params)


async def test_so_is_one_whose_guard_compares_a_secret(house: House) -> None:
    telling = guard(expect=f"grams < 10 && '{SECRET}' != ''")
    house.brain.plan = draft(guards=(telling,))
    assert "dust: what it compares holds a secret" in await unplanned(house)


@pytest.mark.parametrize("words", ["title", "show", "shown"])
def test_what_a_reading_says_loses_its_secrets_and_it_compares_as_before(words: str) -> None:
    telling = guard(**{words: f"dust of {SECRET}"})
    clean = DISCRETION.reading(telling)
    assert getattr(clean, words).startswith("dust of [secret ")
    assert clean.model_copy(update={words: getattr(telling, words)}) == telling


async def test_words_of_a_plan_lose_theirs_and_it_is_asked_about_and_runs(redis: Redis) -> None:
    house = House(redis, tools=(Look, Gossip, CreateTicket, UpdateTicket))
    house.brain.plan = draft(guards=(guard(title=f"dust of {SECRET}"),))
    fix = await house.asked()
    assert SECRET not in fix.plan.model_dump_json()
    assert "its key is [secret " in fix.plan.steps[0].dry_run.warnings[0]
    await house.decide()
    await house.work()
    assert house.world.painted == ["paint hall green"]


async def test_a_step_whose_undo_would_keep_a_secret_is_not_begun(redis: Redis) -> None:
    house = House(redis, tools=(Look, Hoarder, CreateTicket, UpdateTicket))
    await house.approved()
    await house.work()
    fix = await house.fix()
    assert fix.status is PlanStatus.VOID
    assert fix.void is not None
    assert "its undo would have to keep a secret" in fix.void.reason
    assert house.world.painted == []


async def test_the_books_are_kept_without_what_they_must_not_hold(house: House) -> None:
    await house.receive(alert(annotations={"note": f"its key is {SECRET}"}))
    await house.work()
    opened = [what for _, what in house.world.effects if what.startswith("open ")]
    assert len(opened) == 1
    assert SECRET not in (await house.incident()).plans["books-open"].plan.model_dump_json()
