"""When a series left its usual range, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tools.metrics.port import Series
from tools.metrics.shape import is_counter, rates, shape
from tools.metrics.summaries import Read, oddest, summaries

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def points(
    values: Sequence[float | None], step: float = 60
) -> tuple[tuple[datetime, float | None], ...]:
    return tuple((START + timedelta(seconds=step * n), value) for n, value in enumerate(values))


def series(values: Sequence[float | None], name: str = "lag", **labels: str) -> Series:
    return Series({"__name__": name, **labels}, points(values))


CALM = [10.0, 11, 10, 9, 10, 11, 10, 10, 9, 11]


def test_a_series_that_leaves_its_range_says_when_and_how_far() -> None:
    found = shape(points([*CALM, *CALM, 40, 80, 120]))
    assert found is not None
    assert found.usual == (9, 11)
    assert found.left == START + timedelta(minutes=20)
    assert found.worst == 120
    assert found.back is None


def test_one_that_came_back_says_since_when() -> None:
    found = shape(points([*CALM, 90, 95, *CALM]))
    assert found is not None
    assert found.back == START + timedelta(minutes=12)


@pytest.mark.parametrize(
    "values",
    [
        CALM * 3,
        [*CALM, 400, *CALM],
        [5.0] * 30,
        [0.0] * 30,
        [1.0, 900, 4],
        [],
        [None] * 20,
    ],
    ids=["noise", "one hiccup", "constant", "zero", "too short", "none", "no numbers"],
)
def test_what_stays_in_its_range_has_nothing_to_say(values: list[float | None]) -> None:
    assert shape(points(values)) is None


def test_the_newest_sample_counts_though_none_confirms_it() -> None:
    found = shape(points([*CALM, *CALM, 400]))
    assert found is not None
    assert found.left == START + timedelta(minutes=20)


def test_a_step_up_from_nothing_has_a_size() -> None:
    found = shape(points([0.0] * 20 + [3.0] * 5))
    assert found is not None
    assert found.usual == (0, 0)
    assert found.distance == pytest.approx(50)


def test_outliers_in_its_beginning_do_not_hide_what_comes_later() -> None:
    found = shape(points([10, 11, 500, 9, 10, 11, 10, 9, 11, 10, *CALM, *CALM, 60, 70]))
    assert found is not None
    assert found.usual == (9, 11)


def test_a_counter_is_told_by_its_name_and_by_only_rising() -> None:
    rising = [float(n * 60) for n in range(30)]
    assert is_counter(series(rising, "http_requests_total"))
    assert is_counter(series([*rising, *rising], "http_requests_total")), "a restart is no fall"
    assert not is_counter(series(rising, "db_replica_lag_seconds")), "a lag can rise as well"
    assert not is_counter(series([5, 4, 6, 5, 3, 7], "queue_count"))


def test_a_counter_is_read_as_what_it_counts_in_a_second() -> None:
    counted = rates(points([n * 120.0 for n in range(10)]))
    assert {value for _, value in counted} == {2.0}


def test_a_restart_of_the_counter_is_not_a_fall_of_its_rate() -> None:
    counted = rates(points([0, 60, 120, 180, 240, 0, 60, 120, 180]))
    assert all(value is not None and value >= 0 for _, value in counted)


def test_a_scrape_slower_than_the_step_makes_no_steps_in_the_rate() -> None:
    every_minute = [float(n // 4 * 60) for n in range(80)]
    counted = rates(points(every_minute, step=15))
    assert all(value == pytest.approx(1, abs=0.5) for _, value in counted)


def test_the_oddest_series_comes_first_and_what_all_share_is_said_once() -> None:
    read = [
        Read(series(CALM * 3, instance="a", service="db")),
        Read(series([*CALM, *CALM, 40, 80, 120], instance="b", service="db")),
    ]
    lines = list(summaries(read, [], "seconds"))
    assert lines[0] == 'all with service="db"'
    assert lines[1] == (
        'lag{instance="b"}: 10 s → 2 min (min 9 s, max 2 min);'
        " usually 9 s–11 s, 2 min (×12) from 01:20:00"
    )
    assert lines[2].startswith('lag{instance="a"}: 11 s (9 s–11 s)')
    assert oddest(read, "seconds") == (
        'lag{instance="b"} usually 9 s–11 s, 2 min (×12) from 01:20:00'
    )


def test_counters_are_told_as_rates() -> None:
    steady = [n * 60.0 for n in range(20)]
    faster = [steady[-1] + n * 6_000.0 for n in range(1, 6)]
    lines = list(summaries([Read(series([*steady, *faster], "errors_total"))], [], "count"))
    assert lines[0].startswith("errors_total: 1/s → 100/s")
    assert "usually 1/s, 100/s (×100) from" in lines[0]


def test_buckets_are_left_out_where_the_histogram_is_told_otherwise() -> None:
    rising = [n * 60.0 for n in range(20)]
    read = [Read(series(rising, "took_bucket", le=le)) for le in ("1", "5", "+Inf")]
    read += [Read(series(rising, "took_count")), Read(series(rising, "took_sum"))]
    lines = list(summaries(read, [], ""))
    assert not any("took_bucket" in line for line in lines)
    assert lines[-1] == "3 histogram buckets left out: use histogram_quantile()"
    assert len(list(summaries(read[:3], [], ""))) == 3
