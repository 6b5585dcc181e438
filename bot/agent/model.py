"""What the loop needs of a language model, whoever makes it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from pydantic import model_validator

from bot.domain.text import whole
from tools.kit.types import Frozen


class ToolSpec(Frozen):
    """A tool as a model sees it."""

    name: str
    description: str
    schema_: dict[str, Any]
    """JSON Schema of its parameters: an object, no additional properties."""

    def __hash__(self) -> int:
        return hash((self.name, self.description))

    @cached_property
    def chars(self) -> int:
        """About as many as are sent."""
        return len(self.name) + len(self.description) + len(str(self.schema_))


class ToolCall(Frozen):
    """A call that the model wants."""

    id: str
    name: str
    arguments: dict[str, Any]
    malformed: str = ""
    """What came instead, where the arguments were no JSON object."""

    @model_validator(mode="before")
    @classmethod
    def _can_be_stored(cls, given: Any) -> Any:
        return whole(given)


class ToolResult(Frozen):
    """What a call gave: data, never instructions."""

    call_id: str
    text: str
    is_error: bool = False


class Usage(Frozen):
    """Tokens of one turn. `input` holds what was neither read from nor written to the cache."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
        )

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write


class UserMessage(Frozen):
    """Words of ours to the model."""

    role: Literal["user"] = "user"
    text: str

    @property
    def chars(self) -> int:
        """About as many as are sent."""
        return len(self.text)


class ModelTurn(Frozen):
    """What the model said, kept so that it can be sent back byte for byte."""

    role: Literal["assistant"] = "assistant"
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    stop: Literal["end", "tools", "pause", "refusal", "length", "context_full"]
    """`pause`: send the turn back and it goes on. `length`: cut off by the output limit."""
    usage: Usage = Usage()
    model: str = ""
    """The model that answered, as it names itself."""
    raw: tuple[dict[str, Any], ...] = ()
    """The provider's own content blocks, thinking and signatures among them."""

    @cached_property
    def chars(self) -> int:
        """About as many as are sent."""
        if self.raw:
            return sum(len(str(block)) for block in self.raw)
        return len(self.text) + sum(len(str(call.arguments)) for call in self.calls)

    def without_raw(self) -> ModelTurn:
        """The same, told in our words: what was counted of it is counted anew."""
        return ModelTurn.model_validate(self.model_dump() | {"raw": ()})

    @model_validator(mode="before")
    @classmethod
    def _can_be_stored(cls, given: Any) -> Any:
        return whole(given)


class ToolMessage(Frozen):
    """The results of every call of the turn before, in its order."""

    role: Literal["tool"] = "tool"
    results: tuple[ToolResult, ...]

    @property
    def chars(self) -> int:
        """About as many as are sent."""
        return sum(len(r.text) + len(r.call_id) for r in self.results)


Message = UserMessage | ModelTurn | ToolMessage


class Request(Frozen):
    """One turn to ask for. The same system, tools and messages give the same bytes."""

    system: str
    tools: tuple[ToolSpec, ...] = ()
    messages: tuple[Message, ...]
    max_output: int = 16_000
    """Tokens, thinking among them."""
    must_call: str | None = None
    """The one tool that this turn is told to call; a model may still not."""


class Price(Frozen):
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def of(self, usage: Usage) -> float:
        """Dollars."""
        return (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_read * self.cache_read
            + usage.cache_write * self.cache_write
        ) / 1_000_000


class ModelAwayError(Exception):
    """The model can't be had: no key, refused, overloaded, timed out. Says which, for people."""


class ModelRejectedError(Exception):
    """The provider calls our request wrong: a defect of ours, never tried again."""


class Model(Protocol):
    """One model of one provider."""

    name: str
    context_tokens: int
    """How much it can hold, input and output together."""
    price: Price

    async def turn(self, request: Request, deadline: datetime) -> ModelTurn:
        """One answer. 429, 529 and lost connections are tried again as the server asks, until the
        deadline. Raises ModelAwayError, ModelRejectedError."""

    async def close(self) -> None:
        """Let go of connections."""
