"""Transcripts of both providers through aimock, and each request against the SDKs' own types."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from bot.adapters.models import make_model
from bot.agent.model import Model, ModelAwayError
from bot.sandbox.model.sdk_types import anthropic_faults, openai_faults
from tests.contracts.aimock import KEY, aimock
from tests.fakes.http_server import FakeServer
from tests.fakes.model_request import asking, results, within

Provider = Literal["anthropic", "openai"]
NAMES = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6-sol"}
FAULTS = {"anthropic": anthropic_faults, "openai": openai_faults}

pytestmark = pytest.mark.parametrize("provider", ["anthropic", "openai"])


@asynccontextmanager
async def _asked(
    provider: Provider, folder: Path, *fixtures: dict[str, Any], key: str = KEY
) -> AsyncIterator[tuple[Model, FakeServer]]:
    async with aimock(folder, *fixtures) as server:
        secret = SecretStr(key)
        model = make_model(
            NAMES[provider],
            anthropic_key=secret,
            anthropic_base_url=server.url,
            openai_key=secret,
            openai_base_url=f"{server.url}/v1",
        )
        try:
            yield model, server
        finally:
            await model.close()
        for seen in server.seen:
            assert FAULTS[provider](seen.body) == []


def _says(text: str, **more: Any) -> dict[str, Any]:
    return {"match": {"userMessage": "Why"}, "response": {"content": text}, **more}


def _nth(number: int, fixture: dict[str, Any]) -> dict[str, Any]:
    return {**fixture, "match": {**fixture["match"], "sequenceIndex": number}}


def _fails(status: int, message: str, kind: str, **more: Any) -> dict[str, Any]:
    response = {"error": {"message": message, "type": kind, **more}, "status": status}
    return {"match": {"userMessage": "Why"}, "response": response}


async def test_tools_are_used_thoughts_kept_and_results_sent(
    provider: Provider, tmp_path: Path
) -> None:
    calls = [{"name": "query_logs", "arguments": {"text": word}} for word in ("timeout", "oom")]
    looks: dict[str, Any] = {
        "match": {"userMessage": "Why", "hasToolResult": False},
        "response": {"content": "Looking.", "toolCalls": calls, "reasoning": "Two words."},
        "chunkSize": 3,
    }
    ends = {
        "match": {"toolResultContains": "14 lines"},
        "response": {"content": "Out of memory."},
    }
    async with _asked(provider, tmp_path, looks, ends) as (model, server):
        first = await model.turn(asking("Why?"), within(10))
        assert [call.arguments for call in first.calls] == [call["arguments"] for call in calls]
        again = asking("Why?", first, results(first, "nothing", "14 lines"))
        second = await model.turn(again, within(10))
    assert (second.text, second.stop) == ("Out of memory.", "end")
    sent = server.seen[1].body["messages"]
    if provider == "anthropic":
        assert sent[1]["content"] == list(first.raw)
        assert sent[1]["content"][0]["type"] == "thinking"
    else:
        assert sent[2] == first.raw[0]


async def test_an_overloaded_server_is_asked_again(provider: Provider, tmp_path: Path) -> None:
    busy = _nth(0, _fails(529, "Overloaded", "overloaded_error"))
    async with _asked(provider, tmp_path, busy, _nth(1, _says("Well."))) as (model, server):
        assert (await model.turn(asking("Why?"), within(10))).text == "Well."
    assert len(server.seen) == 2


async def test_an_answer_that_breaks_off_is_asked_for_again(
    provider: Provider, tmp_path: Path
) -> None:
    cut = _nth(0, _says("This never reaches its end.", chunkSize=4, truncateAfterChunks=2))
    async with _asked(provider, tmp_path, cut, _nth(1, _says("Whole."))) as (model, server):
        assert (await model.turn(asking("Why?"), within(10))).text == "Whole."
    assert len(server.seen) == 2


async def test_a_refusal_ends_the_turn(provider: Provider, tmp_path: Path) -> None:
    finish = {"anthropic": "refusal", "openai": "content_filter"}[provider]
    refuses = _says("I can't help with that.")
    refuses["response"]["finishReason"] = finish
    async with _asked(provider, tmp_path, refuses) as (model, _):
        assert (await model.turn(asking("Why?"), within(10))).stop == "refusal"


async def test_a_request_that_is_too_long_is_a_full_context(
    provider: Provider, tmp_path: Path
) -> None:
    full = {
        "anthropic": _fails(400, "prompt is too long: 9 > 8", "invalid_request_error"),
        "openai": _fails(400, "too long", "invalid_request_error", code="context_length_exceeded"),
    }[provider]
    async with _asked(provider, tmp_path, full) as (model, _):
        assert (await model.turn(asking("Why?"), within(10))).stop == "context_full"


async def test_a_wrong_key_is_refused(provider: Provider, tmp_path: Path) -> None:
    async with _asked(provider, tmp_path, _says("never"), key="wrong") as (model, _):
        with pytest.raises(ModelAwayError, match="refused the key"):
            await model.turn(asking("Why?"), within(10))


async def test_a_request_that_no_sdk_would_send_is_found(
    provider: Provider, tmp_path: Path
) -> None:
    """aimock takes anything: without this twin the check of the types could be empty."""
    async with _asked(provider, tmp_path, _says("Well.")) as (model, server):
        await model.turn(asking("Why?"), within(10))
    whole = server.seen[0].body
    unknown = {**whole, "temprature": 1}
    untyped = {**whole, "max_tokens": "many"}
    nested = copy.deepcopy(whole)
    nested["messages"][0]["contents"] = nested["messages"][0].pop("content")
    for body in (unknown, untyped, nested):
        assert FAULTS[provider](body)
