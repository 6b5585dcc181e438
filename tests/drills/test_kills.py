"""Killed with -9 anywhere: each effect reaches the company once, and the incident ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.drills.catalogue import DRILLS
from tests.drills.drill import Drill

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SWITCH = "variable.set daily_revenue_aggregation.source: replica-2 → replica-1"


@pytest.mark.parametrize("name", DRILLS)
async def test_killed_at(name: str, outcomes: dict[str, asyncio.Task[Drill]]) -> None:
    drill = await outcomes[name]
    reruns = {what: n for what, n in drill.effects.items() if what.startswith("run.started ")}
    assert drill.effects[SWITCH] == 1
    assert list(reruns.values()) == [1]
    assert sum(drill.effects.values()) == 2, "something else reached the company"
    incident = drill.record["incident"]
    assert incident["status"] == "resolved", drill.record["escalation"]
    assert incident["id"] == "INC-1"
    assert [a["outcome"] for a in drill.record["actions"]] == ["succeeded", "succeeded"]
    assert {a["decided_by"] for a in drill.record["actions"]} == {"U0MAYA0001"}
    assert set(drill.tickets.values()) == {1}, "a ticket was opened twice"
    assert sorted(t["status"] for t in drill.record["tickets"]) == ["Done", "To Do"]
    firsts = [text.splitlines()[0] for text in drill.texts]
    assert len(firsts) == len(set(firsts)), f"a message was posted twice: {firsts}"
    assert len([text for text in firsts if "resolved in" in text]) == 1
