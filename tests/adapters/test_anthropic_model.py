"""Claude, asked over real HTTP: a scripted server answers, and refuses what Anthropic refuses."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.adapters.anthropic_model import AnthropicModel
from bot.agent.model import ModelAwayError, ModelRejectedError, ModelTurn, Usage
from bot.sandbox.model import Answer, Asked, Call, ScriptedModelServer, Turn
from bot.sandbox.model.sdk_types import anthropic_faults
from tests.fakes.model_request import QUERY_LOGS, SYSTEM, asking, results, within

SECRET = "sk-ant-planted-9f8e7d"
Start = Callable[..., Awaitable[tuple[AnthropicModel, ScriptedModelServer]]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a server with these answers, one after the other, and a model that asks it."""
    async with AsyncExitStack() as stack:

        async def starts(
            *answers: Answer | Turn, key: str = SECRET, name: str = "claude-sonnet-5-5", **more: Any
        ) -> tuple[AnthropicModel, ScriptedModelServer]:
            script = [a if isinstance(a, Turn) else Turn(a) for a in answers]
            server = ScriptedModelServer(script, key=SECRET, **more)
            await stack.enter_async_context(server)
            model = AnthropicModel(name, key=SecretStr(key), base_url=server.url)
            stack.push_async_callback(model.close)
            return model, server

        yield starts


def _logs(text: str) -> Call:
    return Call("query_logs", {"text": text, "limit": 50})


async def test_an_answer_comes_with_its_text_its_model_and_what_it_cost(start: Start) -> None:
    model, server = await start(Answer("Disk full.", output_tokens=7))
    turn = await model.turn(asking("Why?"), within(5))
    assert (turn.text, turn.stop, turn.model) == ("Disk full.", "end", "claude-sonnet-5-5")
    counted = server.requests[0].counted
    assert turn.usage == Usage(
        input=counted.fresh, output=7, cache_read=0, cache_write=counted.written
    )
    assert model.price.of(turn.usage) > 0


async def test_several_calls_come_in_one_turn_in_their_order(start: Start) -> None:
    model, _ = await start(Answer("Looking.", calls=(_logs("timeout"), _logs("refused"))))
    turn = await model.turn(asking("Why?"), within(5))
    assert turn.stop == "tools"
    assert [call.arguments["text"] for call in turn.calls] == ["timeout", "refused"]
    assert len({call.id for call in turn.calls}) == 2


async def test_results_go_back_and_a_script_can_cite_them(start: Start) -> None:
    def cite(asked: Asked) -> dict[str, Any]:
        return {"cause": f"seen: {asked.result('query_logs')}"}

    model, server = await start(
        Answer(calls=(_logs("timeout"),)), Answer(calls=(Call("conclude", cite),))
    )
    first = await model.turn(asking("Why?"), within(5))
    told = results(first, "3 lines", is_error=True)
    second = await model.turn(asking("Why?", first, told), within(5))
    assert second.calls[0].arguments == {"cause": "seen: 3 lines"}
    sent = server.requests[1].body["messages"][-1]["content"][0]
    assert (sent["content"], sent["is_error"]) == ("3 lines", True)


async def test_thinking_goes_back_as_it_came(start: Start) -> None:
    """The server refuses a signature that isn't for exactly what came before it."""
    model, server = await start(
        Answer(calls=(_logs("a"),), thinking=True),
        Answer(calls=(_logs("b"),), thinking=True),
        Answer("Done."),
    )
    first = await model.turn(asking("Why?"), within(5))
    second = await model.turn(asking("Why?", first, results(first, "1")), within(5))
    third = await model.turn(
        asking("Why?", first, results(first, "1"), second, results(second, "2")), within(5)
    )
    assert third.text == "Done."
    sent = server.requests[-1].body["messages"]
    assert sent[1]["content"] == list(first.raw)
    assert sent[1]["content"][0]["signature"].startswith("sig_")


