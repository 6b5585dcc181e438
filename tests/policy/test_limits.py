"""A rule's limit counts by rule, tool and touched service."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.limits import limits
from bot.policy.rules import Rule


def rule(**changes: Any) -> Rule:
    given = {"id": "change", "then": "ask", "limit": {"count": 6, "per": "1h"}}
    return Rule.model_validate({**given, **changes})


def test_each_touched_service_has_its_own() -> None:
    found = limits(rule(), "restart_service", {"etl", "billing"})
    assert [limit.key for limit in found] == [
        "change:restart_service:billing",
        "change:restart_service:etl",
    ]
    assert {(limit.count, limit.seconds) for limit in found} == {(6, 3600)}


def test_another_tool_or_rule_counts_apart() -> None:
    [one] = limits(rule(), "restart_service", {"etl"})
    [tool] = limits(rule(), "rerun_job", {"etl"})
    [other] = limits(rule(id="other"), "restart_service", {"etl"})
    assert len({one.key, tool.key, other.key}) == 3


@pytest.mark.parametrize(
    ("per", "words"), [("30s", "30 s"), ("15m", "15 min"), ("1h", "1 h"), ("2d", "2 d")]
)
def test_it_reads_as_people_say_it(per: str, words: str) -> None:
    [limit] = limits(rule(limit={"count": 2, "per": per}), "restart_service", {"etl"})
    assert limit.text == f"2 restart_service on etl in {words}"


def test_a_rule_without_one_limits_nothing() -> None:
    assert limits(rule(limit=None), "restart_service", {"etl"}) == ()
