"""A request to a model, as an investigation makes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.agent.model import (
    Message,
    ModelTurn,
    Request,
    ToolMessage,
    ToolResult,
    ToolSpec,
    UserMessage,
)

SYSTEM = "You find out why a service fails. Cite evidence. " * 60
"""Long enough to be cached."""

QUERY_LOGS = ToolSpec(
    name="query_logs",
    description="Look for lines.",
    schema_={
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1},
            "limit": {"type": "integer", "default": 50, "maximum": 500},
            "service": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["text"],
        "additionalProperties": False,
    },
)
CONCLUDE = ToolSpec(
    name="conclude",
    description="Say what the cause is.",
    schema_={
        "type": "object",
        "properties": {"cause": {"type": "string"}},
        "required": ["cause"],
        "additionalProperties": False,
    },
)


def asking(*messages: Message | str, must_call: str | None = None) -> Request:
    """Words of ours stand for a user message."""
    return Request(
        system=SYSTEM,
        tools=(QUERY_LOGS, CONCLUDE),
        messages=tuple(UserMessage(text=m) if isinstance(m, str) else m for m in messages),
        must_call=must_call,
    )


def results(turn: ModelTurn, *texts: str, is_error: bool = False) -> ToolMessage:
    """A result for each call of a turn."""
    return ToolMessage(
        results=tuple(
            ToolResult(call_id=call.id, text=text, is_error=is_error)
            for call, text in zip(turn.calls, texts, strict=True)
        )
    )


def within(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
