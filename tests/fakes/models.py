"""The real models of both providers, over HTTP, before a server that plays a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import SecretStr

from bot.adapters.models import make_model
from bot.agent.model import Model
from bot.sandbox.model import Answer, Call, ScriptedModelServer, Turn

Provider = Literal["claude", "gpt"]
NAMES: dict[Provider, str] = {"claude": "claude-sonnet-5-5", "gpt": "gpt-6.1-terra"}


@dataclass
class Oracle:
    """A model, and the server that it asks."""

    model: Model
    server: ScriptedModelServer

    @property
    def asked(self) -> int:
        """How many turns were asked for, and so paid."""
        return sum(exchange.status == 200 for exchange in self.server.requests)

    @property
    def sent(self) -> str:
        """Every request, as text."""
        return "\n".join(str(exchange.body) for exchange in self.server.requests)


class WalkingClock:
    """The time of day, which a test can set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@asynccontextmanager
async def oracle(
    provider: Provider, *script: Answer | Turn, **server: Any
) -> AsyncIterator[Oracle]:
    """Ask a real model of `provider`; the server answers in the order of the script."""
    turns = [turn if isinstance(turn, Turn) else Turn(turn) for turn in script]
    async with ScriptedModelServer(turns, **server) as asked:
        model = model_at(asked.url, provider)
        try:
            yield Oracle(model, asked)
        finally:
            await model.close()


def model_at(url: str, provider: Provider = "claude", name: str = "") -> Model:
    """`name`: another model of that provider than the usual one."""
    key = SecretStr("local")
    return make_model(
        name or NAMES[provider],
        anthropic_key=key,
        anthropic_base_url=url,
        openai_key=key,
        openai_base_url=f"{url}/v1",
    )


def calls(*asked: Call, text: str = "") -> Answer:
    return Answer(text, calls=asked)


def concluding(cause: str = "", *cited: str, confidence: str = "high", **more: Any) -> Answer:
    """An end: with a cause where one is given."""
    claim = {"cause": cause, "confidence": confidence, "supported_by": list(cited), "against": []}
    whole = {
        "hypotheses": [claim] if cause else [],
        "ruled_out": [],
        "not_known": [],
        "options": [],
        **more,
    }
    return Answer(calls=(Call("conclude", whole),))
