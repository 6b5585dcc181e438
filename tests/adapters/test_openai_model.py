"""GPT and servers like it, asked over real HTTP, with what they refuse and what they don't know."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.adapters.openai_model import OpenAIModel
from bot.agent.model import ModelAwayError, ModelRejectedError, ModelTurn, ToolCall
from bot.sandbox.model import Answer, Call, ScriptedModelServer, Turn
from bot.sandbox.model.sdk_types import openai_faults
from tests.fakes.http_server import FakeServer
from tests.fakes.model_request import SYSTEM, asking, results, within

SECRET = "sk-planted-5a4b3c"
Start = Callable[..., Awaitable[tuple[OpenAIModel, ScriptedModelServer]]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a server with these answers, one after the other, and a model that asks it."""
    async with AsyncExitStack() as stack:

        async def starts(
            *answers: Answer | Turn, key: str = SECRET, **more: Any
        ) -> tuple[OpenAIModel, ScriptedModelServer]:
            script = [a if isinstance(a, Turn) else Turn(a) for a in answers]
            server = ScriptedModelServer(script, key=SECRET, **more)
            await stack.enter_async_context(server)
            model = OpenAIModel("gpt-6-sol", key=SecretStr(key), base_url=f"{server.url}/v1")
            stack.push_async_callback(model.close)
            return model, server

        yield starts


def _logs(text: str) -> Call:
    return Call("query_logs", {"text": text, "limit": 50, "service": None})


async def test_an_answer_comes_with_its_text_its_model_and_what_it_cost(start: Start) -> None:
    model, server = await start(Answer("Disk full.", output_tokens=7))
    turn = await model.turn(asking("Why?"), within(5))
    assert (turn.text, turn.stop, turn.model) == ("Disk full.", "end", "gpt-6-sol")
    assert (turn.usage.output, turn.usage.input) == (7, server.requests[0].counted.fresh)
    assert model.price.of(turn.usage) > 0


async def test_several_calls_come_in_one_turn_and_their_results_go_back(start: Start) -> None:
    model, server = await start(
        Answer("Looking.", calls=(_logs("timeout"), _logs("refused"))), Answer("Done.")
    )
    first = await model.turn(asking("Why?"), within(5))
    assert first.stop == "tools"
    assert [call.arguments["text"] for call in first.calls] == ["timeout", "refused"]
    second = await model.turn(asking("Why?", first, results(first, "1", "2")), within(5))
    assert second.text == "Done."
    sent = server.requests[1].body["messages"]
    assert [message["role"] for message in sent[2:]] == ["assistant", "tool", "tool"]
    assert sent[2] == first.raw[0]


async def test_a_failed_tool_is_told_as_an_error(start: Start) -> None:
    model, server = await start(Answer(calls=(_logs("a"),)), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    await model.turn(asking("Why?", first, results(first, "no", is_error=True)), within(5))
    assert server.requests[1].body["messages"][-1]["content"] == "Error: no"


async def test_tools_are_strict_and_every_request_fits_the_sdks_own_types(start: Start) -> None:
    model, server = await start(Answer("Done."))
    await model.turn(asking("Why?", must_call="conclude"), within(5))
    body = server.requests[0].body
    assert openai_faults(body) == []
    functions = [tool["function"] for tool in body["tools"]]
    assert all(function["strict"] for function in functions)
    assert functions[0]["parameters"]["required"] == ["text", "limit", "service"]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "conclude"}}


