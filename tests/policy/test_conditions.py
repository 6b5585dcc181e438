"""Conditions over observations, of which some are missing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.conditions import Condition, ConditionError, Truth
from bot.policy.readings import judge
from tools.kit.types import Evidence


def truth(text: str, **values: Any) -> Truth:
    return Condition.parse(text).evaluate(values)


@pytest.mark.parametrize(
    "text",
    [
        "lag > 1800",
        "!(lag > 1800)",
        "lag < 1800",
        "lag != 5",
        "lag == null",
        "!(lag in [1, 2])",
        "lag > 5 ? true : true",
        "!has(lag.p99)",
        "[lag].all(x, x != 1)",
    ],
)
@pytest.mark.parametrize("values", [{}, {"lag": None}, {"lag": math.nan}, {"lag": [None]}])
def test_nothing_is_true_because_a_value_is_missing(text: str, values: dict[str, Any]) -> None:
    found, why = Condition.parse(text).explain(values)
    assert found is Truth.UNKNOWN
    assert "lag" in why


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("m.k != 5", {"m": {"k": None}}),
        ("!('k' in m)", {"m": {"k": None}}),
        ("!has(m.k)", {"m": {"k": None}}),
        ("!has(m.k)", {"m": {}}),
        ("has(m.k) ? m.k > 1 : true", {"m": {}}),
        ("lines.all(l, l.level != 'error')", {"lines": [{"level": None}]}),
        ("percent(lag) != '5%'", {"lag": "text"}),
        ("extract(line, '(?P<x>a)', 'x') != 'b'", {"line": "nothing"}),
    ],
)
def test_what_is_missing_deep_inside_is_unknown_too(text: str, values: dict[str, Any]) -> None:
    assert truth(text, **values) is Truth.UNKNOWN


def test_the_rest_may_decide_alone() -> None:
    assert truth("lag > 1800 || failed", failed=True) is Truth.TRUE
    assert truth("lag > 1800 && failed", failed=False) is Truth.FALSE
    assert truth("lag > 1800 || failed", failed=False) is Truth.UNKNOWN


def test_a_label_that_an_observed_mapping_lacks_was_observed_to_be_lacking() -> None:
    assert truth("!('team' in labels)", labels={"service": "etl"}) is Truth.TRUE


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a < 5.5", {"a": 5}),
        ("a + 1 == 2.5", {"a": 1.5}),
        ("errors / total == 0.6", {"errors": 6, "total": 10}),
        ("a in [1, 2]", {"a": 1.0}),
        ("lines[0].n + lines[size(lines) - 1].n == 3", {"lines": [{"n": 1}, {"n": 2}]}),
        ("lines.size() == 1 && lines[(1 + 1) - 2] == 7", {"lines": [7]}),
        ("int(a) % 2 == 0", {"a": 4}),
        ("a == 9007199254740993", {"a": 2**53 + 1}),
        ("'5 && a[0]' + 'x' == '5 && a[0]x' // 5", {}),
        ("lag > duration('30m') && lag < duration('1h')", {"lag": 1801}),
        ("lag == 90", {"lag": timedelta(seconds=90)}),
        ("unix(at) == 0", {"at": datetime(1970, 1, 1, tzinfo=UTC)}),
        ("m.a.exists(x, x > 1) && size(m.a.filter(x, x > 1)) == 1", {"m": {"a": [1, 2]}}),
    ],
)
def test_numbers_are_one_kind(text: str, values: dict[str, Any]) -> None:
    assert Condition.parse(text).explain(values) == (Truth.TRUE, "")


@pytest.mark.parametrize(
    ("text", "values", "why"),
    [
        ("lag", {"lag": 5}, "gave a number"),
        ("lag > 5", {"lag": "high"}, "lag is text"),
        ("m.k > 5", {"m": {}}, "no k in what was observed"),
        ("l[3] > 5", {"l": [1]}, "the list is shorter"),
        ("unix(at) > 5", {"at": "2026-11-23T01:47:00"}, "no offset from UTC"),
        ("1 / 0 > lag", {"lag": True}, "kinds do not fit"),
        ("lag > 5", {"lag": object()}, "lag is object"),
    ],
)
def test_unknown_says_why(text: str, values: dict[str, Any], why: str) -> None:
    found, said = Condition.parse(text).explain(values)
    assert found is Truth.UNKNOWN
    assert why in said
    assert repr(text) in said


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "empty"),
        ("lag >", 1, 6, "the end"),
        ("a &&\n  b )", 2, 5, "extraneous input"),
        ("a && sizes(b) > 1", 1, 6, "no function 'sizes'"),
        ("a = b", 1, 3, "token recognition"),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(ConditionError, match=said) as caught:
        Condition.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_names_are_those_taken_from_outside() -> None:
    condition = Condition.parse("job_log && lines.map(l, l.message).exists(m, m == source.name)")
    assert condition.names == {"job_log", "lines", "source"}


def test_values_come_back_as_plain_json() -> None:
    assert Condition.parse("{'a': [x, 1.5, x == 2]}").value({"x": 2}) == {"a": [2, 1.5, True]}
    assert isinstance(Condition.parse("x * 30").value({"x": 2}), int)
    assert Condition.parse("x.y").value({"x": {"y": None}}) is None
    assert Condition.parse("has(x.y) ? x.y : 'none'").value({"x": {}}) == "none"


def test_a_failing_function_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert truth("extract(line, '(?P<x>a)', 'x') == 'b'", line="nothing") is Truth.UNKNOWN
    assert capfd.readouterr() == ("", "")


NAMES = ("a", "b", "m")


def expressions() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(
        ["a > 1", "a != 2", "b == 1", "a in [1, 2]", "m.k > 1", "m.k != 2", "has(m.k)", "b < a"]
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            inner.map(lambda x: f"!({x})"),
            st.tuples(inner, inner).map(lambda p: f"({p[0]} && {p[1]})"),
            st.tuples(inner, inner).map(lambda p: f"({p[0]} || {p[1]})"),
            st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
        ),
        max_leaves=6,
    )


numbers = st.sampled_from([0, 1, 1.5, 2, 3])
worlds = st.fixed_dictionaries(
    {"a": numbers, "b": numbers, "m": st.fixed_dictionaries({"k": numbers})}
)
holes = st.sets(st.sampled_from(["a", "b", "m", "m.k"]), min_size=1)


@settings(max_examples=400, deadline=None)
@given(expressions(), worlds, holes, st.booleans())
def test_what_is_true_with_holes_is_true_however_they_are_filled(
    text: str, world: dict[str, Any], missing: set[str], as_null: bool
) -> None:
    holed: dict[str, Any] = {"a": world["a"], "b": world["b"], "m": dict(world["m"])}
    for hole in missing:
        owner, key = (holed.get("m"), "k") if hole == "m.k" else (holed, hole)
        if owner is None:
            continue
        if as_null:
            owner[key] = None
        else:
            owner.pop(key, None)
    if truth(text, **holed) is Truth.TRUE:
        assert truth(text, **world) is Truth.TRUE


def evidence(**values: Any) -> Evidence:
    return Evidence(tool="query_metrics", query="q", summary="lag", values=values)


def test_a_reading_captures_and_judges() -> None:
    judged = judge("lag < limit", {"lag": "value"}, {"limit": 1800}, evidence(value=240.0))
    assert judged.truth is Truth.TRUE
    assert judged.captured == {"lag": 240}


def test_a_reading_never_falls_back_on_the_stale_value() -> None:
    judged = judge("lag < 1800", {"lag": "value"}, {"lag": 240}, evidence(value=None))
    assert judged.truth is Truth.UNKNOWN
    assert "lag" in judged.why


def test_what_the_runbook_knows_wins_over_what_a_tool_says() -> None:
    judged = judge("value < limit", {}, {"limit": 1800}, evidence(value=9000, limit=10**6))
    assert judged.truth is Truth.FALSE


def test_a_reading_of_failed_evidence_is_unknown() -> None:
    failed = Evidence(
        tool="query_metrics", query="q", summary="refused", status="failed", values={"value": 1}
    )
    judged = judge("value < 1800", {"lag": "value"}, {}, failed)
    assert (judged.truth, judged.captured) == (Truth.UNKNOWN, {})
    assert "not reached: refused" in judged.why
