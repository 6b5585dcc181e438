"""An agent's memory: folded from the ledger's work stream, saved before it is acted upon."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import TypeAdapter

from bot.agent.model import Message, ModelTurn, ToolMessage, UserMessage
from bot.domain import events as e
from bot.domain.ports import Clock, Ledger

_MESSAGE: TypeAdapter[UserMessage | ToolMessage] = TypeAdapter(UserMessage | ToolMessage)


class Transcript:
    """The messages of one agent in one incident. What was said is never asked for again."""

    def __init__(self, incident: str, agent: str, ledger: Ledger, clock: Clock) -> None:
        self._incident = incident
        self._agent = agent
        self._ledger = ledger
        self._clock = clock
        self.messages: list[Message] = []
        self.began = clock()
        """When it was briefed; a death in between stops no clock."""
        self.tokens = 0
        self.dollars = 0.0

    async def load(self) -> None:
        """Take over what an earlier, killed run of this agent said and heard."""
        self._fold(await self._ledger.work(self._incident))

    def _fold(self, events: Iterable[e.WorkEvent]) -> None:
        for event in events:
            match event:
                case e.AgentBriefed(agent=self._agent):
                    self.began = event.at
                    self.messages.append(UserMessage(text=event.text))
                case e.TurnTaken(agent=self._agent):
                    self.messages.append(ModelTurn.model_validate(event.turn))
                    self.tokens += event.tokens
                    self.dollars += event.dollars
                case e.ResultsGiven(agent=self._agent):
                    self.messages.append(_MESSAGE.validate_python(event.message))

    @property
    def turns(self) -> int:
        return sum(isinstance(m, ModelTurn) for m in self.messages)

    @property
    def last(self) -> Message:
        return self.messages[-1]

    async def brief(self, text: str) -> None:
        self.began = self._clock()
        self.messages.append(UserMessage(text=text))
        await self._ledger.note(
            self._incident,
            e.AgentBriefed(at=self.began, actor="opsbot", agent=self._agent, text=text),
        )

    async def took(self, turn: ModelTurn, dollars: float) -> None:
        """Save what the model said."""
        self.messages.append(turn)
        self.tokens += turn.usage.total
        self.dollars += dollars
        await self._ledger.note(
            self._incident,
            e.TurnTaken(
                at=self._clock(),
                actor=turn.model or "model",
                agent=self._agent,
                turn=turn.model_dump(mode="json"),
                tokens=turn.usage.total,
                dollars=dollars,
            ),
        )

    async def tell(self, message: UserMessage | ToolMessage) -> None:
        """Save what the model is told next."""
        self.messages.append(message)
        await self._ledger.note(
            self._incident,
            e.ResultsGiven(
                at=self._clock(),
                actor="opsbot",
                agent=self._agent,
                message=message.model_dump(mode="json"),
            ),
        )
