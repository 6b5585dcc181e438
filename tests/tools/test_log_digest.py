"""What is shown of many log lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.logs.digest import digest
from tools.logs.port import LogLine

START = datetime(2026, 11, 23, 1, 40, tzinfo=UTC)


def line(second: float, message: str, level: str = "info", service: str = "etl") -> LogLine:
    return LogLine(START + timedelta(seconds=second), message, level, service)


def noise(count: int) -> list[LogLine]:
    """Newest first, as a page of the newest is."""
    return [line(n / 10, f"fetched page {n} in {n % 90} ms") for n in range(count, 0, -1)]


def test_few_lines_are_shown_as_they_are() -> None:
    failed = line(1, "no route to replica-2", "error")
    shown, changed = digest([failed], [line(2, "giving up"), failed], 8_000)
    assert shown.splitlines() == [
        "2026-11-23T01:40:01Z ERROR etl no route to replica-2",
        "2026-11-23T01:40:02Z INFO etl giving up",
    ]
    assert not changed


def test_the_first_error_comes_first_as_it_was_logged() -> None:
    failed = line(77, "no route to replica-2 (errno 113) after 3 tries", "error")
    shown, changed = digest([failed], noise(900), 8_000)
    assert shown.startswith(
        "2026-11-23T01:41:17Z ERROR etl no route to replica-2 (errno 113) after 3 tries\n"
    )
    assert changed


def test_the_rare_and_severe_come_before_what_is_usual() -> None:
    odd = [
        line(3, "disk nearly full on node-3", "warning"),
        line(4, "checkpoint was skipped", "info"),
    ]
    shown, _ = digest([], [*noise(500), *odd], 8_000)
    places = [shown.index(part) for part in ("disk nearly", "checkpoint was", "×500")]
    assert places == sorted(places)


def test_a_store_without_levels_is_read_by_its_words() -> None:
    failed = line(5, "Traceback (most recent call last): KeyError: 'rate'", level="")
    shown, _ = digest([], [*noise(300), failed], 8_000)
    assert shown.splitlines()[0].endswith("KeyError: 'rate'")


def test_of_a_long_first_error_both_ends_are_shown() -> None:
    stack = "ETLError: load failed" + "\n  at frame" * 900 + "\nCaused by: replica-2 is gone"
    shown, _ = digest([line(1, stack, "error")], noise(300), 8_000)
    assert "ETLError: load failed" in shown
    assert "Caused by: replica-2 is gone" in shown


def test_the_single_lines_begin_at_the_end_that_was_asked_for() -> None:
    newest, _ = digest([], noise(300), 8_000)
    oldest, _ = digest([], noise(300)[::-1], 8_000)
    assert "newest lines:\n2026-11-23T01:40:30Z" in newest
    assert "oldest lines:\n2026-11-23T01:40:00Z" in oldest


def test_lines_of_several_services_say_whose_they_are() -> None:
    mixed = [line(n, f"retry {n} of the payment", service=("api", "db")[n % 2]) for n in range(80)]
    shown, _ = digest([], mixed, 8_000)
    assert "api: retry <n> of the payment" in shown
    assert "db: retry <n> of the payment" in shown


@pytest.mark.parametrize("budget", [0, 40, 400, 8_000])
def test_it_stays_within_its_budget(budget: int) -> None:
    errors = [line(n, "x" * 5_000, "error") for n in range(3)]
    shown, changed = digest(errors, noise(1_000), budget)
    assert len(shown) <= budget
    assert changed


def test_five_megabytes_become_few_tokens_that_still_hold_the_first_error() -> None:
    failed = line(1_500.05, "deadlock detected while updating orders", "error")
    lines = [*noise(30_000), *(line(n, "y" * 4_600 + f" {n}") for n in range(1_000)), failed]
    assert sum(len(each.message) for each in lines) > 5_000_000
    shown, _ = digest([failed], lines, 8_000)
    assert len(shown) <= 16_000
    assert shown.startswith("2026-11-23T02:05:00Z ERROR etl deadlock detected")