async def test_a_history_that_was_changed_is_sent_without_its_thinking(start: Start) -> None:
    model, server = await start(Answer(calls=(_logs("a"),), thinking=True), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    turn = await model.turn(asking("Why then?", first, results(first, "1")), within(5))
    assert turn.text == "Done."
    assert "bound to a different conversation" in server.requests[1].refused
    kinds = [block["type"] for block in server.requests[2].body["messages"][1]["content"]]
    assert kinds == ["tool_use"]


async def test_a_turn_of_another_provider_is_told_in_our_words(start: Start) -> None:
    model, server = await start(Answer("Done."))
    other = ModelTurn(
        text="Looking.",
        calls=(QUERY,),
        stop="tools",
        raw=({"role": "assistant", "content": "Looking."},),
    )
    await model.turn(asking("Why?", other, results(other, "1")), within(5))
    kinds = [block["type"] for block in server.requests[0].body["messages"][1]["content"]]
    assert kinds == ["text", "tool_use"]


async def test_a_tool_that_must_be_called_is_asked_for_and_stays_asked_for(start: Start) -> None:
    """The models refuse a forced tool; a request that later forgot the words would be refused."""
    model, server = await start(
        Answer(calls=(Call("conclude", {"cause": "disk"}),), thinking=True), Answer("Done.")
    )
    first = await model.turn(asking("Why?", must_call="conclude"), within(5))
    words = server.requests[0].body["messages"][0]["content"][-1]["text"]
    assert "conclude" in words
    await model.turn(asking("Why?", first, results(first, "noted")), within(5))
    assert server.requests[1].body["messages"][0]["content"][-1]["text"] == words
    assert server.requests[1].status == 200


async def test_tools_are_strict_and_every_request_fits_the_sdks_own_types(start: Start) -> None:
    model, server = await start(Answer("Done."))
    await model.turn(asking("Why?"), within(5))
    body = server.requests[0].body
    assert anthropic_faults(body) == []
    assert all(tool["strict"] for tool in body["tools"])
    assert body["tools"][0]["input_schema"]["additionalProperties"] is False
    assert body["thinking"] == {"type": "adaptive"}
    assert server.requests[0].headers["anthropic-version"]


async def test_a_second_turn_reads_nine_tenths_of_the_first_from_the_cache(start: Start) -> None:
    model, server = await start(Answer(calls=(_logs("a"),)), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    second = await model.turn(asking("Why?", first, results(first, "1 line")), within(5))
    sent = first.usage.input + first.usage.cache_read + first.usage.cache_write
    assert second.usage.cache_read >= 0.9 * sent
    one, two = (exchange.body for exchange in server.requests)
    assert json.dumps(two["messages"]).startswith(json.dumps(one["messages"])[:-1])
    assert [one[part] for part in ("system", "tools")] == [
        two[part] for part in ("system", "tools")
    ]


async def test_many_parallel_calls_do_not_lose_the_cache(start: Start) -> None:
    calls = tuple(_logs(f"word {n}") for n in range(15))
    model, _ = await start(Answer(calls=calls), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    second = await model.turn(asking("Why?", first, results(first, *"x" * 15)), within(5))
    assert second.usage.cache_read >= 0.9 * first.usage.cache_write


async def test_the_fixed_part_is_shared_between_investigations(start: Start) -> None:
    model, _ = await start(Answer("One."), Answer("Two."))
    await model.turn(asking("The first incident?"), within(5))
    turn = await model.turn(asking("Quite another?"), within(5))
    assert turn.usage.cache_read >= len(SYSTEM) // 4


async def test_a_rate_limit_is_waited_out_as_long_as_the_server_asks(start: Start) -> None:
    model, server = await start(Answer(status=429, retry_after=0.4), Answer("Done."))
    began = datetime.now(UTC)
    turn = await model.turn(asking("Why?"), within(5))
    assert turn.text == "Done."
    assert (datetime.now(UTC) - began).total_seconds() >= 0.4
    assert [exchange.status for exchange in server.requests] == [429, 200]


async def test_a_wait_beyond_the_deadline_is_not_begun(start: Start) -> None:
    model, _ = await start(Answer(status=529, retry_after=60))
    began = datetime.now(UTC)
    with pytest.raises(ModelAwayError, match=r"overloaded \(529\).*after the deadline"):
        await model.turn(asking("Why?"), within(5))
    assert (datetime.now(UTC) - began).total_seconds() < 3


@pytest.mark.parametrize(
    "lost",
    [
        Answer("Halfway there", cut_after=4),
        Answer("Halfway there", cut_after=4, breaks_with="overloaded_error", error="Overloaded"),
        Answer(status=500),
        Answer(status=529),
    ],
    ids=["cut", "529 in the middle", "500", "529"],
)
async def test_what_passes_is_tried_again(start: Start, lost: Answer) -> None:
    model, server = await start(lost, Answer("Whole."))
    turn = await model.turn(asking("Why?"), within(5))
    assert turn.text == "Whole."
    assert len(server.requests) == 2


async def test_silence_ends_with_the_deadline(start: Start) -> None:
    model, _ = await start(Answer("Too late.", delay=30))
    with pytest.raises(ModelAwayError, match="no answer within"):
        await model.turn(asking("Why?"), within(0.5))


async def test_nobody_there_is_said_at_the_deadline() -> None:
    model = AnthropicModel("claude-sonnet-5-5", key=None, base_url="http://127.0.0.1:9")
    with pytest.raises(ModelAwayError, match="can't be reached"):
        await model.turn(asking("Why?"), within(1))
    await model.close()


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, "no", "refused the key"),
        (402, "", "credit or limit"),
        (400, "Your credit balance is too low to access the Anthropic API.", "credit or limit"),
        (404, "model: claude-sonnet-5-5", "doesn't know the model"),
    ],
)
async def test_what_cannot_pass_is_said_at_once(
    start: Start, status: int, error: str, words: str
) -> None:
    model, server = await start(Answer(status=status, error=error))
    with pytest.raises(ModelAwayError, match=words):
        await model.turn(asking("Why?"), within(5))
    assert len(server.requests) == 1


