"""The house with the real investigators in it: runbooks, and a model where one is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bot.adapters.redis_inbox import RedisInbox
from bot.adapters.redis_spending import RedisSpending
from bot.agent.brain import Brain
from bot.agent.budget import Budget
from bot.agent.model import Model
from bot.agent.model_agent import Means, ModelAgent
from bot.agent.runbook_agent import RunbookAgent
from bot.agent.survey import Surveyor
from bot.agent.team import Agents
from bot.agent.writer import CommunicationAgent
from bot.domain import events as e
from bot.domain.ports import Investigator
from bot.domain.values import Alert
from bot.incidents.books import Books
from bot.incidents.calling import Calling
from bot.incidents.executor import Executor
from bot.incidents.intake import Intake
from bot.incidents.investigation import Investigation
from bot.incidents.jobs import Jobs
from bot.incidents.monitor import Monitor
from bot.incidents.planning import Planner
from bot.incidents.preconditions import Preconditions
from bot.incidents.readings import Readings
from bot.incidents.recovery import Recovery
from bot.incidents.rollback import Rollback
from bot.knowledge.folder import load_folder
from bot.policy.inventory import Inventory
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import Redactor
from tests.fakes.gauges import Gauges, Measure
from tests.fakes.house import APPROVERS, House
from tests.fakes.models import WalkingClock
from tests.fakes.mortality import MortalLedger
from tests.fakes.story import alert
from tools.kit.catalog import Catalog

INVENTORY = Inventory.model_validate(
    {
        "services": {
            "lamps": {
                "environment": "production", "instances": ["hall", "attic"],
                "depends_on": ["power"],
            },
            "bells": {"environment": "production", "depends_on": ["power"]},
            "power": {"environment": "production", "instances": ["cellar"]},
        }
    }
)  # fmt: skip

_RUNBOOK = """\
---
id: {id}
title: {title}
match: {match}
checks:
  - id: colour
    title: Colour of {lamp}
    tool: look
    params: {{lamp: {lamp}}}
    capture: {{seen: colour}}
    expect: seen == "red"
    finding: "{lamp} is ${{seen}}"
  - id: clean
    title: Dust on {lamp}
    tool: look
    params: {{lamp: {lamp}}}
    capture: {{grams: dust}}
    expect: grams < 10
    finding: "${{grams}} g of dust"
causes:
  - id: painted
    cause: "someone painted {lamp} ${{seen}}"
    when: colour
    supported_by: [colour, clean]
    confidence: high
guards:
  - id: still_clean
    reading: clean
    expect: grams < 10
    label: Dust
    show: "${{grams}} g (limit 10)"
steps:
  - tool: paint
    params: {{lamp: {lamp}, colour: green}}
verify:
  - id: settled
    title: Dust
    tool: look
    params: {{lamp: {lamp}}}
    capture: {{grams: dust}}
    expect: grams < 20
resolution: "painted {lamp} green"
---
# {title}
Paint it green.
"""
RUNBOOKS = {
    "red-lamp": ("hall", "{alerts: [LampRed]}"),
    "no-power": ("cellar", "{labels: {service: power}}"),
}


def write_runbooks(folder: Path) -> Path:
    for name, (lamp, match) in RUNBOOKS.items():
        title = name.replace("-", " ").capitalize()
        text = _RUNBOOK.format(id=name, title=title, match=match, lamp=lamp)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def lamp_alert(**changes: Any) -> Alert:
    """One that the runbook is for."""
    labels = {"alertname": "LampRed", "lamp": "hall", "service": "lamps"}
    return alert(**{"labels": labels, **changes})


def power_alert(**changes: Any) -> Alert:
    """One of what the lamps rest on."""
    given = {"service": "power", "title": "no power", "labels": {"service": "power"}}
    return alert(**{"fingerprint": "fp-power", **given, **changes})


def bell_alert(**changes: Any) -> Alert:
    """One that no runbook is for."""
    given = {"service": "bells", "title": "the bell is mute", "labels": {"service": "bells"}}
    return alert(**{"fingerprint": "fp-bell", **given, **changes})


class Bureau(House):
    """One deployment; time walks, for real models keep real deadlines."""

    def __init__(
        self,
        redis: Redis,
        folder: Path,
        model: Model | None = None,
        *,
        triage: Model | None = None,
        budget: Budget | None = None,
        secrets: tuple[str, ...] = (),
        **given: Any,
    ) -> None:
        """`folder` holds the runbooks."""
        self.model = model
        self.triage = triage or model
        self.budget = budget or Budget()
        self.gauges = Gauges()
        self.walking = WalkingClock()
        self.redactor = Redactor(secrets)
        self.runbooks, problems = load_folder(folder, "1.0")
        assert problems == ()
        super().__init__(redis, clock=self.walking, **given)  # type: ignore[arg-type]
        self.inbox = RedisInbox(redis, sync_each_put=False, clean=self.redactor.clean_all)
        self.intake = Intake(self.inbox, self.incidents, INVENTORY)

    def _jobs(self, catalog: Catalog) -> Jobs:
        self.ledger = self.mortal = MortalLedger(self.redis, EventCleaner(self.redactor))
        self.incidents.ledger = self.ledger
        tools = Catalog([*catalog, Measure(self.gauges)])
        readings = Readings(tools, self.clock, self.redactor.clean_all)
        planner = Planner(
            tools, readings, self.policy, INVENTORY, APPROVERS, self.clock, self.controls
        )
        preconditions = Preconditions(tools, readings, planner, self.clock)
        surveyor = Surveyor(self.ledger, readings, tools, self.runbooks, INVENTORY, self.clock)
        runbook_agent = RunbookAgent(surveyor, INVENTORY)
        investigator: Investigator = runbook_agent
        brain: Brain | None = None
        means: Means | None = None
        self.model_agent: ModelAgent | None = None
        if self.model:
            means = Means(
                self.model, self.ledger, tools, self.redactor, self.budget,
                RedisSpending(self.redis), INVENTORY, self.clock,
            )  # fmt: skip
            self.model_agent = ModelAgent(means, surveyor)
            brain = Brain(self.model_agent, runbook_agent, self.ledger, self.clock)
            investigator = brain
        scout = (
            ModelAgent(replace(means, model=self.triage), surveyor)
            if means and self.triage
            else None
        )
        self.team = Agents(surveyor, runbook_agent, self.model_agent, scout, INVENTORY, brain)
        self.executor = Executor(self.incidents, tools, preconditions, planner)
        return Jobs(
            self.incidents,
            Investigation(
                self.incidents, investigator, self.team,
                CommunicationAgent(None, readings, INVENTORY), planner,
            ),
            self.executor,
            Rollback(self.incidents, tools),
            Recovery(self.incidents, tools),
            Monitor(self.incidents, tools, readings),
            Books(self.incidents, tools, planner),
            Calling(self.incidents, APPROVERS, INVENTORY),
        )  # fmt: skip

    async def changes_of_brain(self) -> list[str]:
        """Why another investigator took over, each time."""
        work = await self.ledger.work("INC-1")
        return [w.reason for w in work if isinstance(w, e.BrainChanged)]

    async def seen(self) -> list[str]:
        """Ids of the evidence, in the order in which it was recorded."""
        work = await self.ledger.work("INC-1")
        return [w.id for w in work if isinstance(w, e.EvidenceRecorded)]
