"""Nothing beside the rules ever makes a verdict laxer, whatever the rules and the moment are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.values import Ask, Verdict
from bot.policy.facts import Circumstances, Facts, Radius
from bot.policy.gate import judge
from bot.policy.rules import Policy
from bot.policy.ruling import STRICTNESS
from tests.fakes.story import START
from tools.kit.types import Effect

SERVICES = ("etl", "billing")
MODES = ("manual", "assisted", "semi-autonomous", "autonomous")
BARE = Circumstances(now=START)

services = st.frozensets(st.sampled_from(SERVICES), min_size=1)
radii = st.builds(
    Radius,
    count=st.integers(1, 7),
    services=services,
    environments=st.frozensets(st.sampled_from(["production", "staging"]), min_size=1),
    tier=st.integers(1, 4),
    unknown=st.sampled_from([(), (), (), ("replica-9",)]),
)
steps = st.builds(
    lambda effect, **given: Facts(
        effect=effect, purpose="books" if effect == "record" else "fix", **given
    ),
    tool=st.sampled_from(["rerun_job", "stop_job"]),
    effect=st.sampled_from(["record", "write", "write", "destructive"]),
    reversible=st.booleans(),
    playbook=st.sampled_from(["pinned", "pinned", "partial", "unpinned", "none"]),
    tainted=st.booleans(),
    confidence=st.sampled_from(["low", "medium", "high"]),
    radius=radii,
)
plans = st.lists(steps, min_size=1, max_size=3)
rules = st.lists(
    st.fixed_dictionaries(
        {"then": st.sampled_from(["allow", "allow", "ask", "escalate", "deny"])},
        optional={
            "tools": st.just(["rerun_job"]),
            "effects": st.just(["write"]),
            "playbook": st.just(["pinned"]),
            "services": st.lists(st.sampled_from(SERVICES), min_size=1),
            "max_targets": st.integers(1, 3),
            "max_risk": st.sampled_from(["low", "medium"]),
            "approvals": st.sampled_from([1, 2, 3, [{"from": ["@a"]}, {"from": ["@b"]}]]),
        },
    ),
    min_size=1,
    max_size=4,
).map(lambda made: [{"id": f"r{n}", **rule} for n, rule in enumerate(made)])
windows = st.sampled_from(
    [
        {"id": "now", "from": START - timedelta(hours=1), "until": START + timedelta(hours=1)},
        {"id": "past", "from": START - timedelta(hours=2), "until": START - timedelta(hours=1)},
        {"id": "night", "weekly": "Sun 20:00 – Fri 06:00", "zone": "UTC", "services": ["etl"]},
    ]
)
freezes = st.builds(
    lambda window, then: [{**window, "then": then}],
    windows,
    st.sampled_from(["ask", "escalate", "deny"]),
)
thresholds = st.fixed_dictionaries(
    {},
    optional={
        "customer_impact": st.sampled_from(["sev1", "sev2"]),
        "sla_share": st.sampled_from([0.1, 0.9]),
        "outside_runbook": st.booleans(),
        "confidence_below": st.sampled_from(["medium", "high"]),
        "failed_fixes": st.integers(1, 2),
    },
)
beside = st.fixed_dictionaries(
    {},
    optional={
        "autonomy": st.fixed_dictionaries(
            {"default": st.sampled_from(MODES)},
            optional={"services": st.dictionaries(services.map(min), st.sampled_from(MODES))},
        ),
        "freezes": freezes,
        "escalate_when": thresholds,
        "high_risk_approvals": st.integers(1, 5),
    },
)
moments = st.builds(
    Circumstances,
    now=st.just(START),
    severity=st.sampled_from(["sev1", "sev2", "sev3"]),
    opened_at=st.sampled_from([None, START - timedelta(minutes=30)]),
    sla_minutes=st.sampled_from([None, 31, 600]),
    impacted=st.frozensets(st.sampled_from(SERVICES)),
    failed_fixes=st.integers(0, 3),
    tripped=st.frozensets(st.sampled_from(SERVICES)),
)


def policy(made: list[dict[str, Any]], **more: Any) -> Policy:
    given = {"version": 1, "autonomy": {"default": "autonomous"}, "high_risk_approvals": 1}
    return Policy.model_validate({**given, "rules": made, **more})


def verdict(rules_: Policy, plan: list[Facts], moment: Circumstances = BARE) -> Verdict:
    return judge(rules_, plan, ("@oncall",), moment)


def as_strict(found: Verdict, at_least: Verdict) -> bool:
    """Of two questions the one that needs more people is the stricter."""
    if isinstance(found, Ask) and isinstance(at_least, Ask):
        return found.approvals >= at_least.approvals
    return STRICTNESS.index(found.kind) >= STRICTNESS.index(at_least.kind)


@given(rules, plans, beside, moments)
def test_no_mode_breaker_window_threshold_or_number_makes_it_laxer(
    made: list[dict[str, Any]], plan: list[Facts], more: dict[str, Any], moment: Circumstances
) -> None:
    bare = verdict(policy(made), plan)
    assert as_strict(verdict(policy(made, **more), plan), bare)
    assert as_strict(verdict(policy(made), plan, moment), bare)
    assert as_strict(verdict(policy(made, **more), plan, moment), bare)


@given(rules, plans, beside, moments)
def test_a_more_restrictive_mode_is_never_laxer(
    made: list[dict[str, Any]], plan: list[Facts], more: dict[str, Any], moment: Circumstances
) -> None:
    found = [
        verdict(policy(made, **{**more, "autonomy": {"default": mode}}), plan, moment)
        for mode in MODES
    ]
    assert all(as_strict(found[i], found[i + 1]) for i in range(len(MODES) - 1))


@given(rules, plans, beside, moments)
def test_what_is_tainted_or_unknown_is_never_judged_more_laxly(
    made: list[dict[str, Any]], plan: list[Facts], more: dict[str, Any], moment: Circumstances
) -> None:
    given_rules = policy(made, **more)
    here = verdict(given_rules, plan, moment)
    tainted = [facts.model_copy(update={"tainted": True}) for facts in plan]
    assert as_strict(verdict(given_rules, tainted, moment), here)
    nowhere = plan[0].radius.model_copy(update={"unknown": ("replica-9",)})
    lost = [plan[0].model_copy(update={"radius": nowhere}), *plan[1:]]
    if here.kind != "deny":  # an unknown target is a person's before any rule is asked
        assert as_strict(verdict(given_rules, lost, moment), here)


@given(rules, plans, steps, beside, moments)
def test_another_step_never_makes_a_plan_laxer(
    made: list[dict[str, Any]],
    plan: list[Facts],
    one_more: Facts,
    more: dict[str, Any],
    moment: Circumstances,
) -> None:
    given_rules = policy(made, **more)
    longer = verdict(given_rules, [*plan, one_more], moment)
    assert as_strict(longer, verdict(given_rules, plan, moment))


@pytest.mark.invariant(9)
@given(rules, steps, beside, moments)
def test_nothing_runs_by_itself_but_a_whole_committed_untainted_runbook_where_its_mode_lets_it(
    made: list[dict[str, Any]], step: Facts, more: dict[str, Any], moment: Circumstances
) -> None:
    rules_ = policy(made, **more)
    if verdict(rules_, [step], moment).kind != "allow" or step.effect == "record":
        return
    assert (step.playbook, step.tainted, step.radius.unknown) == ("pinned", False, ())
    assert not moment.tripped & step.radius.services
    modes = {rules_.autonomy.of(name) for name in step.radius.services}
    assert modes <= {"autonomous", "semi-autonomous"}


@given(rules, steps, beside, moments)
def test_the_books_heed_the_rules_alone(
    made: list[dict[str, Any]], step: Facts, more: dict[str, Any], moment: Circumstances
) -> None:
    books = step.model_copy(update={"effect": Effect.RECORD, "purpose": "books"})
    assert verdict(policy(made, **more), [books], moment) == verdict(policy(made), [books])