async def test_a_second_turn_reads_nine_tenths_of_the_first_from_the_cache(start: Start) -> None:
    model, server = await start(Answer(calls=(_logs("a"),)), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    second = await model.turn(asking("Why?", first, results(first, "1 line")), within(5))
    assert second.usage.cache_read >= 0.9 * first.usage.input
    one, two = (json.dumps(exchange.body["messages"]) for exchange in server.requests)
    assert two.startswith(one[:-1])


@pytest.mark.parametrize(
    "lost",
    [
        Answer("Halfway there", cut_after=2),
        Answer("Halfway there", cut_after=2, breaks_with="server_error", error="Overloaded"),
        Answer(status=503),
        Answer(status=429, retry_after=0.1, error="Rate limit reached; see account/billing"),
    ],
    ids=["cut", "error in the middle", "503", "429"],
)
async def test_what_passes_is_tried_again(start: Start, lost: Answer) -> None:
    model, server = await start(lost, Answer("Whole."))
    assert (await model.turn(asking("Why?"), within(5))).text == "Whole."
    assert len(server.requests) == 2


async def test_an_account_that_cannot_pay_is_said_at_once(start: Start) -> None:
    model, server = await start(Answer(status=429, error="You exceeded your current quota"))
    with pytest.raises(ModelAwayError, match="credit or limit"):
        await model.turn(asking("Why?"), within(5))
    assert len(server.requests) == 1


async def test_silence_ends_with_the_deadline(start: Start) -> None:
    model, _ = await start(Answer("Too late.", delay=30))
    with pytest.raises(ModelAwayError, match="no answer within"):
        await model.turn(asking("Why?"), within(0.5))


async def test_a_wrong_key_is_named_and_not_shown(start: Start) -> None:
    model, _ = await start(Answer("never"), key="sk-wrong-1234")
    with pytest.raises(ModelAwayError, match="OPENAI_API_KEY") as caught:
        await model.turn(asking("Why?"), within(5))
    assert "sk-wrong-1234" not in "".join(traceback.format_exception(caught.value))


async def test_an_error_shows_neither_key_nor_prompt(start: Start) -> None:
    model, _ = await start(Answer(status=400, error=f"bad request {SECRET} in {SYSTEM}"))
    with pytest.raises(ModelRejectedError) as caught:
        await model.turn(asking("Why?"), within(5))
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert SYSTEM not in shown


async def test_a_full_context_is_an_answer(start: Start) -> None:
    model, _ = await start(Answer("never"), context_tokens=500)
    assert (await model.turn(asking("Why?"), within(5))).stop == "context_full"


@pytest.mark.parametrize("stop", ["refusal", "length"])
async def test_each_way_to_stop_has_its_name(start: Start, stop: Any) -> None:
    model, _ = await start(Answer("Partly.", stop=stop))
    turn = await model.turn(asking("Why?"), within(5))
    assert (turn.stop, turn.text) == (stop, "Partly.")


async def test_arguments_that_were_cut_off_are_told_and_can_go_back(start: Start) -> None:
    cut = Answer(calls=(Call("query_logs", broken='{"text": "time'),), stop="length")
    model, server = await start(cut, Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    assert first.stop == "length"
    assert first.calls[0].malformed == '{"text": "time'
    await model.turn(asking("Why?", first, results(first, "cut off", is_error=True)), within(5))
    sent = server.requests[1].body["messages"][2]["tool_calls"][0]["function"]
    assert sent["arguments"] == "{}"


async def test_a_turn_of_claude_is_told_in_our_words(start: Start) -> None:
    model, server = await start(Answer("Done."))
    other = ModelTurn(
        text="Looking.",
        calls=(ToolCall(id="toolu_1", name="query_logs", arguments={"text": "a"}),),
        stop="tools",
        raw=({"type": "thinking", "thinking": "", "signature": "s"},),
    )
    await model.turn(asking("Why?", other, results(other, "1")), within(5))
    assert "signature" not in json.dumps(server.requests[0].body)
    assert server.requests[0].status == 200


async def test_what_a_server_does_not_know_is_left_out_from_then_on(start: Start) -> None:
    unknown = ("strict", "stream_options", "tool_choice", "max_tokens")
    model, server = await start(Answer("One."), Answer("Two."), unknown=unknown)
    first = await model.turn(asking("Why?", must_call="conclude"), within(5))
    assert first.text == "One."
    assert first.usage.input > 0, "what a server doesn't count is estimated"
    refused = len(server.requests) - 1
    assert refused == len(unknown)
    await model.turn(asking("Why?", must_call="conclude"), within(5))
    assert len(server.requests) == refused + 2
    last = server.requests[-1].body
    assert not {"stream_options", "tool_choice", "max_tokens"} & last.keys()
    assert "conclude" in last["messages"][-1]["content"]


async def test_a_local_server_needs_no_key_and_may_be_careless_with_its_chunks() -> None:
    """As older Ollamas do it: each call whole, all with index 0, and `stop` at the end."""
    pieces = [
        {"index": 0, "id": f"c{n}", "function": {"name": "query_logs", "arguments": '{"text":"a"}'}}
        for n in range(2)
    ]
    deltas: list[tuple[dict[str, Any], str | None]] = [
        *(({"tool_calls": [piece]}, None) for piece in pieces),
        ({"content": ""}, "stop"),
    ]

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for delta, finish in deltas:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            chunk = {"id": "1", "model": "qwen", "choices": [choice]}
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    async with FakeServer(answer) as server:
        model = OpenAIModel("qwen", base_url=f"{server.url}/v1")
        turn = await model.turn(asking("Why?"), within(5))
        await model.close()
    assert [call.id for call in turn.calls] == ["c0", "c1"]
    assert turn.stop == "tools"
    assert turn.usage.input > 0
    assert (model.price.of(turn.usage), model.price_known) == (0, False)
    assert server.seen[0].path == "/v1/chat/completions"
