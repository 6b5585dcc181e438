"""Texts and parameters with `${…}` in them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.template import (
    MissingValue,
    TemplateError,
    is_constant,
    names_in,
    render,
    render_text,
)

VALUES = {"source": "replica-2", "lag": 8280.0, "n": 3, "ok": True, "hosts": ["a", "b"], "x": None}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("${source} lag ${duration(lag)}", "replica-2 lag 2.3 h"),
        ("${duration(240)} and ${percent(0.5)} of ${size(2048)}", "4 min and 50% of 2 KiB"),
        ('up{instance="${source}"}', 'up{instance="replica-2"}'),
        ("${n}", 3),
        ("n=${n}, ${ok}, ${hosts}", "n=3, true, a, b"),
        ("${hosts}", ["a", "b"]),
        ("${{'a': n}}", {"a": 3}),
        ("${'}' + source}", "}replica-2"),
        ("$${source} costs $5", "${source} costs $5"),
        ("", ""),
        (
            {"job": ["${source}", 5, None], "${n}": "${n}"},
            {"job": ["replica-2", 5, None], "${n}": 3},
        ),
    ],
)
def test_expressions_are_filled_in(template: Any, rendered: Any) -> None:
    assert render(template, VALUES) == rendered


@pytest.mark.parametrize("template", ["${missing}", "lag of ${x}", {"a": ["${source.name}"]}])
def test_a_missing_value_is_an_error_and_never_the_text_none(template: Any) -> None:
    with pytest.raises(MissingValue, match=r"missing|x is null|source"):
        render(template, VALUES)


def test_people_read_that_a_value_is_unknown() -> None:
    assert render_text("${source} lag ${duration(x)}", VALUES) == "replica-2 lag (unknown)"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("lag ${lag", (1, 5), "never closed"),
        ("a\n lag ${lag >}", (2, 13), "the end"),
        ("${}", (1, 3), "empty"),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, place: tuple[int, int], said: str) -> None:
    with pytest.raises(TemplateError, match=said) as caught:
        render(text, VALUES)
    assert (caught.value.line, caught.value.column) == place


def test_names_and_constants_are_known_beforehand() -> None:
    template = {"query": 'lag{i="${source}"}', "n": [1, "${duration(lag)}"]}
    assert names_in(template) == {"source", "lag"}
    assert not is_constant(template)
    assert is_constant({"query": "up", "cost": "$${x}"})
