"""Makes a plan that can be judged: dry runs taken, guards read, the gate asked."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.ports import Clock
from bot.domain.values import Confidence, Intended, Plan, PlanDraft, Step, Verdict
from bot.incidents.discretion import Discretion
from bot.incidents.readings import Readings, parsed
from bot.policy.blast import blast
from bot.policy.facts import Circumstances, Facts, Playbook
from bot.policy.gate import judge
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy, Rule
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
    ) -> None:
        self._catalog = catalog
        self._readings = readings
        self.discretion = Discretion(readings.clean)
        self._policy = policy
        self._inventory = inventory
        self._approvers = approvers
        self._clock = clock

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

    async def judge(self, incident: Incident, plan: Plan, confidence: Confidence) -> Verdict:
        """What policy says of it now, in this incident."""
        facts = [self._facts(plan, step, confidence) for step in plan.steps]
        moment = Circumstances(
            now=self._clock(),
            severity=incident.severity,
            opened_at=incident.opened_at,
            failed_fixes=sum(fix.status is PlanStatus.FAILED for fix in incident.fixes),
        )
        return judge(self._policy, facts, self._approvers, moment)

    def limiting(self, plan: Plan, index: int, confidence: Confidence) -> Rule | None:
        """The rule whose limit counts for a step; None where there is none."""
        rule = self._policy.first(self._facts(plan, plan.steps[index], confidence))
        return rule if rule and rule.limit else None

    def _facts(self, plan: Plan, step: Step, confidence: Confidence) -> Facts:
        return Facts(
            tool=step.tool,
            effect=step.effect,
            purpose=plan.purpose,
            reversible=step.reversible,
            playbook=_playbook(plan, step),
            confidence=confidence,
            radius=blast(step.dry_run, step.effect, self._inventory),
        )

    async def _step(self, intended: Intended) -> Step:
        tool = self._catalog.write(intended.tool)
        params = parsed(tool, intended.params)
        if self.discretion.holds_secret(params.model_dump(mode="json")):
            # The books are words alone: they are as good without it.
            if tool.effect is not Effect.RECORD:
                raise Refused(f"{tool.name}: its parameters hold a secret; do this by hand")
            params = parsed(tool, self.discretion.clean(params.model_dump(mode="json")))
        deadline = self._clock() + timedelta(seconds=_DRY_RUN_SECONDS)
        dry_run = await tool.dry_run(params, Context(deadline=deadline))
        return Step(
            tool=tool.name,
            version=tool.version,
            params=params.model_dump(mode="json"),
            effect=tool.effect,
            reversible=isinstance(tool, ReversibleTool),
            dry_run=self.discretion.dry_run(tool.name, dry_run),
            cites=intended.cites,
        )


_CARRIED = ("verify", "verify_within", "runbook", "requester", "resolution")


def _playbook(plan: Plan, step: Step) -> Playbook:
    if plan.runbook is None or not step.cites:
        return "none"
    return "pinned" if plan.runbook.pin else "unpinned"


def redraft(plan: Plan) -> PlanDraft:
    """What would have to be wanted to arrive at `plan` again."""
    return PlanDraft(
        steps=tuple(Intended(tool=s.tool, params=s.params, cites=s.cites) for s in plan.steps),
        guards=plan.guards,
        **{name: getattr(plan, name) for name in _CARRIED},
    )
