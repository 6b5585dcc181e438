"""Keeping a conversation within what a model can hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from bot.adapters.anthropic_request import body
from bot.agent.context import AMPLE, EVICTED, fit, sizes
from bot.agent.data import fenced, shown
from bot.agent.model import (
    Message,
    ModelTurn,
    Request,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from tools.kit.types import Evidence

SMALL = 16_000
"""Tokens that a small model holds."""


def seen(id_: str, chars: int = 3_000) -> str:
    """A result as a toolbox gives it."""
    excerpt = "\n".join(f"line {n} of {id_}" for n in range(chars // 20))
    found = Evidence(tool="query_logs", query="q", summary=f"errors in {id_}", excerpt=excerpt)
    return shown(id_, found, chars)


def turn(number: int) -> ModelTurn:
    call = ToolCall(id=f"c{number}", name="query_logs", arguments={"service": "etl"})
    thought = {"type": "thinking", "thinking": "", "signature": f"sig{number}"}
    return ModelTurn(text=f"looking, {number}", calls=(call,), stop="tools", raw=(thought,))


def conversation(turns: int, chars: int = 3_000) -> list[Message]:
    """A brief, then so many looks, each answered."""
    messages: list[Message] = [UserMessage(text="the brief")]
    for n in range(1, turns + 1):
        told = ToolResult(call_id=f"c{n}", text=seen(f"t{n}.1", chars))
        messages += [turn(n), ToolMessage(results=(told,))]
    return messages


def requests(messages: Sequence[Message], context_tokens: int) -> list[tuple[Message, ...]]:
    """What is sent for each turn of the conversation, and for the one after it."""
    ends = [i for i, m in enumerate(messages) if isinstance(m, ModelTurn)]
    return [fit(messages[:i], context_tokens) for i in [*ends, len(messages)]]


def taken_out(messages: Sequence[Message]) -> int:
    return sum(EVICTED in str(message) for message in messages)


def turns_that_fit(context_tokens: int) -> int:
    """How long a conversation is just before something has to be taken out."""
    return next(n for n in range(100) if taken_out(fit(conversation(n + 1), context_tokens)))


def test_what_fits_is_left_as_it_is() -> None:
    messages = conversation(10)
    assert fit(messages, 200_000) == tuple(messages)


def test_the_oldest_results_go_first_and_the_words_stay() -> None:
    fitted = fit(conversation(14), SMALL)
    gone = [EVICTED in str(m) for m in fitted if isinstance(m, ToolMessage)]
    assert gone[0]
    assert gone == sorted(gone, reverse=True)
    assert not any(gone[-3:])
    assert [m.text for m in fitted if isinstance(m, ModelTurn)] == [
        f"looking, {n}" for n in range(1, 15)
    ]


def test_what_is_left_of_a_result_says_how_to_get_it_again() -> None:
    result = fit(conversation(14), SMALL)[2]
    assert isinstance(result, ToolMessage)
    assert result.results[0].text == (
        't1.1 (found)\n<data source="query_logs" id="t1.1">\nerrors in t1.1\n</data>\n' + EVICTED
    )


def test_a_further_part_that_is_taken_out_leaves_no_mark_open() -> None:
    messages = conversation(14)
    part = fenced("query_logs", "more lines\n" * 300, id="t0.1")
    messages[2] = ToolMessage(results=(ToolResult(call_id="c1", text=part),))
    result = fit(messages, SMALL)[2]
    assert isinstance(result, ToolMessage)
    text = result.results[0].text
    assert text.startswith('<data source="query_logs" id="t0.1">')
    assert text.count("<data") == text.count("</data>") == 1
    assert text.endswith(EVICTED)


def test_a_short_result_is_not_worth_taking_out() -> None:
    messages = conversation(14)
    told = ToolMessage(results=(ToolResult(call_id="c1", text="Proposed as step 1."),))
    messages[2] = told
    assert fit(messages, SMALL)[2] == told


@pytest.mark.parametrize("context_tokens", [SMALL, 32_000, 200_000])
def test_each_request_repeats_the_one_before_but_for_rare_blocks(context_tokens: int) -> None:
    sent = requests(conversation(60, chars=sizes(context_tokens).result), context_tokens)
    broken = [n for n, (one, other) in enumerate(pairwise(sent)) if other[: len(one)] != one]
    assert len(broken) <= 6, f"the cache is lost at {broken}"
    if context_tokens == 200_000:
        assert len(broken) <= 1
    blocks = [taken_out(sent[n + 1]) - taken_out(sent[n]) for n in broken]
    assert all(block != 1 for block in blocks), f"taken out one by one: {blocks}"


def test_a_second_turn_repeats_the_first_byte_for_byte_up_to_its_own_addition() -> None:
    messages = conversation(3)
    first, second = (
        body(
            Request(system="be brief", messages=fit(messages[:end], 200_000)),
            "claude-sonnet-5-5",
            effort="medium",
            thinking=True,
            strict=True,
        )
        for end in (5, 7)
    )
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert second["system"] == first["system"]


def test_a_conversation_resumed_after_a_crash_is_the_same() -> None:
    messages = conversation(40)
    assert fit(list(messages), SMALL) == requests(messages, SMALL)[-1]


def test_thoughts_that_were_signed_over_what_is_gone_go_with_it() -> None:
    messages = conversation(turns_that_fit(SMALL) + 1)
    fitted = fit(messages, SMALL)
    first_gone = next(i for i, m in enumerate(fitted) if EVICTED in str(m))
    assert all(m.raw for m in fitted[:first_gone] if isinstance(m, ModelTurn))
    assert not any(m.raw for m in fitted[first_gone:] if isinstance(m, ModelTurn))


def test_thoughts_that_came_after_it_stay() -> None:
    turns = turns_that_fit(SMALL) + 1
    fitted = fit(conversation(turns + 2), SMALL)
    assert taken_out(fitted) == taken_out(fit(conversation(turns), SMALL))
    later = [m for m in fitted if isinstance(m, ModelTurn)][turns:]
    assert [m.raw for m in later] == [turn(turns + 1).raw, turn(turns + 2).raw]


def test_where_words_alone_fill_it_old_turns_are_told_in_short() -> None:
    messages: list[Message] = [UserMessage(text="the brief")]
    for n in range(1, 40):
        thinking = turn(n).model_copy(update={"text": f"thought {n} " * 200, "raw": ()})
        told = ToolResult(call_id=f"c{n}", text=seen(f"t{n}.1"))
        messages += [thinking, ToolMessage(results=(told,))]
    fitted = fit(messages, SMALL)
    size = sum(len(str(message)) for message in fitted)
    assert size < SMALL * 3
    assert fitted[0] == messages[0]
    assert "Earlier turns were taken out" in str(fitted[1])
    assert "t38.1 (found)" in str(fitted)


def test_every_call_that_is_sent_is_answered_by_what_follows_it() -> None:
    for context_tokens in (6_000, SMALL, 32_000):
        for sent in requests(conversation(50, chars=5_000), context_tokens):
            calls = [c.id for m in sent if isinstance(m, ModelTurn) for c in m.calls]
            answers = [r.call_id for m in sent if isinstance(m, ToolMessage) for r in m.results]
            assert calls == answers


def test_a_small_model_is_shown_less() -> None:
    small, large = sizes(8_000), sizes(1_000_000)
    assert large == AMPLE
    assert small.result < large.result
    assert small.more < large.more
    assert small.survey < large.survey
    assert 8 * small.result < 8_000 * 3 / 2, "a turn of eight looks fits into half of it"
