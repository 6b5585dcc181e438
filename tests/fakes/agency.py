"""One agent at work: the real loop, ledger and spending, over gauges and lamps."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis.asyncio import Redis

from bot.adapters.redis_spending import RedisSpending
from bot.agent.budget import Budget
from bot.agent.conclusion import Conclude, UncitedError, accept
from bot.agent.fieldwork import Fieldwork
from bot.agent.loop import Loop
from bot.agent.model import Model
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.incidents.readings import Readings
from bot.redaction.redactor import Redactor
from tests.fakes.gauges import Gauges, Measure
from tests.fakes.models import WalkingClock
from tests.fakes.mortality import MortalLedger
from tests.fakes.tools import CreateTicket, Look, PaintLamp, World
from tools.kit.catalog import Catalog

INCIDENT = "INC-1"
SYSTEM = "You find out why gauges jump."


@dataclass
class Agency:
    """Each `work` is a fresh process, which knows only what the ledger holds."""

    redis: Redis
    model: Model
    budget: Budget = field(default_factory=Budget)
    gauges: Gauges = field(default_factory=Gauges)
    world: World = field(default_factory=World)
    clock: WalkingClock = field(default_factory=WalkingClock)
    incident: str = INCIDENT
    agent: str = "main"
    prefix: str = ""
    secrets: tuple[str, ...] = ()
    may_propose: bool = True

    def __post_init__(self) -> None:
        self.ledger = MortalLedger(self.redis)
        self.spending = RedisSpending(self.redis)

    async def work(self) -> Conclude:
        """What the agent concludes. Raises what the loop raises."""
        redactor = Redactor(self.secrets)
        catalog = Catalog(
            [Measure(self.gauges), Look(self.world), PaintLamp(self.world),
             CreateTicket(self.world)]
        )  # fmt: skip
        readings = Readings(catalog, self.clock, redactor.clean_all)
        told = Incident(id=self.incident)
        fieldwork = Fieldwork(told, self.ledger, readings, catalog, self.clock)
        await fieldwork.resume(self.prefix)
        self.toolbox = Toolbox(
            catalog, fieldwork, redactor, may_propose=self.may_propose, prefix=self.prefix
        )
        transcript = Transcript(self.incident, self.agent, self.ledger, self.clock)
        await transcript.load()

        def uncited(end: Conclude) -> str | None:
            try:
                accept(end, fieldwork.evidence, strict=True)
            except UncitedError as error:
                return str(error)
            return None

        loop = Loop(
            self.model, SYSTEM, self.toolbox, transcript, self.budget, self.spending, self.clock,
            incident=self.incident, end=Conclude, check=uncited,
        )  # fmt: skip
        return await loop.run("Gauge a jumped.")

    @property
    def proposed(self) -> list[str]:
        """`tool lamp`, in order."""
        return [f"{step.tool} {step.params.get('lamp', '')}" for step in self.toolbox.proposed]

    async def evidence(self) -> list[str]:
        """Ids, in the order in which they were recorded."""
        work = await self.ledger.work(self.incident)
        return [event.id for event in work if isinstance(event, e.EvidenceRecorded)]

    async def turns(self) -> int:
        """How many turns are saved."""
        return len([w for w in await self.ledger.work(self.incident) if isinstance(w, e.TurnTaken)])

    async def spent(self) -> float:
        """Dollars on this incident, as all processes count them."""
        return float(await self.redis.get(f"opsbot:spent:{self.incident}") or 0)
