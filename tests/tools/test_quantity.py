"""Numbers with units, to people and from them."""

from __future__ import annotations

import pytest

from tools.kit.quantity import Unit, parse, show


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (8_280, "seconds", "2.3 h"),
        (240, "seconds", "4 min"),
        (45, "seconds", "45 s"),
        (0.25, "seconds", "250 ms"),
        (0, "seconds", "0 s"),
        (-90, "seconds", "-1.5 min"),
        (259_200, "seconds", "3 d"),
        (1_288_490_189, "bytes", "1.2 GiB"),
        (512, "bytes", "512 B"),
        (0.934, "ratio", "93.4%"),
        (12.5, "percent", "12.5%"),
        (1_234_567, "count", "1,234,567"),
        (3.14159, "", "3.1"),
        (0.001234, "", "0.00123"),
        (None, "seconds", "no value"),
        (float("nan"), "", "no value"),
        (float("inf"), "bytes", "no value"),
    ],
)
def test_a_number_is_shown_in_the_unit_people_think_in(
    value: float | None, unit: Unit, text: str
) -> None:
    assert show(value, unit) == text


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("30 min", 1_800, "seconds"),
        ("2.3h", 8_280, "seconds"),
        ("250ms", 0.25, "seconds"),
        ("1.5 GiB", 1.5 * 2**30, "bytes"),
        ("1kB", 1_000, "bytes"),
        ("95%", 95, "percent"),
        ("1e3", 1_000, ""),
        (" -4 ", -4, ""),
    ],
)
def test_a_number_with_a_unit_is_read_in_its_base_unit(text: str, value: float, unit: str) -> None:
    quantity = parse(text)
    assert quantity.value == pytest.approx(value)
    assert quantity.unit == unit


@pytest.mark.parametrize("text", ["", "min", "3 parsecs", "1 2", "nan", "30 min ago"])
def test_anything_else_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse(text)
