"""Folding lines that say the same thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.kit.templates import Entry, Template, fold

START = datetime(2026, 11, 23, 1, 40, tzinfo=UTC)


def folded(*texts: str, level: str = "info") -> list[Template]:
    return fold(Entry(START + timedelta(seconds=n), level, text) for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("one", "other", "template"),
    [
        ("took 12 ms", "took 1,200.5 ms", "took <n> ms"),
        ("from 10.0.0.1:5432", "from 192.168.7.30", "from <ip>"),
        ("at 2026-11-23T01:47:03.120Z", "at 2026-11-23 01:48:00", "at <time>"),
        ("at 01:47:03", "at 23:59:59.9", "at <time>"),
        (
            "request 0b2f7a4e-93c1-4c55-8a55-0d0f6f9f3a10 begins",
            "request 9f0f7a4e-93c1-4c55-8a55-ad0f6f9f3a1f begins",
            "request <id> begins",
        ),
        ("commit 3f76af3e91 built", "commit abcdef0123456789 built", "commit <hex> built"),
        ("flags 0xff set", "flags 0x0 set", "flags <hex> set"),
        ('no table "orders" here', 'no table "a b c" here', 'no table "*" here'),
        ("key 'a' is gone", "key 'b c' is gone", 'key "*" is gone'),
        ("replica-2 lags", "replica-11 lags", "replica-<n> lags"),
    ],
)
def test_what_varies_by_its_form_is_masked(one: str, other: str, template: str) -> None:
    (only,) = folded(one, other)
    assert only.text == template
    assert only.count == 2
    assert only.example == one


def test_what_varies_by_word_is_merged() -> None:
    (only,) = folded(
        "user maya opened the orders page of the shop",
        "user jonas opened the billing page of the shop",
    )
    assert only.text == "user <*> opened the <*> page of the shop"


def test_lines_that_share_only_some_words_stay_apart() -> None:
    both = folded("connection to orders refused by peer", "connection to orders closed by us")
    assert [each.count for each in both] == [1, 1]


def test_lines_of_different_levels_stay_apart() -> None:
    lines = [Entry(START, "info", "job 1 done"), Entry(START, "error", "job 2 done")]
    assert [each.level for each in fold(lines)] == ["info", "error"]


@pytest.mark.parametrize(
    "line",
    [
        "GET /orders/17 {} 12ms from 10.0.0.1",
        '10.0.0.1 - - "GET /orders/17 HTTP/1.1" {} 512',
        "charge 17 refused: status={} after 12 ms",
        "charge 17 refused with code: {}",
    ],
)
def test_a_status_that_says_no_is_another_line(line: str) -> None:
    folds = folded(*(line.format(status) for status in (200, 201, 503, 404, 503)))
    counts = {each.count for each in folds if "503" in each.text}
    assert counts == {2}
    assert sorted(each.count for each in folds) == [1, 2, 2]


def test_a_number_that_only_looks_like_a_status_is_masked() -> None:
    (only,) = folded("GET /orders/503 200 404ms", "GET /orders/17 200 9ms")
    assert only.text == "GET /orders/<n> <n> <n>ms"


def test_an_apostrophe_begins_no_quotation() -> None:
    both = folded("can't reach replica-1, won't wait", "can't reach the queue, won't wait")
    assert all("*" not in each.text for each in both)


def test_first_and_last_time_and_the_earliest_line_are_kept_in_any_order() -> None:
    times = [5, 9, 1, 4]
    lines = [Entry(START + timedelta(seconds=n), "", f"retry {n}") for n in times]
    (only,) = fold(lines)
    assert only.first == START + timedelta(seconds=1)
    assert only.last == START + timedelta(seconds=9)
    assert only.example == "retry 1"


def test_long_lines_are_told_apart_by_their_beginning_and_kept_whole() -> None:
    stack = "ValueError: bad row 7\n" + "  at frame\n" * 200
    (only,) = folded(stack)
    assert only.example == stack
    assert len(only.text) < 400