async def test_a_wrong_key_is_named_and_not_shown(start: Start) -> None:
    model, _ = await start(Answer("never"), key="sk-ant-wrong-1234")
    with pytest.raises(ModelAwayError, match="ANTHROPIC_API_KEY") as caught:
        await model.turn(asking("Why?"), within(5))
    assert "sk-ant-wrong-1234" not in "".join(traceback.format_exception(caught.value))


async def test_an_error_shows_neither_key_nor_prompt(start: Start) -> None:
    echoed = f"bad request {SECRET} in {SYSTEM}"
    model, _ = await start(Answer(status=400, error=echoed))
    with pytest.raises(ModelRejectedError) as caught:
        await model.turn(asking("Why?"), within(5))
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert len(str(caught.value)) < 400
    assert SYSTEM not in shown


async def test_a_request_that_is_wrong_is_not_tried_again(start: Start) -> None:
    model, server = await start(Answer(calls=(_logs("a"),)), Answer("never"))
    first = await model.turn(asking("Why?"), within(5))
    with pytest.raises(ModelRejectedError, match="tool_result"):
        await model.turn(asking("Why?", first, "And?"), within(5))
    assert len(server.requests) == 2


async def test_a_full_context_is_an_answer(start: Start) -> None:
    model, _ = await start(Answer("never"), context_tokens=500)
    assert (await model.turn(asking("Why?"), within(5))).stop == "context_full"


async def test_a_request_whose_content_is_filtered_is_refused_and_not_wrong(start: Start) -> None:
    filtered = Answer(status=400, error="Output blocked by content filtering policy")
    model, _ = await start(filtered)
    assert (await model.turn(asking("Why?"), within(5))).stop == "refusal"


@pytest.mark.parametrize("stop", ["pause", "refusal", "length", "context_full"])
async def test_each_way_to_stop_has_its_name(start: Start, stop: Any) -> None:
    model, _ = await start(Answer("Partly.", stop=stop))
    turn = await model.turn(asking("Why?"), within(5))
    assert (turn.stop, turn.text) == (stop, "Partly.")


async def test_a_paused_turn_is_sent_back_and_goes_on(start: Start) -> None:
    model, server = await start(Answer("Half", stop="pause"), Answer("and half."))
    first = await model.turn(asking("Why?"), within(5))
    second = await model.turn(asking("Why?", first), within(5))
    assert second.text == "and half."
    assert server.requests[1].body["messages"][-1]["role"] == "assistant"


async def test_a_refused_answer_asks_for_nothing(start: Start) -> None:
    refused = Answer(calls=(_logs("a"),), stop="refusal", error="Not this.")
    model, _ = await start(refused)
    turn = await model.turn(asking("Why?"), within(5))
    assert (turn.calls, turn.text) == ((), "Not this.")


@pytest.mark.parametrize("broken", ['{"text": "time', '{"text": nonsense}', '["a"]'])
async def test_arguments_that_are_no_object_are_told_as_they_came(
    start: Start, broken: str
) -> None:
    model, server = await start(
        Answer(calls=(Call("query_logs", {}, broken=broken),)), Answer("Done.")
    )
    first = await model.turn(asking("Why?"), within(5))
    call = first.calls[0]
    assert call.arguments == {}
    assert call.malformed
    assert broken.startswith(call.malformed)
    await model.turn(asking("Why?", first, results(first, "cut off", is_error=True)), within(5))
    assert server.requests[1].status == 200


async def test_what_an_older_model_refuses_is_left_out_from_then_on(start: Start) -> None:
    model, server = await start(
        Answer(status=400, error="adaptive thinking is not supported on this model"),
        Answer(status=400, error="This model does not support the effort parameter."),
        Answer("One."),
        Answer("Two."),
        name="claude-haiku-4-5",
    )
    assert (await model.turn(asking("Why?"), within(5))).text == "One."
    assert (await model.turn(asking("Why?"), within(5))).text == "Two."
    assert len(server.requests) == 4
    assert not {"thinking", "output_config"} & server.requests[-1].body.keys()


async def test_an_empty_answer_can_stay_in_the_conversation(start: Start) -> None:
    model, _ = await start(Answer(""), Answer("Done."))
    first = await model.turn(asking("Why?"), within(5))
    assert (await model.turn(asking("Why?", first, "Well?"), within(5))).text == "Done."


QUERY = ModelTurn.model_validate(
    {
        "stop": "tools",
        "calls": [{"id": "call_1", "name": QUERY_LOGS.name, "arguments": {"text": "a"}}],
    }
).calls[0]
