"""Makes a plan that can be judged: dry runs taken, guards read, the gate asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.incident import Incident
from bot.domain.intervention import intervened
from bot.domain.plan_state import PlanStatus
from bot.domain.ports import Clock, Controls, Limit
from bot.domain.values import Confidence, Intended, Plan, PlanDraft, Step, Verdict
from bot.incidents.actions import preview
from bot.incidents.discretion import Discretion
from bot.incidents.readings import Readings, parsed
from bot.policy.blast import blast, radius_of
from bot.policy.facts import Circumstances, Facts, Playbook
from bot.policy.gate import judge
from bot.policy.inventory import Inventory
from bot.policy.limits import limits
from bot.policy.rules import Policy
from tools.kit.catalog import Catalog
from tools.kit.errors import Refused
from tools.kit.tool import Context, ReversibleTool
from tools.kit.types import Effect

_DRY_RUN_SECONDS = 15.0


class Planner:
    """Turns what a brain wants into what people and policy can answer."""

    def __init__(
        self,
        catalog: Catalog,
        readings: Readings,
        policy: Policy,
        inventory: Inventory,
        approvers: tuple[str, ...],
        clock: Clock,
        controls: Controls,
    ) -> None:
        self._catalog = catalog
        self._readings = readings
        self.discretion = Discretion(readings.clean)
        self._policy = policy
        self._inventory = inventory
        self._approvers = approvers
        self._clock = clock
        self._controls = controls

    async def plan(self, plan_id: str, draft: PlanDraft) -> Plan:
        """Take every dry run and guard. Raises ToolError; Refused where a guard doesn't hold, or
        where what would run holds a secret."""
        steps = [await self._step(intended) for intended in draft.steps]
        guards = []
        for guard in draft.guards:
            taken = await self._readings.take(guard)
            if not taken.holds:
                raise Refused(f"{guard.title}: {taken.shown}")
            shown = guard.model_copy(update={"shown": taken.shown})
            guards.append(self.discretion.reading(shown))
        return Plan(
            id=plan_id,
            purpose="books" if plan_id.startswith("books-") else "fix",
            steps=tuple(steps),
            guards=tuple(guards),
            verify=tuple(self.discretion.reading(reading) for reading in draft.verify),
            **{name: getattr(draft, name) for name in _CARRIED if name != "verify"},
        )

    async def judge(
        self,
        incident: Incident,
        plan: Plan,
        confidence: Confidence,
        proposed_at: datetime | None = None,
    ) -> Verdict:
        """What policy says of it now, in this incident; `proposed_at`: when it was first judged."""
        facts = [self._facts(plan, step, confidence) for step in plan.steps]
        touched = frozenset[str]().union(*(each.radius.services for each in facts))
        moment = await self._moment(incident, touched, proposed_at)
        verdict = judge(self._policy, facts, self._approvers, moment)
        return verdict.model_copy(update={"policy": self._policy.revision})

    async def _moment(
        self, incident: Incident, touched: frozenset[str], proposed_at: datetime | None
    ) -> Circumstances:
        now, known = self._clock(), self._inventory.services
        failing = {name for name in (incident.service, *incident.services) if name in known}
        slas = (known[name].sla_minutes for name in failing)
        return Circumstances(
            now=now,
            severity=incident.severity,
            opened_at=incident.opened_at,
            sla_minutes=min((minutes for minutes in slas if minutes), default=None),
            impacted=frozenset(
                name for name in failing | touched if name in known and known[name].impact
            ),
            failed_fixes=sum(fix.status is PlanStatus.FAILED for fix in incident.fixes),
            tripped=frozenset(await self._controls.tripped()),
            proposed_at=proposed_at,
            intervened=intervened(incident, proposed_at or now),
        )

    @property
    def policy(self) -> str:
        """Version of the policy that judges here."""
        return self._policy.revision

    def services(self, plan: Plan, index: int) -> tuple[str, ...]:
        """Which services a step touches; the books touch none."""
        step = plan.steps[index]
        if plan.purpose == "books":
            return ()
        return tuple(sorted(blast(step.dry_run, step.effect, self._inventory).services))

    def limits(
        self, incident: Incident, plan: Plan, index: int, confidence: Confidence
    ) -> tuple[Limit, ...]:
        """What the step's own rule lets start: on each service it touches, counted over all
        incidents; of the books, on each incident."""
        facts = self._facts(plan, plan.steps[index], confidence)
        rule = self._policy.first(facts)
        if rule is None:
            return ()
        return limits(rule, facts.tool, self.services(plan, index) or (incident.id,))

    def _facts(self, plan: Plan, step: Step, confidence: Confidence) -> Facts:
        return Facts(
            tool=step.tool,
            effect=step.effect,
            purpose=plan.purpose,
            reversible=step.reversible,
            playbook=_playbook(plan, step),
            tainted=step.tainted,
            by_person=plan.by_person,
            confidence=confidence,
            radius=blast(step.dry_run, step.effect, self._inventory),
            whole=radius_of(
                (target for each in plan.steps for target in each.dry_run.targets), self._inventory
            ),
        )

    async def _step(self, intended: Intended) -> Step:
        tool = self._catalog.write(intended.tool)
        params = parsed(tool, intended.params)
        if self.discretion.params_hold_secret(params.model_dump(mode="json")):
            # The books are words alone: they are as good without it.
            if tool.effect is not Effect.RECORD:
                raise Refused(f"{tool.name}: its parameters hold a secret; do this by hand")
            params = parsed(tool, self.discretion.clean(params.model_dump(mode="json")))
        deadline = self._clock() + timedelta(seconds=_DRY_RUN_SECONDS)
        dry_run = await preview(tool, params, Context(deadline=deadline))
        return Step(
            tool=tool.name,
            version=tool.version,
            params=params.model_dump(mode="json"),
            effect=tool.effect,
            reversible=isinstance(tool, ReversibleTool),
            dry_run=self.discretion.dry_run(tool.name, dry_run),
            cites=intended.cites,
            tainted=intended.tainted,
        )


_CARRIED = (
    "verify",
    "verify_within",
    "runbook",
    "partial",
    "requester",
    "prompted_by",
    "resolution",
)


def _playbook(plan: Plan, step: Step) -> Playbook:
    if plan.runbook is None or not step.cites:
        return "none"
    if not plan.runbook.pin:
        return "unpinned"
    return "partial" if plan.partial else "pinned"


def redraft(plan: Plan, keep: Sequence[int] | None = None) -> PlanDraft:
    """What would have to be wanted to arrive at `plan` again; `keep`: only these of its steps."""
    kept = range(len(plan.steps)) if keep is None else keep
    carried = {name: getattr(plan, name) for name in _CARRIED}
    return PlanDraft(
        steps=tuple(
            Intended(tool=s.tool, params=s.params, cites=s.cites, tainted=s.tainted)
            for s in (plan.steps[index] for index in kept)
        ),
        guards=plan.guards,
        **{**carried, "partial": plan.partial or len(kept) < len(plan.steps)},
    )
