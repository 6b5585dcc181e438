"""Claude's Messages API, answered from a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.prefix import (
    CHARS_A_TOKEN,
    Piece,
    blocks,
    digests,
    signature,
)
from bot.sandbox.model.prompt_cache import Counted
from bot.sandbox.model.script import Answer, Asked, Result

_STOPS = {
    "end": "end_turn",
    "tools": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "length": "max_tokens",
    "context_full": "model_context_window_exceeded",
}
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_CHUNK = 24
"""Characters in one delta."""


def asked(body: dict[str, Any]) -> Asked:
    texts: list[str] = []
    results: list[Result] = []
    names: dict[str, str] = {}
    for message in body["messages"]:
        for block in blocks(message["content"]):
            if block["type"] == "tool_use":
                names[block["id"]] = block["name"]
            elif block["type"] == "tool_result":
                text = "".join(part.get("text", "") for part in blocks(block.get("content", "")))
                call = block["tool_use_id"]
                failed = block.get("is_error", False)
                results.append(Result(call, names.get(call, ""), text, failed))
                texts.append(text)
            elif block["type"] == "text" and message["role"] == "user":
                texts.append(block["text"])
    return Asked(
        model=body["model"],
        system="\n".join(block["text"] for block in blocks(body.get("system", ""))),
        tools=tuple(tool["name"] for tool in body.get("tools", ())),
        texts=tuple(texts),
        results=tuple(results),
        number=1 + sum(message["role"] == "assistant" for message in body["messages"]),
    )


def salt(body: dict[str, Any]) -> str:
    """What a cached prefix depends on besides its pieces."""
    return json.dumps([body["model"], body.get("thinking"), body.get("output_config")])


def error(status: int, words: str) -> dict[str, Any]:
    kind = _KINDS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": words}, "request_id": "req_local"}


def message(
    answer: Answer,
    ask: Asked,
    body: dict[str, Any],
    pieces: list[Piece],
    counted: Counted,
    serial: int,
) -> dict[str, Any]:
    """The whole answer, as it comes where nothing is streamed. `pieces`: of the body."""
    content: list[dict[str, Any]] = []
    if answer.thinking:
        signed = signature(["", *digests(pieces, body["model"])][-1])
        content.append({"type": "thinking", "thinking": "", "signature": signed})
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    for at, call in enumerate(answer.calls, 1):
        content.append(
            {
                "type": "tool_use",
                "id": f"toolu_{serial:04d}{at:02d}",
                "name": call.name,
                "input": call.told(ask),
            }
        )
    written = sum(len(json.dumps(block)) for block in content) // CHARS_A_TOKEN
    return {
        "id": f"msg_{serial:06d}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": _STOPS[answer.stopped],
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": answer.error or None}
        if answer.stopped == "refusal"
        else None,
        "usage": {
            "input_tokens": counted.fresh,
            "cache_read_input_tokens": counted.read,
            "cache_creation_input_tokens": counted.written,
            "output_tokens": written if answer.output_tokens is None else answer.output_tokens,
        },
    }


def events(whole: dict[str, Any], answer: Answer) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same answer as a stream: names of events and their data."""
    begun = {
        **whole,
        "content": [],
        "stop_reason": None,
        "stop_details": None,
        "usage": {**whole["usage"], "output_tokens": 1},
    }
    yield "message_start", {"message": begun}
    yield "ping", {}
    broken = iter(call.broken for call in answer.calls)
    for index, block in enumerate(whole["content"]):
        told = next(broken) if block["type"] == "tool_use" else None
        yield from _block(index, block, told)
    ended = {name: whole[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield "message_delta", {"delta": ended, "usage": whole["usage"]}
    yield "message_stop", {}


def _block(
    index: int, block: dict[str, Any], broken: str | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"signature": ""},
        "tool_use": {"input": {}},
    }
    begun = {**block, **empty[block["type"]]}
    yield "content_block_start", {"index": index, "content_block": begun}
    deltas: list[dict[str, Any]] = []
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": part} for part in _cut(block["text"])]
    elif block["type"] == "thinking":
        deltas = [{"type": "signature_delta", "signature": block["signature"]}]
    else:
        told = json.dumps(block["input"]) if broken is None else broken
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in _cut(told)]
    for delta in deltas:
        yield "content_block_delta", {"index": index, "delta": delta}
    yield "content_block_stop", {"index": index}


def _cut(text: str) -> list[str]:
    return [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
