"""What a scripted model says, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Stop = Literal["end", "tools", "pause", "refusal", "length", "context_full"]


@dataclass(frozen=True, slots=True)
class Result:
    """A tool's result, as the request tells it."""

    call_id: str
    tool: str
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in neither provider's words, for matchers and templates."""

    model: str
    system: str
    tools: tuple[str, ...]
    texts: tuple[str, ...]
    """What the user side said, in order, tool results among it."""
    results: tuple[Result, ...]
    number: int
    """Which turn of its conversation this is; 1 is the first."""

    @property
    def last_text(self) -> str:
        return self.texts[-1] if self.texts else ""

    def result(self, tool: str) -> str:
        """The newest result of a tool. Raises LookupError where there is none."""
        for result in reversed(self.results):
            if result.tool == tool:
                return result.text
        raise LookupError(f"no result of {tool!r} in turn {self.number}; have {self.results!r}")


Arguments = dict[str, Any] | Callable[[Asked], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call, its arguments given or made from what was asked."""

    name: str
    arguments: Arguments = field(default_factory=dict)
    broken: str | None = None
    """JSON text to send instead, such as one that was cut off."""

    def told(self, asked: Asked) -> dict[str, Any]:
        return self.arguments(asked) if callable(self.arguments) else self.arguments


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: words, calls, or a failure."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    stop: Stop | None = None
    """None: `tools` where there are calls, else `end`."""
    thinking: bool = False
    """With a thinking block, signed over everything before it."""
    output_tokens: int | None = None
    """None: estimated from what is said."""
    delay: float = 0.0
    """Seconds before the first byte."""
    status: int = 200
    error: str = ""
    """The message beside a status, or beside `breaks_with`."""
    retry_after: float | None = None
    """Seconds, in the header of that name."""
    cut_after: int | None = None
    """Events after which the connection is lost."""
    breaks_with: str = ""
    """Type of an error sent in the middle of the stream, such as `overloaded_error`."""

    @property
    def stopped(self) -> Stop:
        return self.stop or ("tools" if self.calls else "end")


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer, and the requests it is for. Whatever isn't given fits every request."""

    answer: Answer | Callable[[Asked], Answer]
    says: str = ""
    """Part of the newest text of the user side or of its newest result."""
    system: str = ""
    """Part of the system prompt: which agent asks."""
    offers: str = ""
    """A tool that is on offer."""
    number: int | None = None
    times: int | None = 1
    """How often it may be used; None: always."""

    def fits(self, asked: Asked) -> bool:
        return (
            self.says in asked.last_text
            and self.system in asked.system
            and (not self.offers or self.offers in asked.tools)
            and self.number in (None, asked.number)
        )


class NoTurnError(LookupError):
    """The script has no turn left for a request."""


class Script:
    """Turns in order: each request takes the first that fits and is not used up."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = tuple(turns)
        self._used = [0] * len(self._turns)

    def answer(self, asked: Asked) -> Answer:
        """Raises NoTurnError."""
        for at, turn in enumerate(self._turns):
            if (turn.times is None or self._used[at] < turn.times) and turn.fits(asked):
                self._used[at] += 1
                return turn.answer(asked) if callable(turn.answer) else turn.answer
        raise NoTurnError(
            f"the script has no turn for number {asked.number}, {asked.last_text[:80]!r},"
            f" tools {asked.tools!r}"
        )
