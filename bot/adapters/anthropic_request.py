"""A turn to ask of Claude, as its Messages API takes it.

Thinking is bound to everything before it: a request that changes what was sent earlier is refused.
So nothing here depends on when a message is rendered, and what a request adds to a message is kept
in the answer's first raw block, to be added again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.adapters.strict_schemas import strict_tools
from bot.agent.model import Message, ModelTurn, Request, ToolMessage, ToolSpec, UserMessage

EPHEMERAL = {"type": "ephemeral"}
ADDED = "opsbot_added"
"""Type of the raw block that holds what a request added to the message before the answer."""
LOOKBACK = 20
"""Blocks that the provider goes back from a mark to find what it has cached."""

_THINKING = ("thinking", "redacted_thinking")


def body(
    request: Request,
    model: str,
    *,
    effort: str | None,
    thinking: bool,
    strict: bool,
    bare: bool = False,
) -> dict[str, Any]:
    """Arguments of `messages.create`. `bare` leaves all earlier thinking out."""
    messages = _messages(request.messages, bare)
    added = addition(request)
    if added:
        messages[-1]["content"].append({"type": "text", "text": added})
    whole: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_output,
        "messages": messages,
        "cache_control": EPHEMERAL,
    }
    _mark_far_back(messages)
    if request.system:
        # The mark here is what one investigation reads of another.
        whole["system"] = [{"type": "text", "text": request.system, "cache_control": EPHEMERAL}]
    if request.tools:
        whole["tools"] = _tools(request.tools, strict)
    if thinking:
        whole["thinking"] = {"type": "adaptive"}
    if effort:
        whole["output_config"] = {"effort": effort}
    return whole


def addition(request: Request) -> str:
    """What is added to the last message: the models refuse a forced `tool_choice`, so we ask."""
    if request.must_call is None or isinstance(request.messages[-1], ModelTurn):
        return ""
    return f"Answer this with a call of {request.must_call}, and with no other tool."


def _tools(tools: Iterable[ToolSpec], strict: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": schema,
            **({"strict": True} if held and strict else {}),
        }
        for tool, schema, held in strict_tools(tools)
    ]


def _messages(messages: Iterable[Message], bare: bool) -> list[dict[str, Any]]:
    rendered: list[dict[str, Any]] = []
    for message in messages:
        if isinstance(message, UserMessage):
            content: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
        elif isinstance(message, ToolMessage):
            content = [
                {
                    "type": "tool_result",
                    "tool_use_id": result.call_id,
                    "content": result.text,
                    **({"is_error": True} if result.is_error else {}),
                }
                for result in message.results
            ]
        else:
            raw = _own(message)
            for block in raw:
                if block["type"] == ADDED and rendered:
                    rendered[-1]["content"].append({"type": "text", "text": block["text"]})
            skipped = (ADDED, *_THINKING) if bare else (ADDED,)
            content = [block for block in raw if block["type"] not in skipped]
            if not content:
                continue
        role = "assistant" if isinstance(message, ModelTurn) else "user"
        rendered.append({"role": role, "content": content})
    return rendered


def _own(turn: ModelTurn) -> list[dict[str, Any]]:
    """Blocks of a turn; those of another provider are told in our words."""
    if turn.raw and all("type" in block for block in turn.raw):
        return list(turn.raw)
    said: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    return said + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
        for call in turn.calls
    ]


def _mark_far_back(messages: list[dict[str, Any]]) -> None:
    """Mark the end of the request before, where the last mark alone would not find it."""
    answers = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
    if not answers or answers[-1] == 0:
        return
    fresh = sum(len(message["content"]) for message in messages[answers[-1] :])
    before = messages[answers[-1] - 1]
    if fresh < LOOKBACK or before["role"] != "user":
        return
    before["content"][-1] = {**before["content"][-1], "cache_control": EPHEMERAL}
