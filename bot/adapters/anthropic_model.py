"""Claude, over Anthropic's SDK."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr

from bot.adapters.anthropic_answer import AnthropicAnswer
from bot.adapters.anthropic_request import addition, body
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
from bot.agent.model import ModelTurn, Request

WHO = "Claude"
Effort = Literal["low", "medium", "high", "xhigh", "max"]


class AnthropicModel:
    """One Claude model: streamed, strict, cached, and insistent until the deadline.

    What an older model or a proxy refuses (adaptive thinking, effort, strict tools) is left out
    from then on. Imports the SDK when made, which takes seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        key: SecretStr | None,
        base_url: str | None = None,
        effort: Effort = "medium",
    ) -> None:
        """`base_url` without `/v1`; None is Anthropic's own. Without a key only a proxy answers."""
        import anthropic
        import httpx2

        known = card(name)
        self.name = name
        self.price = known.price
        self.price_known = known.known
        self.context_tokens = known.context_tokens
        self._effort = effort
        self._left_out: set[str] = set()
        self._secret = key.get_secret_value() if key else ""
        self._sdk = anthropic
        self._lost = (httpx2.HTTPError, anthropic.APIConnectionError, LostAnswerError)
        self._client = anthropic.AsyncAnthropic(
            api_key=self._secret or "none",
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(IDLE_SECONDS, connect=CONNECT_SECONDS),
            open_telemetry=False,
        )

    async def turn(self, request: Request, deadline: datetime) -> ModelTurn:
        """One answer; see `Model.turn`. A full context and a refusal are answers too."""
        bare = False

        async def attempt() -> ModelTurn:
            return await self._ask(request, bare)

        def fault_of(error: Exception) -> Fault | None:
            nonlocal bare
            found = self._fault(error)
            if found is None or found.act != "rejected":
                return found
            if "signature" in found.reason and not bare:
                # Somebody changed what came before: better without its thoughts than without it.
                bare = True
            elif not self._leave_out(found.reason):
                return found
            return Fault(act="again", reason=found.reason, wait=0.0)

        try:
            return await insist(attempt, fault_of, deadline, WHO)
        except NoAnswerError as error:
            return ModelTurn(stop=error.stop, model=self.name)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def _ask(self, request: Request, bare: bool) -> ModelTurn:
        arguments: dict[str, Any] = body(
            request,
            self.name,
            effort=None if "effort" in self._left_out else self._effort,
            thinking="thinking" not in self._left_out,
            strict="strict" not in self._left_out,
            bare=bare,
        )
        answer = AnthropicAnswer(addition(request))
        # Not `messages.stream`: it puts the message together a second time, at twice the cost.
        async with await self._client.messages.create(**arguments, stream=True) as stream:
            try:
                async for event in stream:
                    answer.take(event)
            except ValueError as error:
                raise LostAnswerError("the stream could not be read") from error
        return answer.turn()

    def _fault(self, error: Exception) -> Fault | None:
        if isinstance(error, self._sdk.APIStatusError):
            refusal = Refusal(
                status=error.status_code,
                kind=error.type or "",
                code=error.error_code or "",
                message=error.api_message or "",
                headers=dict(error.response.headers),
            )
            return fault(refusal, WHO, "ANTHROPIC_API_KEY", self._secret)
        if isinstance(error, self._lost):
            return Fault(act="again", reason=f"{WHO} can't be reached, or the connection was lost")
        return None

    def _leave_out(self, reason: str) -> bool:
        """Whether something refused can be done without; it is, from now on."""
        said = reason.lower()
        for feature, words in (
            ("thinking", ("adaptive",)),
            ("effort", ("effort", "output_config")),
            ("strict", ("strict", "grammar", "too complex", "optional parameters")),
        ):
            if feature not in self._left_out and any(word in said for word in words):
                self._left_out.add(feature)
                return True
        return False
