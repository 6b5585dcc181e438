"""What Anthropic refuses beyond what the SDK's types say, in its words.

From the Messages API's reference and the pages on Claude 5.5, thinking, caching and strict tools.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.prefix import anthropic_pieces, blocks, digests, signature
from bot.sandbox.model.sdk_types import anthropic_faults

MAX_MARKS = 4
MAX_STRICT = 20
MAX_OPTIONAL = 24
_REFUSED_KEYWORDS = {
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "oneOf",
}
_SAMPLING = ("temperature", "top_p", "top_k")


def faults(body: dict[str, Any], paused: bool) -> list[str]:
    """Why a body is refused with 400. `paused`: the answer before was a `pause_turn`."""
    found = anthropic_faults(body)
    if found:
        return found
    return [
        *_settings(body),
        *_order(body["messages"], paused),
        *_pairs(body["messages"]),
        *_strict(body.get("tools", ())),
        *_marks(body),
        *_signatures(body),
    ]


def _settings(body: dict[str, Any]) -> Iterator[str]:
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        yield 'tool_choice: type "tool" and "any" are not supported for this model.'
    if body.get("thinking", {}).get("type") in ("disabled", "enabled"):
        kind = body["thinking"]["type"]
        yield f'"thinking.type.{kind}" is not supported for this model.'
    for name in _SAMPLING:
        if name in body:
            yield f"{name}: is not supported for this model."
    if body["max_tokens"] < 1:
        yield "max_tokens: must be greater than or equal to 1"


def _order(messages: list[dict[str, Any]], paused: bool) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
        return
    if messages[0]["role"] != "user":
        yield "messages: first message must use the user role"
    if messages[-1]["role"] == "assistant" and not paused:
        yield "This model does not support assistant message prefill."
    for at, message in enumerate(messages):
        content = blocks(message["content"])
        if not content:
            yield f"messages.{at}: must have non-empty content"
        for block in content:
            if block["type"] == "text" and not block["text"].strip():
                yield f"messages.{at}: text content blocks must be non-empty"


def _pairs(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Each call is answered in the message after it, and nothing else is."""
    joined: list[tuple[str, list[dict[str, Any]]]] = []
    for message in messages:
        if joined and joined[-1][0] == message["role"]:
            joined[-1][1].extend(blocks(message["content"]))
        else:
            joined.append((message["role"], list(blocks(message["content"]))))
    asked: set[str] = set()
    for at, (role, content) in enumerate(joined):
        answered = {block["tool_use_id"] for block in content if block["type"] == "tool_result"}
        if role == "user" and asked - answered:
            yield (
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks"
                f" immediately after: {', '.join(sorted(asked - answered))}."
            )
        for call in sorted(answered - asked):
            yield f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {call}."
        kinds = [block["type"] == "tool_result" for block in content]
        if kinds != sorted(kinds, reverse=True):
            yield f"messages.{at}: tool_result blocks must come first"
        asked = {block["id"] for block in content if block["type"] == "tool_use"}


def _strict(tools: list[dict[str, Any]]) -> Iterator[str]:
    names = [tool["name"] for tool in tools]
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique."
    strict = [tool for tool in tools if tool.get("strict")]
    if len(strict) > MAX_STRICT:
        yield f"tools: Too many strict tools ({len(strict)}). The maximum is {MAX_STRICT}."
    optional = 0
    for tool in strict:
        for schema in _schemas(tool["input_schema"]):
            bad = sorted(_REFUSED_KEYWORDS & schema.keys())
            if bad:
                yield f"tools.{tool['name']}: For strict tools, {bad[0]} is not supported"
            if schema.get("type") == "object":
                if schema.get("additionalProperties") is not False:
                    yield (
                        f"tools.{tool['name']}: For 'object' type, 'additionalProperties' must be"
                        " explicitly set to false"
                    )
                optional += len(schema.get("properties", {})) - len(schema.get("required", ()))
    if optional > MAX_OPTIONAL:
        yield f"tools: Schemas contains too many optional parameters ({optional})."


def _schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from _schemas(part)
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _schemas(part)


def _marks(body: dict[str, Any]) -> Iterator[str]:
    marks = sum(piece.marked for piece in anthropic_pieces(body))
    if marks > MAX_MARKS:
        yield f"A maximum of {MAX_MARKS} blocks with cache_control may be provided. Found {marks}."


def _signatures(body: dict[str, Any]) -> Iterator[str]:
    """Thinking is bound to everything before it, as it is for accounts made since August 2026."""
    before = ["", *digests(anthropic_pieces(body), body["model"])]
    at = len(body.get("tools", ())) + len(blocks(body.get("system", "")))
    for number, message in enumerate(body["messages"]):
        for place, block in enumerate(blocks(message["content"])):
            if block["type"] == "thinking" and block["signature"] != signature(before[at]):
                yield (
                    f"messages.{number}.content.{place}: Invalid `signature` in `thinking` block."
                    " The block is bound to a different conversation."
                )
            at += 1
