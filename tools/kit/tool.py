"""What a tool is: one that looks, one that changes, one that can put it back."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from inspect import cleandoc
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from tools.kit.types import Applied, DryRun, Effect, Evidence, Handle, Verification


class Params(BaseModel):
    """Base of a tool's parameters. Each field needs a description: the model reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Params)
C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything ambient a call may know. No Slack, no Redis, no incident."""

    deadline: datetime
    """UTC. A call still waiting then raises Unavailable, or OutcomeUnknown once it was sent."""
    key: str = ""
    """Idempotency key of a write, `[A-Za-z0-9_-]`, at most 64 characters."""
    max_chars: int = 8_000
    """Budget for the excerpt of an Evidence, in characters."""

    def __post_init__(self) -> None:
        # It goes into run ids, labels and queries of every backend as it stands.
        if self.key and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.key):
            raise ValueError(f"idempotency key {self.key!r} must match [A-Za-z0-9_-]{{1,64}}")


class Tool(ABC, Generic[P]):
    """A named capability. The docstring of the subclass is what the model reads."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """Raised by hand when the same parameters come to mean something else: it voids approvals."""
    effect: ClassVar[Effect]
    params: ClassVar[type[Params]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Tool):
                argument = get_args(base)[0]
                if isinstance(argument, type):
                    cls.params = argument

    @classmethod
    def description(cls) -> str:
        return cleandoc(cls.__dict__.get("__doc__") or "")

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return cls.params.model_json_schema()


class ReadTool(Tool[P]):
    """Looks, never touches. Runs without asking."""

    effect: ClassVar[Effect] = Effect.READ
    yields: ClassVar[frozenset[str]] = frozenset()
    """Names in `Evidence.values`, for whoever writes conditions over them."""

    @abstractmethod
    async def run(self, params: P, ctx: Context) -> Evidence:
        """Look. Raises InvalidCall, Unavailable or Refused; no data is Evidence with `empty`."""


class WriteTool(Tool[P]):
    """Changes something. Cannot exist without a dry run and a way to tell what happened."""

    @abstractmethod
    async def dry_run(self, params: P, ctx: Context) -> DryRun:
        """What would happen, by reading alone. The same world gives the same answer."""

    @abstractmethod
    async def execute(self, params: P, ctx: Context) -> Handle:
        """Start it under `ctx.key`, once, and return without waiting for it to finish."""

    @abstractmethod
    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        """Whether the call made under `key` landed; by the key alone where `handle` is None."""

    @abstractmethod
    async def verify(self, params: P, handle: Handle, ctx: Context) -> Verification:
        """Whether the world is as intended. Polled by the monitor: never waits."""


class ReversibleTool(WriteTool[P], Generic[P, C]):
    """Changes something and can put it back."""

    saved: ClassVar[type[BaseModel]]
    """Type of the checkpoint, taken from the second type argument."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is ReversibleTool:
                cls.saved = get_args(base)[1]

    @abstractmethod
    async def checkpoint(self, params: P, ctx: Context) -> C:
        """Read what a rollback will need. Recorded before the effect leaves."""

    @abstractmethod
    async def rollback(self, params: P, checkpoint: C, ctx: Context) -> Handle:
        """Put back what the checkpoint holds, under `ctx.key`, once."""
