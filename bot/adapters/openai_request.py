"""A turn to ask of a server that speaks OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import Any, Literal

from bot.adapters.strict_schemas import strict_tools
from bot.agent.model import Message, ModelTurn, Request, ToolMessage, ToolSpec, UserMessage

Feature = Literal[
    "strict", "stream_options", "max_completion_tokens", "max_tokens", "tool_choice", "reasoning"
]
"""What servers differ in."""


def body(request: Request, model: str, left_out: Set[Feature]) -> dict[str, Any]:
    """Arguments of `chat.completions.create`, without the features a server refused."""
    messages = _messages(request)
    whole: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
    if "stream_options" not in left_out:
        whole["stream_options"] = {"include_usage": True}
    if "max_completion_tokens" not in left_out:
        whole["max_completion_tokens"] = request.max_output
    elif "max_tokens" not in left_out:
        whole["max_tokens"] = request.max_output
    if request.tools:
        whole["tools"] = _tools(request.tools, "strict" not in left_out)
    if request.must_call and "tool_choice" not in left_out:
        whole["tool_choice"] = {"type": "function", "function": {"name": request.must_call}}
    elif request.must_call:
        words = f"Answer this with a call of {request.must_call}, and with no other tool."
        messages.append({"role": "user", "content": words})
    if "reasoning" in left_out:
        whole["reasoning_effort"] = "none"
    return whole


def _tools(tools: Iterable[ToolSpec], strict: bool) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": schema,
                **({"strict": True} if held and strict else {}),
            },
        }
        for tool, schema, held in strict_tools(tools, absent="null")
    ]


def _messages(request: Request) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    if request.system:
        said.append({"role": "system", "content": request.system})
    for message in request.messages:
        said += _rendered(message)
    return said


def _rendered(message: Message) -> list[dict[str, Any]]:
    if isinstance(message, UserMessage):
        return [{"role": "user", "content": message.text}]
    if isinstance(message, ToolMessage):
        return [
            {
                "role": "tool",
                "tool_call_id": result.call_id,
                # The protocol has no field for it.
                "content": f"Error: {result.text}" if result.is_error else result.text,
            }
            for result in message.results
        ]
    return _own(message)


def _own(turn: ModelTurn) -> list[dict[str, Any]]:
    if turn.raw and all("role" in each for each in turn.raw):
        return list(turn.raw)
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for call in turn.calls
    ]
    if not calls and not turn.text:
        return []
    return [
        {
            "role": "assistant",
            "content": turn.text or None,
            **({"tool_calls": calls} if calls else {}),
        }
    ]
