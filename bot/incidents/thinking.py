"""Questions that somebody has to think about: let in one at a time, waited for, stopped."""

from __future__ import annotations

from typing import Literal, Protocol

from bot.incidents.question import Question
from bot.policy.inventory import Inventory

Admitted = Literal["begun", "busy", "spent"]
"""`busy`: one is being thought about in that thread; `spent`: that person asked too many."""


class Questions(Protocol):
    """Questions on their way to a worker, and what is known of them until they are answered."""

    async def admit(self, question: Question) -> Admitted: ...

    async def send(self, question: Question) -> None:
        """Keep it until it is done, and have a worker think about it."""

    async def pending(self) -> list[str]:
        """Ids of all that are not done, oldest first."""

    async def get(self, question_id: str) -> Question | None: ...

    async def answered(self, question_id: str) -> str | None:
        """The worker's words, empty where it has none; None while it thinks."""

    async def in_thread(self, channel: str, thread_ts: str) -> str | None:
        """The one that is being thought about there."""

    async def stop(self, question_id: str, by: str) -> None: ...

    async def stopped(self, question_id: str) -> str | None:
        """Who stopped it; None where nobody did."""

    async def done(self, question: Question) -> None: ...

    async def forget(self, question_id: str) -> None: ...


class Thinking:
    """What is thought about can look at everything and change nothing."""

    def __init__(self, questions: Questions, inventory: Inventory, *, model: bool) -> None:
        """`model`: whether one is set; without it the runbooks' checks and sweeps are all."""
        self._questions = questions
        self._inventory = inventory
        self.model = model

    def concerns(self, text: str) -> str | None:
        """The service that a question outside any incident is about; None for none we know."""
        return self._inventory.named_in(text)

    async def begin(self, question: Question) -> Admitted:
        """Have it thought about, unless somebody already does there or it was too many."""
        admitted = await self._questions.admit(question)
        if admitted == "begun":
            await self._questions.send(question)
        return admitted

    async def stop(self, channel: str, thread_ts: str, by: str) -> bool:
        """End what is being thought in that thread; whether anything was."""
        thought = await self._questions.in_thread(channel, thread_ts)
        if thought is None:
            return False
        await self._questions.stop(thought, by)
        return True
