"""Risk is read off a table, and nothing that makes a step worse makes its risk lower."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.values import RISK_ORDER
from bot.policy.facts import Facts, Radius
from bot.policy.risk import NOT_PRODUCTION, highest, reach, risk
from tools.kit.types import Effect


def radius(**changes: Any) -> Radius:
    given: dict[str, Any] = {
        "count": 1,
        "services": {"etl"},
        "environments": {"production"},
        "tier": 2,
    }
    return Radius.model_validate({**given, **changes})


def step(effect: Effect, reversible: bool, of: Radius, whole: Radius | None = None) -> Facts:
    return Facts(
        tool="t",
        effect=effect,
        purpose="fix",
        reversible=reversible,
        playbook="pinned",
        tainted=False,
        confidence="high",
        radius=of,
        whole=whole,
    )


SMALL, MIDDLE, LARGE = radius(), radius(tier=1), radius(count=6)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "small"),
        ({"tier": 1}, "middle"),
        ({"tier": 1, "environments": {"staging"}}, "small"),
        ({"tier": 1, "environments": {"staging", "production"}}, "middle"),
        ({"tier": 1, "environments": {"live-eu"}}, "middle"),
        ({"tier": 1, "environments": set()}, "middle"),
        ({"count": 2}, "middle"),
        ({"count": 5}, "middle"),
        ({"count": 2, "tier": 1}, "large"),
        ({"count": 2, "tier": 1, "environments": {"test"}}, "middle"),
        ({"count": 6}, "large"),
        ({"services": {"etl", "billing"}}, "large"),
    ],
)
def test_how_far_it_reaches(given: dict[str, Any], expected: str) -> None:
    assert reach(radius(**given)) == expected


@pytest.mark.parametrize(
    ("effect", "reversible", "expected"),
    [
        (Effect.RECORD, False, ("low", "low", "low")),
        (Effect.WRITE, True, ("low", "medium", "medium")),
        (Effect.WRITE, False, ("low", "medium", "high")),
        (Effect.DESTRUCTIVE, True, ("medium", "high", "high")),
        (Effect.DESTRUCTIVE, False, ("high", "high", "high")),
    ],
)
def test_the_table(effect: Effect, reversible: bool, expected: tuple[str, ...]) -> None:
    assert tuple(risk(step(effect, reversible, r)) for r in (SMALL, MIDDLE, LARGE)) == expected


def test_many_small_steps_are_no_small_plan() -> None:
    assert risk(step(Effect.WRITE, False, SMALL, whole=LARGE)) == "high"


RADII = st.builds(
    Radius,
    count=st.integers(1, 8),
    services=st.frozensets(st.sampled_from(["etl", "billing"]), min_size=1),
    environments=st.frozensets(st.sampled_from(["staging", "production"]), min_size=1),
    tier=st.integers(1, 4),
)


@given(RADII, st.sampled_from([Effect.WRITE, Effect.DESTRUCTIVE]), st.booleans())
def test_what_is_worse_is_never_less_risky(of: Radius, effect: Effect, reversible: bool) -> None:
    def level(facts: Facts) -> int:
        return RISK_ORDER.index(risk(facts))

    here = level(step(effect, reversible, of))
    worse = [
        step(effect, False, of),
        step(Effect.DESTRUCTIVE, reversible, of),
        step(effect, reversible, of.model_copy(update={"count": of.count + 1})),
        step(effect, reversible, of.model_copy(update={"tier": 1})),
        step(effect, reversible, of.model_copy(update={"services": of.services | {"third"}})),
        step(effect, reversible, of.model_copy(update={"environments": frozenset({"live"})})),
    ]
    assert all(level(each) >= here for each in worse)


@pytest.mark.parametrize(
    "names", [*(frozenset({name}) for name in sorted(NOT_PRODUCTION)), NOT_PRODUCTION]
)
def test_what_is_vital_in_production_is_not_where_nobody_depends_on_it(
    names: frozenset[str],
) -> None:
    vital = Radius(count=1, services=frozenset({"db"}), environments=frozenset(names), tier=1)
    assert reach(vital) == "small"
    assert reach(vital.model_copy(update={"environments": frozenset({"production"})})) == "middle"


def test_no_environment_of_another_name_is_harmless() -> None:
    assert {"dev", "development", "test", "testing", "staging"} == NOT_PRODUCTION


def test_a_look_is_of_low_risk_and_the_highest_of_several_counts() -> None:
    assert risk(step(Effect.READ, False, radius())) == "low"
    assert highest("low", "high", "medium") == "high"
