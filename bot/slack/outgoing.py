"""The client through which everything is said in Slack, and nothing of it holds a secret."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.redaction.redactor import Redactor

_WORDS = frozenset({"text", "markdown_text", "blocks", "chunks", "view", "status", "title"})
"""What people read of a call; the rest are Slack's own names, which must not change."""


class Outgoing(AsyncWebClient):
    """Whatever is on its way to a person is cleaned here once more: answers and windows are made in
    many places, from what somebody has just typed."""

    def __init__(self, redactor: Redactor, **given: Any) -> None:
        super().__init__(**given)
        self._redactor = redactor

    async def api_call(
        self, api_method: str, *, json: dict[str, Any] | None = None, **given: Any
    ) -> AsyncSlackResponse:
        """Raises RedactionFailedError; then nothing is sent."""
        if json:
            words = {name: value for name, value in json.items() if name in _WORDS}
            json = {**json, **self._redactor.clean_all(words)}
        return await super().api_call(api_method, json=json, **given)
