"""A question about a service that no incident is about: looked into by the runbooks' own checks."""

from __future__ import annotations

from bot.agent.runbook_agent import RunbookAgent
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Clock
from bot.domain.values import Alert, Diagnosis
from bot.incidents.question import Question
from bot.policy.inventory import Inventory

_TITLE = 150


class Looking:
    """Reads and says what it saw. It returns words, and knows nobody who could act on a plan."""

    def __init__(self, agent: RunbookAgent, inventory: Inventory, clock: Clock) -> None:
        self._agent = agent
        self._inventory = inventory
        self._clock = clock

    async def look(self, question: Question) -> str:
        """What was found, in a few sentences; what was seen lies under `ASK-<question>`."""
        now = self._clock()
        known = self._inventory.services.get(question.service)
        alert = Alert(
            fingerprint=f"ask-{question.id}",
            source="slack",
            status="firing",
            title=" ".join(question.text.split())[:_TITLE] or question.service,
            labels={"service": question.service},
            starts_at=now,
            service=question.service,
            environment=known.environment if known else "",
        )
        stream = Incident(
            id=f"ASK-{question.id}",
            service=question.service,
            alerts={alert.fingerprint: alert},
            # Its words choose among the runbooks as a hint's do.
            hints=(e.HintGiven(at=now, actor=question.by, text=question.text),),
        )
        draft = await self._agent.look_into(stream)
        return _words(draft.diagnosis)


def _words(reached: Diagnosis) -> str:
    covered = reached.coverage
    seen = len(covered.checked) + len(covered.empty)
    parts = (
        [f"{reached.cause} ({reached.confidence} confidence)."]
        if reached.cause
        else [f"No trouble that a runbook knows shows in {seen} checks."]
    )
    gaps = (*covered.failed, *covered.not_configured)
    if gaps:
        parts.append(f"Not reached: {', '.join(gaps[:4])}.")
    return " ".join(parts)
