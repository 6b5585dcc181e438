"""Plays investigations and reads the figures from what the model's server saw."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from statistics import median
from typing import Any

from bot.sandbox.bench.backends import FIRST_ERROR, HUGE
from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.oracle import Part
from bot.sandbox.bench.scene import BenchError, Scene
from bot.sandbox.model import Call
from bot.sandbox.model.prefix import anthropic_pieces, blocks, tokens
from bot.sandbox.model.server import Exchange

TEN = 10
STEPS = 44
_WARM, _LAST = 4, 40
"""Turns between which the processor's time is taken."""
_LOGS = Call("query_logs", {"service": "orders-api", "minutes": 30})
_METRICS = Call("query_metrics", {"query": 'pool_used{service="orders-api"}', "unit": "count"})
_CHANGES = Call("query_changes", {"services": ["orders-api"], "minutes": 120})
_HUGE_LOGS = Call("query_logs", {"contains": HUGE, "minutes": 60})
_LIST = (_LOGS, _METRICS, _CHANGES)


class Measured:
    """The investigations of one bench: ten calls, many calls, and one look at 5 MB."""

    def __init__(self) -> None:
        self._cpu: dict[int, tuple[float | None, float]] = {}
        """At a turn: opsbot's and Valkey's seconds, and those of what stands in for the rest."""
        self._scene: Scene | None = None
        self._ten = Part("churn-scoring", [_LIST[n % 3] for n in range(TEN)])
        self._many = Part("etl", [_LIST[n % 3] for n in range(STEPS)], at_turn=self._note_cpu)
        self._huge = Part("checkout", [_HUGE_LOGS, Call("read_more", _the_rest)])
        self.parts = (self._ten, self._many, self._huge)

    async def run(self, scene: Scene) -> list[Figure]:
        """Raises BenchError."""
        self._scene = scene
        for part in self.parts:
            await scene.investigate(part)
        return [
            self._own_time(scene),
            self._fixed(scene),
            self._sent(scene),
            *self._processor(),
            *self._five_megabytes(scene),
            *self._cache(scene),
        ]

    def _note_cpu(self, number: int) -> None:
        if number in (_WARM, _LAST) and self._scene:
            self._cpu[number] = self._scene.cpu_seconds(), time.process_time()

    def _own_time(self, scene: Scene) -> Figure:
        own = [
            after.arrived
            - before.answered
            - scene.backends.seconds_between(before.answered, after.arrived)
            for before, after in pairwise(scene.oracle.exchanges(self._many)[_WARM:])
        ]
        return Figure(
            name="step_ms",
            title="own time for a tool step, beyond model and tool",
            value=median(own) * 1_000,
            unit="ms",
            limit=30,
            baseline=75,
            note=f"median of {len(own)}",
        )

    def _fixed(self, scene: Scene) -> Figure:
        first = scene.oracle.exchanges(self._ten)[0]
        return Figure(
            name="fixed_tokens",
            title="system prompt and tool schemas in one request",
            value=_fixed_tokens(first),
            unit="tokens",
            limit=6_000,
            baseline=12_400,
        )

    def _sent(self, scene: Scene) -> Figure:
        seen = scene.oracle.exchanges(self._ten)
        if len(seen) != TEN + 1:
            raise BenchError(f"ten calls took {len(seen)} requests, not {TEN + 1}")
        return Figure(
            name="ten_calls_tokens",
            title="sent in all for ten tool calls",
            value=sum(tokens(anthropic_pieces(each.body)) for each in seen),
            unit="tokens",
            limit=60_000,
            baseline=174_000,
        )

    def _processor(self) -> list[Figure]:
        (before, ours_before), (after, ours_after) = self._cpu[_WARM], self._cpu[_LAST]
        if before is None or after is None:
            return []
        stand_ins = (ours_after - ours_before) / (_LAST - _WARM) * 1_000
        return [
            Figure(
                name="step_cpu_ms",
                title="processor time for a step, all processes counted",
                value=(after - before) / (_LAST - _WARM) * 1_000,
                unit="ms",
                limit=12,
                note=f"the stand-ins for model, backends and Slack took another {stand_ins:.1f} ms",
            )
        ]

    def _five_megabytes(self, scene: Scene) -> list[Figure]:
        last = scene.oracle.exchanges(self._huge)[-1]
        told = [
            str(block["content"])
            for message in last.body["messages"]
            for block in blocks(message["content"])
            if block["type"] == "tool_result"
        ]
        return [
            Figure(
                name="five_megabytes_tokens",
                title="5 MB of tool output, with all that can be read on of it",
                value=sum(map(len, told)) / 4,
                unit="tokens",
                limit=4_000,
                baseline=44_000,
                note=f"{len(told)} results",
            ),
            Figure(
                name="five_megabytes_first_error",
                title="the first error of 5 MB is in its first result",
                value=float(bool(told) and FIRST_ERROR in told[0]),
                unit="",
                limit=1,
                at_least=True,
            ),
        ]

    def _cache(self, scene: Scene) -> list[Figure]:
        second = scene.oracle.exchanges(self._ten)[1]
        other = scene.oracle.exchanges(self._many)[0]
        first = scene.oracle.exchanges(self._ten)[0]
        return [
            Figure(
                name="second_turn_cached",
                title="of a second turn, read from the cache",
                value=second.counted.read / tokens(anthropic_pieces(second.body)),
                unit="share",
                limit=0.9,
                at_least=True,
            ),
            Figure(
                name="second_turn_repeats",
                title="of the first turn, repeated byte for byte by the second",
                value=float(_repeats(first.body, second.body)),
                unit="",
                limit=1,
                at_least=True,
            ),
            Figure(
                name="other_investigation_cached",
                title="of the fixed part, read from the cache by another investigation",
                value=min(1.0, other.counted.read / _fixed_tokens(other)),
                unit="share",
                limit=0.9,
                at_least=True,
            ),
        ]


def _the_rest(asked: Any) -> dict[str, Any]:
    """Arguments to read on in the result that was just given."""
    found: str = asked.last_text
    return {"evidence_id": found.split(" ", 1)[0], "offset": 1_600}


def _fixed_tokens(seen: Exchange) -> int:
    return tokens(anthropic_pieces({**seen.body, "messages": []}))


def _repeats(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether all of the first is there again, cache marks aside."""
    one, other = ([p.text for p in anthropic_pieces(body)] for body in (first, second))
    return json.dumps(other[: len(one)]) == json.dumps(one)
