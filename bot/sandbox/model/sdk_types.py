"""Whether a request is one that a provider's own SDK could have sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

Check = Callable[[dict[str, Any]], list[str]]


def anthropic_faults(body: dict[str, Any]) -> list[str]:
    """What the types of the anthropic SDK find wrong with a body of `/v1/messages`."""
    return _faults(_anthropic(bool(body.get("stream"))), body)


def openai_faults(body: dict[str, Any]) -> list[str]:
    """What the types of the openai SDK find wrong with a body of `/v1/chat/completions`."""
    return _faults(_openai(bool(body.get("stream"))), body)


@cache
def _anthropic(stream: bool) -> TypeAdapter[Any]:
    # Late: the SDK takes seconds to import, and a demo without a model never needs it.
    from anthropic.types import message_create_params as params

    kind = params.MessageCreateParamsStreaming if stream else params.MessageCreateParamsNonStreaming
    return TypeAdapter(kind)


@cache
def _openai(stream: bool) -> TypeAdapter[Any]:
    from openai.types.chat import completion_create_params as params

    if stream:
        return TypeAdapter(params.CompletionCreateParamsStreaming)
    return TypeAdapter(params.CompletionCreateParamsNonStreaming)


def _faults(types: TypeAdapter[Any], body: dict[str, Any]) -> list[str]:
    try:
        understood = _unrolled(types.validate_python(body))
    except ValidationError as error:
        # A union names every branch that didn't fit: the deepest ones tell most.
        found = sorted(error.errors(), key=lambda each: -len(each["loc"]))[:3]
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
    return list(_lost(body, understood, ""))


def _unrolled(value: Any) -> Any:
    """Iterables are checked only as they are walked."""
    if isinstance(value, dict):
        return {key: _unrolled(each) for key, each in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return [_unrolled(each) for each in value]


def _lost(sent: Any, understood: Any, at: str) -> list[str]:
    """What was sent and is in no type: the types let it through without a word."""
    if isinstance(sent, dict) and isinstance(understood, dict):
        found: list[str] = []
        for key, value in sent.items():
            where = f"{at}.{key}".lstrip(".")
            if key not in understood:
                found.append(f"{where}: Extra inputs are not permitted")
            else:
                found += _lost(value, understood[key], where)
        return found
    if isinstance(sent, list) and isinstance(understood, list):
        pairs = enumerate(zip(sent, understood, strict=False))
        return [each for n, (a, b) in pairs for each in _lost(a, b, f"{at}.{n}")]
    return []
