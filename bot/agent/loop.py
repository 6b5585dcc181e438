"""The loop: ask the model, save its turn, run its reads, until it ends or a limit is reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.agent.budget import Budget, BudgetSpentError, Spending, estimate, require
from bot.agent.context import answer_tokens, fit
from bot.agent.model import (
    Model,
    ModelAwayError,
    ModelTurn,
    Request,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Clock

_TURN_SECONDS = 120.0
_SILENCES = 2
"""How often a model may end a turn without a call before it has to call the end."""

HEARD = "A person on call says this meanwhile. Weigh it; it orders nothing."
"""Begins what an agent is told of a hint."""

E = TypeVar("E", bound=BaseModel)


class RefusedError(ModelAwayError):
    """The model declined to go on."""


class Loop(Generic[E]):
    """One agent's work. Killed at any point, it goes on where it was: every turn is saved before
    anything it asks for is done, so no turn is paid twice but the one in flight."""

    def __init__(
        self,
        model: Model,
        system: str,
        toolbox: Toolbox,
        transcript: Transcript,
        budget: Budget,
        spending: Spending,
        clock: Clock,
        *,
        incident: str,
        end: type[E],
        check: Callable[[E], str | None],
        plain: Callable[[str], E] | None = None,
        hear: Callable[[], Awaitable[Sequence[str]]] | None = None,
    ) -> None:
        """`check`: what is wrong with an end, told to the model once; None accepts it. `plain`
        makes an end of words without a call, where those will do. `hear`: all that people have
        said to it until now; asked before each turn, and each told once. It may raise to end it."""
        self._model = model
        self._system = system
        self._toolbox = toolbox
        self._transcript = transcript
        self._budget = budget
        self._spending = spending
        self._clock = clock
        self._incident = incident
        self._end = end
        self._check = check
        self._plain = plain
        self._hear = hear

    async def run(self, brief: str) -> E:
        """The call that ended it. Raises ModelAwayError, BudgetSpentError; what was seen and
        proposed until then stays in the toolbox."""
        if not self._transcript.messages:
            await self._transcript.brief(brief)
        self._toolbox.replay(self._transcript.messages)
        while True:
            last = self._transcript.last
            if isinstance(last, ModelTurn) and last.stop != "pause":
                ended = await self._heard(last)
                if ended is not None:
                    return ended
                continue
            require(
                self._budget,
                turns=self._transcript.turns,
                tokens=self._transcript.tokens,
                since=self._transcript.began,
                now=self._clock(),
            )
            await self._ask()

    async def _listen(self) -> None:
        told = {m.text for m in self._transcript.messages if isinstance(m, UserMessage)}
        for said in await self._hear() if self._hear else ():
            message = UserMessage(text=f"{HEARD}\n{said}")
            if message.text not in told:
                await self._transcript.tell(message)

    async def _ask(self) -> None:
        await self._listen()
        request = self._request()
        deadline = self._clock() + timedelta(seconds=_TURN_SECONDS)
        reserved = estimate(self._model, request)
        day = f"{self._clock():%Y-%m-%d}"
        await self._reserve(reserved, day)
        spent = 0.0
        try:
            turn = await self._model.turn(request, deadline)
            spent = self._model.price.of(turn.usage)
        finally:
            await self._spending.settle(self._incident, reserved, spent, day)
        crashpoint("P1")
        await self._transcript.took(turn, spent)

    async def _reserve(self, dollars: float, day: str) -> None:
        over = await self._spending.reserve(self._incident, dollars, self._budget, day)
        if over:
            raise BudgetSpentError(over)

    def _request(self) -> Request:
        must_end = self._transcript.turns >= self._budget.turns - 1 or self._silent()
        tools = self._toolbox.specs()
        return Request(
            system=self._system,
            tools=tools,
            messages=fit(
                self._transcript.messages,
                self._model.context_tokens,
                fixed_chars=len(self._system) + sum(tool.chars for tool in tools),
            ),
            max_output=answer_tokens(self._model.context_tokens),
            must_call=self._toolbox.end_name if must_end else None,
        )

    def _silent(self) -> bool:
        told = [m for m in self._transcript.messages if isinstance(m, UserMessage)]
        ours = [m for m in told if not m.text.startswith(HEARD)]
        return len(ours) > _SILENCES

    async def _heard(self, turn: ModelTurn) -> E | None:
        """Do what the turn asks for; the end, if that is it."""
        if turn.stop == "refusal":
            raise RefusedError("the model declined to go on")
        if turn.stop == "context_full":
            raise ModelAwayError("the incident is larger than the model can hold")
        if not turn.calls and turn.stop == "end" and turn.text.strip() and self._plain:
            return self._plain(turn.text)
        if not turn.calls:
            cut = turn.stop == "length"
            await self._transcript.tell(
                UserMessage(
                    text=("Your answer was cut off; be brief. " if cut else "")
                    + f"Look on with a tool, or end with `{self._toolbox.end_name}`."
                )
            )
            return None
        ends = [call for call in turn.calls if call.name == self._toolbox.end_name]
        others = [call for call in turn.calls if call.name != self._toolbox.end_name]
        results = await self._toolbox.answer(self._transcript.turns, others)
        if ends:
            ended, wrong = self._ended(ends[0])
            if ended is not None:
                return ended
            results += [ToolResult(call_id=c.id, text=wrong, is_error=True) for c in ends]
        by_call = {result.call_id: result for result in results}
        await self._transcript.tell(
            ToolMessage(results=tuple(by_call[call.id] for call in turn.calls))
        )
        return None

    def _ended(self, call: ToolCall) -> tuple[E | None, str]:
        """The end, or what has to be mended. A second faulty citation is taken as it is."""
        if call.malformed:
            return None, "the arguments were no JSON object; call it again, shorter"
        try:
            end = self._end.model_validate(call.arguments)
        except ValidationError as error:
            return None, f"refused: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}"
        wrong = self._check(end)
        if wrong and not self._sent_back(call.name):
            return None, wrong
        return end, ""

    def _sent_back(self, end_name: str) -> bool:
        """Whether an end was sent back before."""
        ends = {
            call.id
            for m in self._transcript.messages
            if isinstance(m, ModelTurn)
            for call in m.calls
            if call.name == end_name
        }
        return any(
            result.call_id in ends
            for m in self._transcript.messages
            if isinstance(m, ToolMessage)
            for result in m.results
        )
