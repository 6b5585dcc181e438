"""What OpenAI's chat completions refuse beyond what the SDK's types say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.sdk_types import openai_faults


def faults(body: dict[str, Any]) -> list[str]:
    """Why a body is refused with 400."""
    found = openai_faults(body)
    if found:
        return found
    return [*_pairs(body["messages"]), *_strict(body.get("tools", ()))]


def _pairs(messages: list[dict[str, Any]]) -> Iterator[str]:
    if not messages:
        yield "[] is too short - 'messages'"
    open_calls: set[str] = set()
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                yield (
                    f"messages[{at}]: messages with role 'tool' must be a response to a preceding"
                    " message with 'tool_calls'."
                )
            open_calls.discard(message["tool_call_id"])
        elif open_calls:
            yield (
                f"messages[{at}]: an assistant message with 'tool_calls' must be followed by tool"
                f" messages responding to each 'tool_call_id': {', '.join(sorted(open_calls))}"
            )
        if message["role"] == "assistant":
            open_calls = {call["id"] for call in message.get("tool_calls") or ()}
    if open_calls:
        yield f"tool_call_ids did not have response messages: {', '.join(sorted(open_calls))}"


def _strict(tools: list[dict[str, Any]]) -> Iterator[str]:
    for tool in tools:
        function = tool["function"]
        if not function.get("strict"):
            continue
        name = function["name"]
        for schema in _objects(function["parameters"]):
            if schema.get("additionalProperties") is not False:
                yield f"Invalid schema for function {name!r}: additionalProperties must be false"
            if set(schema.get("properties", {})) != set(schema.get("required", ())):
                yield f"Invalid schema for function {name!r}: 'required' must name every property"


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for part in schema:
            yield from _objects(part)
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from _objects(part)
