"""The use cases on a real Valkey or in memory, over a fake world, with a clock and a queue a test
can hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_inbox import RedisInbox
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.domain.ports import Controls, Draft, Inbox
from bot.domain.seal import Seal
from bot.domain.values import Alert, Diagnosis, Intended, PlanDraft, RunbookRef, Thread, Words
from bot.domain.work import Work
from bot.files import bundled_policy
from bot.incidents.approvals import Approvals
from bot.incidents.books import Books
from bot.incidents.brakes import Brakes
from bot.incidents.calling import Calling
from bot.incidents.executor import Executor
from bot.incidents.intake import Intake
from bot.incidents.intervention import Intervention
from bot.incidents.investigation import Investigation
from bot.incidents.jobs import Jobs
from bot.incidents.monitor import Monitor
from bot.incidents.narrowing import Narrowing
from bot.incidents.planning import Planner
from bot.incidents.preconditions import Preconditions
from bot.incidents.readings import Readings
from bot.incidents.recovery import Recovery
from bot.incidents.rollback import Rollback
from bot.incidents.service import Incidents
from bot.incidents.sweeper import Sweeper
from bot.incidents.undoing import Undoing
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy
from bot.redaction.redactor import Redactor
from tests.fakes.memory import Memory, MemoryLedger
from tests.fakes.story import START, WORDS, alert, diagnosis, guard
from tests.fakes.tools import CreateTicket, Look, PaintLamp, UpdateTicket, World
from tools.kit.catalog import Catalog
from tools.kit.tool import Tool

INVENTORY = Inventory.model_validate(
    {
        "services": {
            "lamps": {"environment": "production", "instances": ["hall", "attic", "cellar"]},
            "bells": {"environment": "production"},
        }
    }
)
RUNBOOK = RunbookRef(id="red-lamp", title="Red lamp", pin="git:0123abc")
APPROVERS = ("@oncall",)
AUDIT_KEY = "the audit key of the tests"
SEAL = Seal(AUDIT_KEY)
_MOST_JOBS = 500


class StoppedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class HeldQueue:
    """Keeps what was enqueued until the test works it off."""

    def __init__(self) -> None:
        self.items: list[Work] = []
        self.broken = False

    async def enqueue(self, work: Sequence[Work]) -> None:
        if self.broken:
            raise ConnectionError("the queue is gone")
        self.items.extend(work)


class FewPeople:
    """U1 and U2 are on call, U3 is not; G1 is a guest who is on call; B1 is a bot."""

    def __init__(self) -> None:
        self.groups = {"@oncall": frozenset({"U1", "U2", "G1", "B1"})}
        self.full = {"U1", "U2", "U3"}

    async def members(self, handle: str) -> frozenset[str]:
        return self.groups.get(handle, frozenset({handle}))

    async def eligible(self, user: str) -> bool:
        return user in self.full

    async def name(self, user: str) -> str:
        return user


class Brain:
    """An investigator, a team of them and their writer, that says what the test wants."""

    def __init__(self) -> None:
        self.diagnosis: Diagnosis = diagnosis()
        self.plan: PlanDraft | None = draft()
        self.threads: tuple[Thread, ...] = ()
        self.lost: set[str] = set()
        """Threads whose agent fails."""

    async def investigate(self, incident: Incident) -> Draft:
        return Draft(diagnosis=self.diagnosis, plan=self.plan)

    def assign(self, incident: Incident) -> tuple[Thread, ...]:
        return self.threads

    async def diagnose(self, incident: Incident, thread: Thread) -> Draft:
        if thread.id in self.lost:
            raise RuntimeError("lost its way")
        return Draft(diagnosis=self.diagnosis)

    async def combine(self, incident: Incident) -> Draft:
        return Draft(diagnosis=self.diagnosis, plan=self.plan)

    async def draft(self, incident: Incident) -> Words:
        return WORDS


def draft(*lamps: str, **changes: Any) -> PlanDraft:
    """Paint these lamps green (the hall where none is named), while there is little dust."""
    given: dict[str, Any] = {
        "steps": tuple(
            Intended(tool="paint", params={"lamp": lamp, "colour": "green"}, cites=f"red-lamp#{i}")
            for i, lamp in enumerate(lamps or ("hall",), start=1)
        ),
        "guards": (guard(),),
        "verify": (guard(title="dust settled", expect="grams < 20"),),
        "runbook": RUNBOOK,
        "requester": "runbook",
        "resolution": "painted it green",
    }
    return PlanDraft.model_validate({**given, **changes})


def rules(*given: dict[str, Any]) -> Policy:
    """These rules before those opsbot ships with, where what they allow runs by itself."""
    shipped = Policy.read(bundled_policy())
    own = Policy.model_validate(
        {"version": 1, "autonomy": {"default": "autonomous"}, "rules": given}
    )
    mine = {"rules": (*own.rules, *shipped.rules), "revision": shipped.revision}
    return own.model_copy(update=mine)


ALLOWING = ({"id": "auto", "effects": ["write"], "then": "allow"},)


def _stored(
    store: Redis | Memory, sync: bool
) -> tuple[RedisLedger | MemoryLedger, Inbox, Controls]:
    if isinstance(store, Memory):
        return store.ledger, store.inbox, store.controls
    return (
        RedisLedger(store, sync_each_commit=sync, seal=SEAL),
        RedisInbox(store, sync_each_put=sync),
        RedisControls(store, sync_each_write=sync),
    )


class House:
    """One deployment. A second one on the same `store` and `world` is a second worker."""

    def __init__(
        self,
        store: Redis | Memory,
        *,
        world: World | None = None,
        clock: StoppedClock | None = None,
        policy: Policy | None = None,
        inventory: Inventory = INVENTORY,
        tools: Sequence[type[Any]] = (Look, PaintLamp, CreateTicket, UpdateTicket),
        sync: bool = False,
    ) -> None:
        """`sync`: ask for the disk at each write, for a server that doesn't sync each."""
        self.redis: Any = store
        self.world = world or World()
        self.clock = clock or StoppedClock()
        self.policy = policy or rules()
        self.inventory = inventory
        self.queue = HeldQueue()
        self.brain = Brain()
        self.people = FewPeople()
        self.ledger, self.inbox, self.controls = _stored(store, sync)
        self.incidents = Incidents(
            self.ledger, self.queue, self.clock, oncall=("@oncall",), breaker=self.policy.breaker
        )
        self.brakes = Brakes(self.incidents, self.controls, inventory)
        self.intake = Intake(self.inbox, self.incidents, inventory)
        self.approvals = Approvals(self.incidents, self.people)
        self.sweeper = Sweeper(self.ledger, self.queue, self.clock)
        made: list[Tool[Any]] = [tool(self.world) for tool in tools]
        self.jobs = self._jobs(Catalog(made))

    def _jobs(self, catalog: Catalog) -> Jobs:
        readings = Readings(catalog, self.clock, Redactor().clean_all)
        planner = Planner(
            catalog, readings, self.policy, self.inventory, APPROVERS, self.clock, self.controls
        )
        preconditions = Preconditions(catalog, readings, planner, self.clock)
        self.narrowing = Narrowing(self.incidents, catalog, planner, self.people)
        self.undoing = Undoing(self.incidents, catalog, self.approvals, planner.discretion)
        self.intervention = Intervention(self.incidents, self.people)
        self.rollback = Rollback(self.incidents, catalog)
        self.executor = Executor(self.incidents, catalog, preconditions, planner)
        return Jobs(
            self.incidents,
            Investigation(self.incidents, self.brain, self.brain, self.brain, planner),
            self.executor,
            self.rollback,
            Recovery(self.incidents, catalog),
            Monitor(self.incidents, catalog, readings),
            Books(self.incidents, catalog, planner),
            Calling(self.incidents, APPROVERS, INVENTORY),
        )

    async def receive(self, *alerts: Alert) -> None:
        await self.inbox.put(alerts)
        while await self.intake.drain(wait_seconds=0.001):
            pass

    async def work(self) -> None:
        """Do everything that is due now, and what follows from it."""
        for _ in range(_MOST_JOBS):
            if not self.queue.items:
                await self.sweeper.sweep()
            if not self.queue.items:
                return
            await self.jobs.run(self.queue.items.pop(0).key)
        raise AssertionError("the work never ends")

    async def later(self, seconds: float) -> None:
        """Let time pass, then do what is due."""
        self.clock.advance(seconds)
        await self.work()

    async def incident(self, name: str = "INC-1") -> Incident:
        return await self.ledger.load(name)

    async def fix(self) -> PlanState:
        fix = (await self.incident()).fix
        assert fix is not None, "there is no plan"
        return fix

    async def asked(self) -> PlanState:
        """An incident is open and its plan waits for an answer."""
        await self.receive(alert())
        await self.work()
        return await self.fix()

    async def decide(self, choice: Any = "approve", user: str = "U1", **changes: Any) -> Incident:
        """Answer the plan that waits now."""
        fix = await self.fix()
        given = {"plan_id": fix.plan.id, "digest": fix.digest, **changes}
        return await self.approvals.decide("INC-1", choice=choice, user=user, **given)

    async def approved(self) -> None:
        """The plan is approved; its first step is enqueued and not begun."""
        await self.asked()
        await self.decide()

    async def events(self) -> list[str]:
        return [event.type for event in await self.ledger.decisions("INC-1")]

    async def notes(self) -> list[str]:
        work = await self.ledger.work("INC-1")
        return [n.summary for n in work if isinstance(n, e.ProgressNoted)]
