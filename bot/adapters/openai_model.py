"""GPT, or any model behind a server that speaks OpenAI's chat completions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from bot.adapters.model_faults import (
    CONNECT_SECONDS,
    IDLE_SECONDS,
    Fault,
    LostAnswerError,
    NoAnswerError,
    Refusal,
    fault,
    insist,
)
from bot.adapters.model_prices import card
from bot.adapters.openai_answer import OpenAIAnswer
from bot.adapters.openai_request import Feature, body
from bot.agent.model import ModelTurn, Request

LOCAL_IDLE_SECONDS = 600.0
"""A model at home may think for minutes before its first token."""

_REFUSED: tuple[tuple[Feature, tuple[str, ...]], ...] = (
    ("stream_options", ("stream_options", "include_usage")),
    ("max_completion_tokens", ("max_completion_tokens",)),
    ("max_tokens", ("max_tokens",)),
    ("reasoning", ("reasoning_effort",)),
    ("tool_choice", ("tool_choice",)),
    ("strict", ("strict",)),
)
"""Feature → words by which a server says that it doesn't know it."""


class OpenAIModel:
    """One model of one server: streamed, strict where the server can, insistent until the deadline.

    What a server doesn't know (strict tools, usage in streams, a forced tool) is left out from
    then on. Imports the SDK when made.
    """

    def __init__(
        self, name: str, *, key: SecretStr | None = None, base_url: str | None = None
    ) -> None:
        """`base_url` with `/v1`; None is OpenAI's own. A local server needs no key."""
        import httpx
        import openai

        known = card(name)
        self.name = name
        self.price = known.price
        self.price_known = known.known
        self.context_tokens = known.context_tokens
        self._secret = key.get_secret_value() if key else ""
        self._who = f"{name} at {base_url}" if base_url else name
        # OpenAI knows the new word only, most others the old one only.
        self._left_out: set[Feature] = {"max_completion_tokens"} if base_url else set()
        self._sdk = openai
        self._lost = (
            httpx.HTTPError,
            openai.APIConnectionError,
            LostAnswerError,
            NoAnswerError,
            json.JSONDecodeError,
        )
        idle = LOCAL_IDLE_SECONDS if base_url else IDLE_SECONDS
        self._client = openai.AsyncOpenAI(
            api_key=self._secret or "none",
            base_url=base_url,
            max_retries=0,
            timeout=httpx.Timeout(idle, connect=CONNECT_SECONDS),
        )

    async def turn(self, request: Request, deadline: datetime) -> ModelTurn:
        """One answer; see `Model.turn`. A full context and a refusal are answers too."""
        try:
            return await insist(lambda: self._ask(request), self._fault, deadline, self._who)
        except NoAnswerError as error:
            return ModelTurn(stop=error.stop, model=self.name)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def _ask(self, request: Request) -> ModelTurn:
        arguments: dict[str, Any] = body(request, self.name, self._left_out)
        answer = OpenAIAnswer()
        # As an extra: the SDK looks for something to convert in every message of the conversation,
        # each time, and there is nothing.
        asked: Any = self._client.chat.completions.create(
            model=self.name, messages=[], stream=True, extra_body=arguments
        )
        async with await asked as stream:
            async for chunk in stream:
                answer.take(chunk)
        return answer.turn(len(json.dumps(arguments["messages"])))

    def _fault(self, error: Exception) -> Fault | None:
        if isinstance(error, self._lost):
            reason = f"{self._who} can't be reached, or the connection was lost"
            return Fault(act="again", reason=reason)
        if not isinstance(error, self._sdk.APIError):
            return None
        stated = isinstance(error, self._sdk.APIStatusError)
        told: Any = error.body
        refusal = Refusal(
            status=error.status_code if isinstance(error, self._sdk.APIStatusError) else 200,
            kind=str(error.type or ""),
            code=str(error.code or ""),
            message=str(told.get("message", "")) if isinstance(told, dict) else error.message,
            headers=dict(error.response.headers)
            if isinstance(error, self._sdk.APIStatusError)
            else {},
        )
        found = fault(refusal, self._who, "OPENAI_API_KEY", self._secret)
        if not stated and found.act == "rejected":
            # An answer had begun, so the request was right.
            return Fault(act="again", reason=found.reason)
        if found.act == "rejected" and self._leave_out(refusal.message):
            return Fault(act="again", reason=found.reason, wait=0.0)
        return found

    def _leave_out(self, message: str) -> bool:
        """Whether something refused can be done without; it is, from now on."""
        said = message.lower()
        for feature, words in _REFUSED:
            if feature not in self._left_out and any(word in said for word in words):
                self._left_out.add(feature)
                return True
        return False
