"""What the gate is told of a plan and its incident: looked up by code, not said by anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.values import Ask, Plan, PlanDraft, Verdict
from bot.incidents.planning import Planner, redraft
from bot.incidents.readings import Readings
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy
from tests.fakes import story
from tests.fakes.controls import CalmControls
from tests.fakes.house import RUNBOOK, StoppedClock, draft
from tests.fakes.tools import Look, PaintLamp, World
from tools.kit.catalog import Catalog

LAMPS = {
    "environment": "production",
    "instances": ["hall", "attic", "cellar"],
    "impact": "It is dark.",
    "sla_minutes": 60,
}
BELLS = {"environment": "production", "sla_minutes": 30}


class Office:
    """A planner over a policy that allows everything, unless told."""

    def __init__(self, policy: dict[str, Any], **services: dict[str, Any]) -> None:
        self.clock = StoppedClock()
        given = {
            "version": 1,
            "autonomy": {"default": "autonomous"},
            "rules": [{"id": "all", "then": "allow"}],
        }
        inventory = {"services": {"lamps": LAMPS, "bells": BELLS, **services}}
        world = World()
        catalog = Catalog([Look(world), PaintLamp(world)])
        self.planner = Planner(
            catalog,
            Readings(catalog, self.clock),
            Policy.model_validate({**given, **policy}),
            Inventory.model_validate(inventory),
            ("@oncall",),
            self.clock,
            CalmControls(),
        )

    async def plan(self, *lamps: str, **changes: Any) -> Plan:
        return await self.planner.plan("P1", draft(*lamps, **changes))

    async def verdict(self, incident: Incident | None = None, *lamps: str) -> Verdict:
        plan = await self.plan(*lamps)
        return await self.planner.judge(incident or story.told(story.opened()), plan, "high")


async def test_many_steps_of_one_target_each_reach_as_far_as_all_of_them() -> None:
    asking = Office({"rules": [{"id": "all", "then": "ask"}]})
    one, two = await asking.verdict(), await asking.verdict(None, "hall", "attic")
    assert isinstance(one, Ask)
    assert isinstance(two, Ask)
    assert (one.risk, two.risk) == ("low", "medium")


@pytest.mark.parametrize(("minutes", "kind"), [(47, "allow"), (48, "escalate")])
async def test_the_sla_is_that_of_the_failing_service_since_the_incident_opened(
    minutes: float, kind: str
) -> None:
    office = Office({"escalate_when": {"sla_share": 0.8}})
    office.clock.advance(minutes * 60)
    assert (await office.verdict()).kind == kind


async def test_of_several_failing_services_the_shortest_sla_counts() -> None:
    office = Office({"escalate_when": {"sla_share": 0.8}})
    office.clock.advance(25 * 60)
    rings = e.AlertJoined(at=story.at(1), actor="x", alert=story.alert("fp-2", service="bells"))
    assert (await office.verdict(story.told(story.opened(), rings))).kind == "escalate"
    assert (await office.verdict()).kind == "allow"


async def test_a_failing_service_without_an_sla_takes_none_from_the_others() -> None:
    office = Office({"escalate_when": {"sla_share": 0.8}}, stairs={"environment": "production"})
    office.clock.advance(48 * 60)
    joined = e.AlertJoined(at=story.at(1), actor="x", alert=story.alert("fp-2", service="stairs"))
    assert (await office.verdict(story.told(story.opened(), joined))).kind == "escalate"


async def test_whoever_made_it_less_severe_has_a_say_in_what_is_proposed_from_then_on() -> None:
    office = Office({})
    told = {"actor": "U1", "before": "sev3", "severity": "sev4", "reason": "only a lamp"}
    calmer = e.SeverityChanged.model_validate({"at": office.clock(), **told})
    incident, plan = story.told(story.opened(), calmer), await office.plan()
    before = office.clock() - timedelta(minutes=1)
    office.clock.advance(60)
    anew = await office.planner.judge(incident, plan, "high")
    proposed = await office.planner.judge(incident, plan, "high", proposed_at=before)
    assert (anew.kind, proposed.kind) == ("ask", "allow")


async def test_a_plan_that_people_were_asked_about_in_time_outlives_the_sla() -> None:
    office = Office({"escalate_when": {"sla_share": 0.8}})
    plan, incident = await office.plan(), story.told(story.opened())
    asked = office.clock() + timedelta(minutes=10)
    office.clock.advance(59 * 60)
    late = await office.planner.judge(incident, plan, "high")
    in_time = await office.planner.judge(incident, plan, "high", proposed_at=asked)
    assert (late.kind, in_time.kind) == ("escalate", "allow")


@pytest.mark.parametrize(
    ("incident", "lamps", "kind"),
    [
        ({"service": "lamps", "severity": "sev2"}, LAMPS, "escalate"),
        ({"service": "lamps", "severity": "sev3"}, LAMPS, "allow"),
        ({"service": "bells", "severity": "sev2"}, LAMPS, "escalate"),
        ({"service": "bells", "severity": "sev2"}, {**LAMPS, "impact": ""}, "allow"),
        ({"service": "stairs", "severity": "sev2"}, {**LAMPS, "impact": ""}, "allow"),
    ],
    ids=["it fails", "not severe", "it is touched", "nobody notices", "nobody knows it"],
)
async def test_the_impact_is_what_the_inventory_says_of_services_failing_or_touched(
    incident: dict[str, Any], lamps: dict[str, Any], kind: str
) -> None:
    office = Office({"escalate_when": {"customer_impact": "sev2"}}, lamps=lamps)
    found = await office.verdict(story.told(story.opened(**incident)))
    assert found.kind == kind


async def test_a_fix_that_failed_is_counted() -> None:
    office = Office({"escalate_when": {"failed_fixes": 1}})
    failed = story.told(
        story.opened(),
        story.diagnosed(),
        story.proposed(verdict=story.ALLOW),
        story.started(),
        story.finished(outcome="failed"),
    )
    assert (await office.verdict()).kind == "allow"
    assert (await office.verdict(failed)).kind == "escalate"


LIMITED = {"id": "all", "then": "allow", "limit": {"count": 3, "per": "1h"}}


async def test_a_fix_is_counted_on_each_service_it_touches_and_the_books_on_each_incident() -> None:
    office, incident = Office({"rules": [LIMITED]}), story.told(story.opened())
    books = story.plan("books-open")
    assert office.planner.services(await office.plan(), 0) == ("lamps",)
    assert office.planner.services(books, 0) == ()
    [of_fix] = office.planner.limits(incident, await office.plan(), 0, "high")
    [of_books] = office.planner.limits(incident, books, 0, "high")
    assert (of_fix.key, of_books.key) == ("all:paint:lamps", "all:paint:INC-1")


async def test_what_no_rule_lets_run_has_nothing_to_count() -> None:
    office = Office({"rules": [{**LIMITED, "tools": ["another"]}]})
    assert office.planner.limits(story.told(story.opened()), await office.plan(), 0, "high") == ()


def tainted(**changes: Any) -> PlanDraft:
    steps = draft().steps
    return draft(steps=tuple(s.model_copy(update={"tainted": True}) for s in steps), **changes)


def uncited() -> PlanDraft:
    return draft(steps=tuple(s.model_copy(update={"cites": ""}) for s in draft().steps))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (tainted(), "came out of an alert or a tool"),
        (draft(partial=True), "some of its runbook's steps are left out"),
        (draft(runbook=RUNBOOK.model_copy(update={"pin": None})), "nobody committed its runbook"),
        (draft(runbook=None), "it is in no runbook"),
        (uncited(), "it is in no runbook"),
    ],
    ids=["tainted", "partial", "unpinned", "no runbook", "beside its runbook"],
)
async def test_what_is_not_a_committed_runbook_to_the_letter_asks_and_asks_again_when_made_anew(
    wanted: PlanDraft, words: str
) -> None:
    office, incident = Office({}), story.told(story.opened())
    for asked_for in (wanted, redraft(await office.planner.plan("P1", wanted))):
        plan = await office.planner.plan("P2", asked_for)
        found = await office.planner.judge(incident, plan, "high")
        assert found.kind == "ask"
        assert words in found.reason


@pytest.mark.parametrize(
    "wanted",
    [
        draft("hall", "attic", guards=()),
        draft(guards=(), verify_within=60, partial=True, requester="U1", resolution="by night"),
    ],
    ids=["all of its runbook", "some of it"],
)
async def test_a_plan_keeps_all_that_was_wanted_of_it_and_so_can_be_wanted_again(
    wanted: PlanDraft,
) -> None:
    assert redraft(await Office({}).planner.plan("P1", wanted)) == wanted


async def test_what_is_left_of_a_plan_is_some_of_its_runbook() -> None:
    whole = await Office({}).plan("hall", "attic")
    left = redraft(whole, keep=[1])
    assert ([step.params["lamp"] for step in left.steps], left.partial) == (["attic"], True)
