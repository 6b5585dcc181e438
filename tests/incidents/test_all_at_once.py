"""Everything that people may do, done by all of them at once: one story, and each effect in it is
warranted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from bot.domain.refusals import CommandRefusedError
from bot.domain.warrant import unwarranted
from bot.incidents.brakes import MembersBrakes
from bot.incidents.responders import Responders
from tests.fakes.house import APPROVERS, House, draft, rules

USERS = ("U1", "U2", "U3", "G1", "B1", "U9")
LED = {
    "id": "led",
    "effects": ["write"],
    "then": "ask",
    "approvers": ["@oncall", "commander"],
}


async def everything(house: House, chance: random.Random) -> Counter[str]:
    """A hundred clicks, in no order; what came of them."""
    desk = Responders(house.incidents, house.people)
    brakes = MembersBrakes(house.brakes, house.people, APPROVERS)
    fix = await house.fix()
    plan = ("INC-1", fix.plan.id, fix.digest)
    does: dict[str, Callable[[str], Awaitable[object]]] = {
        "approve": lambda user: house.approvals.decide(*plan, "approve", user),
        "reject": lambda user: house.approvals.decide(*plan, "reject", user, "no"),
        "halt": lambda user: house.intervention.halt(*plan, user),
        "hand": lambda user: house.intervention.hand(*plan, user),
        "undo": lambda user: house.undoing.undo(*plan, user),
        "again": lambda user: house.approvals.ask_again(*plan[:2], user),
        "resolve": lambda user: desk.resolve("INC-1", user, "over"),
        "reopen": lambda user: desk.reopen("INC-1", user, "it is not"),
        "command": lambda user: desk.take_command("INC-1", user),
        "stop": lambda user: brakes.stop("INC-1", user, "wait"),
        "resume": lambda user: brakes.resume("INC-1", user, "go on"),
    }
    done: Counter[str] = Counter()

    async def press(what: str, user: str) -> None:
        try:
            await does[what](user)
            done[what] += 1
        except CommandRefusedError:
            done["refused"] += 1

    presses = [
        press(chance.choice([*does, "approve", "undo"]), chance.choice(USERS)) for _ in range(100)
    ]
    await asyncio.gather(*presses, house.work())
    return done


@pytest.mark.invariant(7)
@pytest.mark.invariant(13)
@pytest.mark.invariant(14)
@pytest.mark.parametrize("when", ["waiting", "approved", "done"])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_hundred_clicks_of_every_kind_end_in_one_story(
    redis: Redis, when: str, seed: int
) -> None:
    house = House(redis, policy=rules(LED))
    house.brain.plan = draft("hall", "attic")
    await house.asked()
    if when != "waiting":
        await house.decide()
    if when == "done":
        await house.work()
    done = await everything(house, random.Random(seed))
    assert done.total() == 100
    await house.later(60)
    keys = Counter(key for key, _ in house.world.effects)
    assert all(count == 1 for count in keys.values()), house.world.effects
    events = await house.ledger.decisions("INC-1")
    assert unwarranted([(n, [event]) for n, event in enumerate(events, start=1)]) == []
    actors = {event.actor for event in events}
    assert actors.isdisjoint({"G1", "B1", "U9"})
