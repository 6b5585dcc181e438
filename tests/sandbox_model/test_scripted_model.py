"""The scripted model keeps to its script, and refuses what the real ones refuse."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from bot.sandbox.model import Answer, Asked, Call, ScriptedModelServer, Turn

ANY = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
CLAUDE: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 100,
    "system": "Look.",
    "tools": [{"name": "look", "description": "Looks.", "input_schema": ANY, "strict": True}],
    "messages": [{"role": "user", "content": "Why?"}],
}
CALL = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "3 lines"}
GPT: dict[str, Any] = {"model": "gpt-6-sol", "messages": [{"role": "user", "content": "Why?"}]}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer([Turn(Answer("Well."), times=None)], key=None) as running:
        yield running


async def _post(
    server: ScriptedModelServer, body: dict[str, Any], path: str = "/v1/messages"
) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.url + path, json=body) as answer,
    ):
        return answer.status, await answer.json()


def _with(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(CLAUDE), **changes}


def _said(*messages: tuple[str, Any]) -> dict[str, Any]:
    told = [{"role": role, "content": content} for role, content in messages]
    return _with(messages=told)


def _tool(**schema: Any) -> dict[str, Any]:
    return _with(tools=[{"name": "look", "input_schema": {**ANY, **schema}, "strict": True}])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_with(temprature=1), "Extra inputs"),
        (_with(max_tokens="many"), "max_tokens"),
        (_with(tool_choice={"type": "tool", "name": "look"}), "tool_choice"),
        (_with(thinking={"type": "disabled"}), "not supported"),
        (_with(temperature=0.5), "temperature"),
        (_said(("user", "Why?"), ("assistant", "Bec")), "prefill"),
        (_said(("assistant", "Hello.")), "first message"),
        (_said(("user", [{"type": "text", "text": " "}])), "non-empty"),
        (_said(("user", "Why?"), ("assistant", [CALL]), ("user", "And?")), "without `tool_result`"),
        (_said(("user", [RESULT])), "unexpected `tool_use_id`"),
        (
            _said(
                ("user", "Why?"),
                ("assistant", [CALL]),
                ("user", [{"type": "text", "text": "So?"}, RESULT]),
            ),
            "must come first",
        ),
        (_tool(additionalProperties=True), "additionalProperties"),
        (_tool(properties={"a": {"type": "integer", "minimum": 1}}), "minimum is not supported"),
        (_tool(properties={f"a{n}": {"type": "string"} for n in range(25)}), "too many optional"),
        (
            _with(
                system=[
                    {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
                    for _ in range(5)
                ]
            ),
            "maximum of 4",
        ),
        (
            _said(
                ("user", "Why?"),
                ("assistant", [{"type": "thinking", "thinking": "", "signature": "sig_x"}]),
                ("user", "And?"),
            ),
            "different conversation",
        ),
    ],
)
async def test_what_anthropic_refuses_is_refused(
    server: ScriptedModelServer, body: dict[str, Any], words: str
) -> None:
    status, told = await _post(server, body)
    assert status == 400
    assert told["error"]["type"] == "invalid_request_error"
    assert words in told["error"]["message"]
    assert server.requests[0].refused == told["error"]["message"]


async def test_what_is_right_is_answered(server: ScriptedModelServer) -> None:
    body = _said(("user", "Why?"), ("assistant", [CALL]), ("user", [RESULT]))
    status, told = await _post(server, body)
    assert status == 200
    assert told["content"] == [{"type": "text", "text": "Well."}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temprature": 1}, "Extra inputs"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "3"}]}, "preceding"),
        (
            {
                "tools": [
                    {
                        "type": "function",
                        "function": {
                            "name": "look",
                            "strict": True,
                            "parameters": {**ANY, "properties": {"a": {"type": "string"}}},
                        },
                    }
                ]
            },
            "'required' must name every property",
        ),
    ],
)
async def test_what_openai_refuses_is_refused(
    server: ScriptedModelServer, change: dict[str, Any], words: str
) -> None:
    status, told = await _post(server, {**GPT, **change}, "/v1/chat/completions")
    assert status == 400
    assert words in told["error"]["message"]


async def test_the_vendors_own_clients_understand_what_is_not_streamed(
    server: ScriptedModelServer,
) -> None:
    claude = AsyncAnthropic(api_key="any", base_url=server.url)
    message = await claude.messages.create(**CLAUDE)
    assert message.stop_reason == "end_turn"
    counted = await claude.messages.count_tokens(
        model=CLAUDE["model"], system="Look." * 40, messages=CLAUDE["messages"]
    )
    assert counted.input_tokens > 40
    gpt = AsyncOpenAI(api_key="any", base_url=f"{server.url}/v1")
    completion = await gpt.chat.completions.create(**GPT)
    assert completion.choices[0].message.content == "Well."
    await claude.close()
    await gpt.close()


def _asked(text: str = "Why?", system: str = "", tools: tuple[str, ...] = ()) -> Asked:
    return Asked("m", system, tools, (text,), (), 1)


@pytest.mark.parametrize(
    ("turn", "fitting", "other"),
    [
        (lambda a: Turn(a, says="disk"), _asked("the disk"), _asked("the net")),
        (lambda a: Turn(a, system="triage"), _asked(system="triage now"), _asked(system="x")),
        (lambda a: Turn(a, offers="look"), _asked(tools=("look",)), _asked(tools=("hear",))),
    ],
)
def test_a_turn_is_for_what_it_says(
    turn: Callable[[Answer], Turn], fitting: Asked, other: Asked
) -> None:
    made = turn(Answer())
    assert made.fits(fitting)
    assert not made.fits(other)


async def test_turns_are_used_up_in_order_and_then_it_says_so() -> None:
    script = [Turn(Answer("One.")), Turn(Answer("Two."), number=1)]
    async with ScriptedModelServer(script, key=None) as server:
        said = [(await _post(server, CLAUDE))[1]["content"][0]["text"] for _ in range(2)]
        status, told = await _post(server, CLAUDE)
    assert said == ["One.", "Two."]
    assert status == 501
    assert "Why?" in told["error"]["message"]


async def test_arguments_can_be_made_from_what_tools_said() -> None:
    calls = (Call("look", lambda asked: {"seen": asked.result("look")}),)
    async with ScriptedModelServer([Turn(Answer(calls=calls))], key=None) as server:
        body = _said(("user", "Why?"), ("assistant", [CALL]), ("user", [RESULT]))
        _, told = await _post(server, body)
    assert told["content"][0]["input"] == {"seen": "3 lines"}


async def test_a_prefix_that_changed_is_not_read_from_the_cache() -> None:
    long = [{"type": "text", "text": "x" * 4000, "cache_control": {"type": "ephemeral"}}]
    script = [Turn(Answer("Well."), times=None)]
    async with ScriptedModelServer(script, key=None) as server:
        for body in (_with(system=long), _with(system=long), _with(system=long, tools=[])):
            await _post(server, body)
    first, second, third = (exchange.counted for exchange in server.requests)
    assert (first.read, first.written > 1000) == (0, True)
    assert second.read == first.written
    assert third.read == 0
