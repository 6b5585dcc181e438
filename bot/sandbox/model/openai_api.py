"""OpenAI's chat completions, answered from a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.prefix import CHARS_A_TOKEN
from bot.sandbox.model.prompt_cache import Counted
from bot.sandbox.model.script import Answer, Asked, Result

_STOPS = {
    "end": "stop",
    "tools": "tool_calls",
    "refusal": "content_filter",
    "length": "length",
    "pause": "stop",
    "context_full": "length",
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_CHUNK = 24


def asked(body: dict[str, Any]) -> Asked:
    texts: list[str] = []
    results: list[Result] = []
    names: dict[str, str] = {}
    system: list[str] = []
    for message in body["messages"]:
        text = message.get("content") or ""
        if message["role"] in ("system", "developer"):
            system.append(text)
        elif message["role"] == "assistant":
            for call in message.get("tool_calls") or ():
                names[call["id"]] = call["function"]["name"]
        else:
            texts.append(text)
            if message["role"] == "tool":
                call_id = message["tool_call_id"]
                failed = text.startswith("Error: ")
                results.append(Result(call_id, names.get(call_id, ""), text, failed))
    return Asked(
        model=body["model"],
        system="\n".join(system),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools", ())),
        texts=tuple(texts),
        results=tuple(results),
        number=1 + sum(message["role"] == "assistant" for message in body["messages"]),
    )


def error(status: int, words: str, code: str | None = None) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    told = code or _CODES.get(status)
    return {"error": {"message": words, "type": kind, "param": None, "code": told}}


def completion(
    answer: Answer, ask: Asked, body: dict[str, Any], counted: Counted, serial: int
) -> dict[str, Any]:
    """The whole answer, as it comes where nothing is streamed."""
    calls = [
        {
            "id": f"call_{serial:04d}{at:02d}",
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": json.dumps(call.told(ask)) if call.broken is None else call.broken,
            },
        }
        for at, call in enumerate(answer.calls, 1)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if calls:
        message["tool_calls"] = calls
    written = len(json.dumps(message)) // CHARS_A_TOKEN
    out = written if answer.output_tokens is None else answer.output_tokens
    sent = counted.fresh + counted.read + counted.written
    return {
        "id": f"chatcmpl-{serial:06d}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": _STOPS[answer.stopped],
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": sent,
            "completion_tokens": out,
            "total_tokens": sent + out,
            "prompt_tokens_details": {"cached_tokens": counted.read},
        },
    }


def chunks(whole: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:
    """The same answer as a stream; `usage` where the request asked to be told."""
    frame = {name: whole[name] for name in ("id", "created", "model")}
    frame["object"] = "chat.completion.chunk"
    choice = whole["choices"][0]

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for part in _cut(choice["message"]["content"] or ""):
        yield chunk({"content": part})
    for index, call in enumerate(choice["message"].get("tool_calls", ())):
        named = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": index, **named}]})
        for part in _cut(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, choice["finish_reason"])
    if usage:
        yield {**frame, "choices": [], "usage": whole["usage"]}


def _cut(text: str) -> list[str]:
    return [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
