"""The loop over real HTTP: what a model asks for, what it gets, and how it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.agent.loop import RefusedError
from bot.agent.model import ModelAwayError
from bot.agent.toolbox import MOST_AT_ONCE
from bot.domain import events as e
from bot.sandbox.model import Answer, Call, Turn
from tests.fakes.agency import Agency
from tests.fakes.models import Oracle, Provider, calls, concluding, oracle

LOOK_A = Call("measure", {"gauge": "a", "minutes": 5})
LOOK_B = Call("measure", {"gauge": "b", "minutes": 5})
PAINT = Call("paint", {"lamp": "hall", "colour": "green"})


def last_results(asked: Oracle, request: int = -1) -> list[str]:
    """Texts of the results that a request ends with."""
    messages = asked.server.requests[request].body["messages"]
    if messages[-1]["role"] == "tool":
        before = max(n for n, m in enumerate(messages) if m["role"] != "tool")
        return [m["content"] for m in messages[before + 1 :]]
    return [
        "Error: " * block.get("is_error", False) + block["content"]
        for block in messages[-1]["content"]
        if block["type"] == "tool_result"
    ]


def last_words(asked: Oracle, request: int = -1) -> str:
    return json.dumps(asked.server.requests[request].body["messages"][-1])


async def test_several_reads_of_one_turn_are_under_way_together(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), concluding("a", "t1.1", "t1.2")) as asked:
        agency = Agency(redis, asked.model)
        agency.gauges.meet = asyncio.Barrier(2)
        async with asyncio.timeout(10):
            end = await agency.work()
        assert end.hypotheses[0].supported_by == ["t1.1", "t1.2"]
        assert sorted(agency.gauges.read) == ["a", "b"]
        assert [text.split()[0] for text in last_results(asked)] == ["t1.1", "t1.2"]


async def test_a_call_that_changes_something_only_proposes_it(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(
        provider, calls(PAINT, LOOK_A), calls(PAINT), concluding("a", "t1.2")
    ) as asked:
        agency = Agency(redis, asked.model)
        await agency.work()
        assert agency.proposed == ["paint hall"]
        assert agency.toolbox.proposed[0].tainted
        assert agency.world.effects == []
        assert "Proposed as step 1. Nothing ran." in last_results(asked)[-1]


async def test_an_agent_that_may_only_look_can_not_even_propose(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(PAINT), concluding()) as asked:
        agency = Agency(redis, asked.model, may_propose=False)
        await agency.work()
        assert agency.proposed == []
        assert "you may only look" in last_results(asked)[-1]
        offered = json.dumps(asked.server.requests[0].body["tools"])
        assert "paint" not in offered


async def test_the_incidents_own_books_are_not_on_offer(redis: Redis, provider: Provider) -> None:
    async with oracle(
        provider, calls(Call("create_ticket", {"summary": "x", "description": ""})), concluding()
    ) as asked:
        agency = Agency(redis, asked.model)
        await agency.work()
        assert '"create_ticket"' not in json.dumps(asked.server.requests[0].body["tools"])
        assert agency.world.tickets == {}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Call("launch_missiles", {"at": "dawn"}), "no read tool 'launch_missiles'"),
        (Call("", {}), "no read tool ''"),
        (Call("measure", {"gauge": "a", "minutes": 5, "shell": "id"}), "shell"),
        (Call("measure", {"gauge": "a", "minutes": 100_000}), "minutes"),
        (Call("measure", {"minutes": 5}), "gauge"),
        (Call("paint", {"lamp": "hall"}), "colour"),
        (Call("paint", {"lamp": ["hall", "attic"], "colour": "green"}), "lamp"),
        (Call("read_more", {"evidence_id": "t9.9", "offset": 0}), "no evidence 't9.9'"),
        (Call("read_more", {"evidence_id": "t9.9", "offset": -1}), "offset"),
        (Call("measure", broken='{"gauge": "a", "minut'), "no JSON object"),
        (Call("measure", broken='["a"]'), "no JSON object"),
        (Call("paint", broken='{"lamp": "hall", '), "no JSON object"),
        (Call("conclude", broken='{"hypotheses": ['), "no JSON object"),
        (Call("conclude", {"hypotheses": "none"}), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_wrong_call_is_told_what_is_wrong_and_the_work_goes_on(
    redis: Redis, provider: Provider, call: Call, told: str
) -> None:
    async with oracle(provider, calls(call), calls(LOOK_A), concluding("a", "t2.1")) as asked:
        agency = Agency(redis, asked.model)
        end = await agency.work()
        [result] = last_results(asked, 1)
        assert told in result
        assert result.startswith("Error: ")
        assert end.hypotheses[0].cause == "a"
        assert (agency.proposed, agency.world.effects) == ([], [])
        assert asked.asked == 3


async def test_more_calls_than_a_turn_may_have_are_not_run(
    redis: Redis, provider: Provider
) -> None:
    many = [Call("measure", {"gauge": f"g{n}", "minutes": 5}) for n in range(MOST_AT_ONCE + 3)]
    async with oracle(provider, calls(*many), concluding()) as asked:
        agency = Agency(redis, asked.model)
        await agency.work()
        assert len(agency.gauges.read) == MOST_AT_ONCE
        told = last_results(asked)
        assert len(told) == len(many)
        assert all("not run" in text for text in told[MOST_AT_ONCE:])


async def test_a_gauge_that_does_not_answer_was_not_reached(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A), concluding("a", "t1.1"), concluding()) as asked:
        agency = Agency(redis, asked.model)
        agency.gauges.away = {"a"}
        end = await agency.work()
        assert "NOT REACHED" in last_results(asked, 1)[0]
        assert end.hypotheses == []


async def test_a_tool_that_breaks_on_what_it_reads_ends_nothing(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), concluding("b", "t1.2")) as asked:
        agency = Agency(redis, asked.model)
        agency.gauges.jammed = {"a"}
        end = await agency.work()
        assert end.hypotheses[0].supported_by == ["t1.2"]
        assert "NOT REACHED" in last_results(asked)[0]


async def test_an_uncited_cause_is_sent_back_once_and_then_taken_as_it_is(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(
        provider, calls(LOOK_A), concluding("b", "t7.7"), concluding("b", "t8.8")
    ) as asked:
        end = await Agency(redis, asked.model).work()
        assert "evidence there is: t1.1" in last_results(asked)[0]
        assert end.hypotheses[0].supported_by == ["t8.8"]
        assert asked.asked == 3


async def test_who_says_nothing_twice_is_made_to_end(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, Answer("Hm."), Answer("Well."), concluding()) as asked:
        await Agency(redis, asked.model).work()
        assert "Look on with a tool, or end with `conclude`." in last_words(asked, 1)
        forced = json.dumps(asked.server.requests[2].body)
        assert "call of conclude" in forced or '"tool_choice"' in forced
        assert "call of conclude" not in json.dumps(asked.server.requests[1].body)


async def test_an_answer_that_was_cut_off_is_asked_for_again_shorter(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, Answer("So, first", stop="length"), concluding()) as asked:
        await Agency(redis, asked.model).work()
        assert "cut off; be brief" in last_words(asked)


async def test_a_pause_is_sent_back_as_it_came_and_goes_on(redis: Redis) -> None:
    async with oracle("claude", Answer("Wait.", stop="pause"), concluding()) as asked:
        await Agency(redis, asked.model).work()
        last = asked.server.requests[1].body["messages"][-1]
        assert last["role"] == "assistant"
        assert asked.asked == 2


async def test_a_refusal_ends_it_for_this_model(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, calls(LOOK_A), Answer("No.", stop="refusal")) as asked:
        agency = Agency(redis, asked.model)
        with pytest.raises(RefusedError):
            await agency.work()
        with pytest.raises(RefusedError):
            await agency.work()
        assert asked.asked == 2


async def test_what_a_refused_answer_asked_for_is_not_done(
    redis: Redis, provider: Provider
) -> None:
    refused = Answer("No.", calls=(LOOK_A, PAINT), stop="refusal")
    async with oracle(provider, refused) as asked:
        agency = Agency(redis, asked.model)
        with pytest.raises(RefusedError):
            await agency.work()
        assert (agency.gauges.read, agency.proposed) == ([], [])


async def test_an_incident_larger_than_the_model_is_given_up_with_words_for_people(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, concluding(), context_tokens=50) as asked:
        with pytest.raises(ModelAwayError, match="larger than the model can hold"):
            await Agency(redis, asked.model).work()


async def test_a_cut_result_can_be_read_on(redis: Redis, provider: Provider) -> None:
    long = "\n".join(f"line {n}" for n in range(2_000))
    more = Call("read_more", {"evidence_id": "t1.1", "offset": 10_000})
    async with oracle(provider, calls(LOOK_A), calls(more), concluding()) as asked:
        agency = Agency(redis, asked.model)
        agency.gauges.says = {"a": long}
        await agency.work()
        assert len(last_results(asked, 1)[0]) < 2_500
        assert long[10_000:10_100] in last_results(asked)[-1]


async def test_the_same_start_gives_the_same_bytes_and_each_turn_only_adds(
    redis: Redis, provider: Provider
) -> None:
    script = [Turn(calls(LOOK_A), times=None, number=1), Turn(concluding(), times=None)]
    async with oracle(provider, *script) as asked:
        for incident in ("INC-1", "INC-2"):
            await Agency(redis, asked.model, incident=incident).work()
        one, two, other = (asked.server.requests[i].body for i in (0, 1, 2))
        assert json.dumps(one["tools"]) == json.dumps(two["tools"]) == json.dumps(other["tools"])
        assert _bare(two["messages"][: len(one["messages"])]) == _bare(one["messages"])


async def test_arguments_that_no_store_can_hold_do_not_end_the_work(
    redis: Redis, provider: Provider
) -> None:
    """Half a surrogate pair is valid JSON, and no UTF-8."""
    strange = Call("measure", broken='{"gauge": "\\ud800", "minutes": 5}')
    async with oracle(provider, calls(strange), calls(LOOK_A), concluding("a", "t2.1")) as asked:
        end = await Agency(redis, asked.model).work()
        assert end.hypotheses[0].cause == "a"


async def test_words_that_no_store_can_hold_do_not_end_the_work(
    redis: Redis, provider: Provider
) -> None:
    strange = calls(LOOK_A, text="half \ud83d of a pair")
    async with oracle(provider, strange, concluding("a", "t1.1")) as asked:
        end = await Agency(redis, asked.model).work()
        assert end.hypotheses[0].cause == "a"


@pytest.mark.parametrize("nested", ["[" * 6_000, "[" * 400 + "]" * 400 + "}"], ids=["open", "shut"])
async def test_arguments_nested_without_end_do_not_end_the_work(
    redis: Redis, provider: Provider, nested: str
) -> None:
    deep = Call("measure", broken='{"gauge": ' + nested)
    async with oracle(provider, calls(deep), calls(LOOK_A), concluding("a", "t2.1")) as asked:
        end = await Agency(redis, asked.model).work()
        assert end.hypotheses[0].cause == "a"


async def test_what_a_person_reads_of_the_cost_is_what_was_paid(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A), concluding("a", "t1.1")) as asked:
        agency = Agency(redis, asked.model)
        await agency.work()
        turns = [w for w in await agency.ledger.work("INC-1") if isinstance(w, e.TurnTaken)]
        assert sum(turn.dollars for turn in turns) == pytest.approx(await agency.spent())
        assert all(turn.dollars > 0 and turn.tokens > 0 for turn in turns)


def _bare(messages: Any) -> str:
    """Without cache marks, which move on."""
    return json.dumps(messages).replace(', "cache_control": {"type": "ephemeral"}', "")
