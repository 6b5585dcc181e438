"""The one gate: which rule decides a step, and which step decides a plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.values import Allow, Ask, Deny, Escalate, Verdict
from bot.files import bundled_policy
from bot.policy.autonomy import Autonomy
from bot.policy.facts import Circumstances, Facts, Radius
from bot.policy.gate import judge
from bot.policy.rules import Policy
from tests.fakes.story import START
from tools.kit.types import Effect

WHO = ("@oncall",)
MOMENT = Circumstances(now=START)


def facts(**changes: Any) -> Facts:
    """One reversible write to one job of the ETL, from a committed runbook, high confidence."""
    radius = {
        "count": 1,
        "services": {"etl"},
        "environments": {"production"},
        "tier": 2,
        "unknown": (),
    }
    radius |= {k: changes.pop(k) for k in list(changes) if k in radius}
    given: dict[str, Any] = {
        "tool": "rerun_job",
        "effect": "write",
        "purpose": "books" if changes.get("effect") == "record" else "fix",
        "reversible": True,
        "playbook": "pinned",
        "tainted": False,
        "confidence": "high",
        "radius": Radius.model_validate(radius),
    }
    return Facts.model_validate({**given, **changes})


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    """These rules, in a company where what they allow runs by itself."""
    given = {"version": 1, "autonomy": {"default": "autonomous"}, "rules": rules}
    return Policy.model_validate({**given, **more})


def verdict(rule: dict[str, Any], step: Facts) -> Verdict:
    return judge(policy({"id": "r", "then": "allow", **rule}), [step], WHO, MOMENT)


def _listed(value: Any) -> Any:
    """The same in every process: a set has no order."""
    return sorted(value) if isinstance(value, set) else value


@pytest.mark.parametrize(
    ("condition", "matching", "other"),
    [
        ({"tools": ["rerun_job"]}, {}, {"tool": "rerun_job_all"}),
        ({"tools": ["stop_job", "rerun_job"]}, {}, {"tool": "start_job"}),
        ({"tools": ["rerun_"]}, {"tool": "rerun_"}, {"tool": "rerun_job"}),
        ({"tools": ["rerun_*"]}, {"tool": "rerun_*"}, {"tool": "rerun_job"}),
        ({"tools": ["glob:rerun_*"]}, {}, {"tool": "stop_job"}),
        ({"effects": ["write"]}, {}, {"effect": "destructive"}),
        ({"services": ["etl"]}, {}, {"services": {"billing"}}),
        ({"services": ["etl"]}, {}, {"services": {"etl", "billing"}}),
        ({"environments": ["production"]}, {}, {"environments": {"staging"}}),
        ({"environments": ["staging"]}, {"environments": {"staging"}}, {}),
        ({"playbook": ["pinned"]}, {}, {"playbook": "unpinned"}),
        ({"max_targets": 1}, {}, {"count": 2}),
        ({"min_confidence": "medium"}, {"confidence": "medium"}, {"confidence": "low"}),
        ({"min_confidence": "high"}, {}, {"confidence": "medium"}),
        ({"risk": ["low"]}, {}, {"tier": 1}),
        ({"risk": ["medium", "high"]}, {"tier": 1}, {}),
        ({"max_risk": "medium"}, {"tier": 1}, {"tier": 1, "reversible": False, "count": 2}),
    ],
    ids=lambda value: " ".join(f"{k}={_listed(v)}" for k, v in value.items()),
)
def test_each_condition_matches_what_it_names_and_nothing_else(
    condition: dict[str, Any], matching: dict[str, Any], other: dict[str, Any]
) -> None:
    assert isinstance(verdict(condition, facts(**matching)), Allow)
    assert verdict(condition, facts(**other)).rule == "default"
    assert isinstance(verdict(condition, facts(**other)), Deny)


@pytest.mark.parametrize("then", ["deny", "escalate"])
def test_a_step_that_also_touches_a_forbidden_service_is_forbidden(then: str) -> None:
    rules = policy(
        {"id": "hands-off", "services": ["billing"], "then": then},
        {"id": "rest", "then": "allow"},
    )
    assert judge(rules, [facts(services={"etl", "billing"})], WHO, MOMENT).rule == "hands-off"


@pytest.mark.parametrize(("effect", "purpose"), [("record", "fix"), ("write", "books")])
def test_a_fix_keeps_no_books_and_the_books_change_nothing_else(effect: str, purpose: str) -> None:
    rules = policy({"id": "everything", "then": "allow"})
    found = judge(rules, [facts(effect=effect, purpose=purpose)], WHO, MOMENT)
    assert isinstance(found, Deny)
    assert f"no step of a plan for {purpose}" in found.reason


def test_the_first_rule_that_matches_decides() -> None:
    rules = policy(
        {"id": "other", "tools": ["stop_job"], "then": "allow"},
        {"id": "first", "then": "deny"},
        {"id": "second", "then": "allow"},
    )
    assert judge(rules, [facts()], WHO, MOMENT).rule == "first"


def test_where_no_rule_is_left_it_is_denied() -> None:
    found = judge(policy(), [facts()], WHO, MOMENT)
    assert found == Deny(rule="default", reason="no rule covers rerun_job")


def test_a_plan_without_steps_is_denied() -> None:
    assert isinstance(judge(policy({"id": "r", "then": "allow"}), [], WHO, MOMENT), Deny)


def test_a_read_is_no_step_of_a_plan() -> None:
    assert isinstance(verdict({}, facts(effect="read")), Deny)


@pytest.mark.parametrize("then", ["allow", "ask", "deny"])
def test_what_the_inventory_does_not_know_is_a_persons(then: str) -> None:
    found = verdict({"then": then}, facts(unknown=("replica-9",)))
    assert isinstance(found, Escalate)
    assert found.reason == "the inventory doesn't know 'replica-9'"


@pytest.mark.parametrize("playbook", ["partial", "unpinned", "none"])
def test_only_a_committed_runbook_is_allowed_without_a_person(playbook: str) -> None:
    assert isinstance(verdict({}, facts(playbook=playbook)), Ask)
    assert isinstance(verdict({}, facts()), Allow)


def test_a_value_out_of_a_tool_is_never_acted_upon_without_a_person() -> None:
    found = verdict({}, facts(tainted=True))
    assert isinstance(found, Ask)
    assert found.reason == "a value of rerun_job came out of an alert or a tool"


def test_keeping_the_books_needs_no_runbook_and_may_quote_an_alert() -> None:
    books = facts(effect="record", playbook="none", tainted=True)
    assert isinstance(verdict({}, books), Allow)


def test_an_ask_says_how_many_who_and_until_when() -> None:
    rule = {"then": "ask", "approvals": 2, "approvers": ["approvers", "U7"], "expires": "5m"}
    found = verdict(rule, facts())
    assert isinstance(found, Ask)
    assert (found.approvals, found.approvers, found.expires_seconds) == (2, ("@oncall", "U7"), 300)


@pytest.mark.parametrize("rule", [{"then": "ask"}, {"then": "allow"}])
def test_what_nobody_may_approve_goes_to_a_person(rule: dict[str, Any]) -> None:
    found = judge(policy({"id": "r", **rule}), [facts(playbook="unpinned")], (), MOMENT)
    assert isinstance(found, Escalate)
    assert "OPSBOT_APPROVERS" in found.reason


@pytest.mark.parametrize(
    ("thens", "kind"),
    [
        (["allow", "ask"], "ask"),
        (["ask", "escalate", "allow"], "escalate"),
        (["escalate", "deny", "ask"], "deny"),
        (["allow", "allow"], "allow"),
    ],
)
def test_the_strictest_step_decides_the_plan(thens: list[str], kind: str) -> None:
    rules = [{"id": f"r{i}", "tools": [f"tool_{i}"], "then": then} for i, then in enumerate(thens)]
    steps = [facts(tool=f"tool_{i}") for i in range(len(thens))]
    assert judge(policy(*rules), steps, WHO, MOMENT).kind == kind
    assert judge(policy(*rules), steps[::-1], WHO, MOMENT).kind == kind


def test_two_asks_need_the_most_approvals_in_the_shortest_time() -> None:
    rules = policy(
        {"id": "a", "tools": ["a_tool"], "then": "ask", "approvals": 2, "expires": "1h"},
        {"id": "b", "tools": ["b_tool"], "then": "ask", "approvals": 1, "expires": "5m"},
    )
    found = judge(rules, [facts(tool="b_tool"), facts(tool="a_tool")], WHO, MOMENT)
    assert isinstance(found, Ask)
    assert (found.approvals, found.expires_seconds) == (2, 300)


def test_a_step_that_is_allowed_asks_nobody_of_its_own_rule() -> None:
    allows = {"id": "allows", "tools": ["rerun_job"], "then": "allow", "approvers": ["@dba"]}
    asks = {"id": "asks", "then": "ask"}
    steps = [facts(), facts(tool="stop_job")]
    found = judge(policy(allows, asks), steps, WHO, MOMENT)
    assert isinstance(found, Ask)
    assert (found.rule, found.approvers) == ("asks", WHO)


def test_what_is_allowed_may_be_undone_by_who_would_have_been_asked_of_all_its_steps() -> None:
    rules = policy(
        {"id": "a", "tools": ["a_tool"], "then": "allow", "approvers": ["@net", "@dba"]},
        {"id": "b", "tools": ["b_tool"], "then": "allow", "approvers": ["@dba", "approvers"]},
        {"id": "c", "then": "allow"},
    )

    def may_undo(*tools: str) -> tuple[str, ...]:
        found = judge(rules, [facts(tool=tool) for tool in tools], WHO, MOMENT)
        assert isinstance(found, Allow)
        return found.may_undo

    assert may_undo("c_tool") == WHO
    assert may_undo("b_tool") == ("@dba", *WHO)
    assert may_undo("a_tool", "b_tool") == ("@dba",)
    assert may_undo("a_tool", "c_tool") == ()


def test_a_plan_whose_steps_nobody_may_approve_together_goes_to_a_person() -> None:
    rules = policy(
        {"id": "a", "tools": ["a_tool"], "then": "ask", "approvers": ["@net"]},
        {"id": "b", "tools": ["b_tool"], "then": "ask", "approvers": ["@dba"]},
    )
    found = judge(rules, [facts(tool="a_tool"), facts(tool="b_tool")], WHO, MOMENT)
    assert isinstance(found, Escalate)
    assert found.reason == "nobody may approve all of its steps (rules a, b)"


def test_a_verdict_gives_the_rules_own_reason_or_names_the_rule() -> None:
    assert verdict({"then": "deny", "reason": "on fire"}, facts()).reason == "on fire"
    assert verdict({"then": "deny"}, facts()).reason == "rule 'r'"


def test_whoever_approves_a_plan_may_approve_each_of_its_steps() -> None:
    rules = policy(
        {"id": "a", "tools": ["a_tool"], "then": "ask", "approvers": ["@anyone"]},
        {"id": "b", "tools": ["b_tool"], "then": "ask", "approvers": ["@dba"]},
    )
    found = judge(rules, [facts(tool="a_tool"), facts(tool="b_tool")], WHO, MOMENT)
    assert not isinstance(found, Ask) or "@anyone" not in found.approvers


class TestTheDefaultPolicy:
    DEFAULT = Policy.read(bundled_policy())

    @pytest.mark.parametrize(
        ("step", "kind", "rule"),
        [
            (facts(), "ask", "change"),
            (facts(playbook="unpinned"), "ask", "change"),
            (facts(playbook="none"), "escalate", "outside-playbook"),
            (facts(effect="destructive"), "ask", "destructive"),
            (facts(effect="destructive", playbook="none"), "escalate", "outside-playbook"),
            (facts(effect="record", playbook="none"), "allow", "books"),
        ],
    )
    def test_asks_for_every_change_to_a_running_system(
        self, step: Facts, kind: str, rule: str
    ) -> None:
        found = judge(self.DEFAULT, [step], WHO, MOMENT)
        assert (found.kind, found.rule) == (kind, rule)

    def test_asks_two_people_before_anything_destructive(self) -> None:
        found = judge(self.DEFAULT, [facts(effect="destructive")], WHO, MOMENT)
        assert isinstance(found, Ask)
        assert found.approvals == 2


def test_asking_always_leaves_the_books_and_nothing_else() -> None:
    rules = policy(
        {"id": "books", "effects": ["record"], "then": "allow"},
        {"id": "auto", "tools": ["rerun_job"], "then": "allow"},
        {"id": "mixed", "effects": ["record", "write"], "then": "allow"},
        {"id": "no", "then": "deny"},
    ).asking_always()
    record = facts(effect=Effect.RECORD, playbook="none", tool="create_ticket")
    assert isinstance(judge(rules, [record], WHO, MOMENT), Allow)
    assert isinstance(judge(rules, [facts()], WHO, MOMENT), Ask)
    assert isinstance(judge(rules, [facts(tool="stop_job")], WHO, MOMENT), Ask)
    assert isinstance(judge(rules, [facts(effect="destructive", tool="x")], WHO, MOMENT), Deny)


def test_an_open_breaker_of_a_service_turns_what_would_run_by_itself_into_a_question() -> None:
    rules = policy({"id": "r", "then": "allow"})
    tripped = Circumstances(now=START, tripped=frozenset({"etl"}))
    assert isinstance(judge(rules, [facts()], WHO, tripped), Ask)
    for then, kind in (("deny", Deny), ("escalate", Escalate)):
        forbidding = policy({"id": "r", "then": then})
        assert isinstance(judge(forbidding, [facts()], WHO, tripped), kind)
    elsewhere = Circumstances(now=START, tripped=frozenset({"billing"}))
    assert isinstance(judge(rules, [facts()], WHO, elsewhere), Allow)


BY_MODE = [
    ("manual", {}, "escalate"),
    ("assisted", {}, "ask"),
    ("semi-autonomous", {}, "allow"),
    ("semi-autonomous", {"tier": 1}, "ask"),
    ("autonomous", {"tier": 1}, "allow"),
]


@pytest.mark.parametrize(("mode", "step", "kind"), BY_MODE)
def test_the_mode_of_a_service_decides_how_far_a_rule_may_go(
    mode: str, step: dict[str, Any], kind: str
) -> None:
    rules = policy({"id": "r", "then": "allow"}, autonomy={"services": {"etl": mode}})
    found = judge(rules, [facts(**step)], WHO, MOMENT)
    assert (found.kind, found.rule) == (kind, "r")
    if kind != "allow":
        assert f"etl is in {mode} mode" in found.reason


def test_in_manual_mode_nothing_is_even_asked() -> None:
    rules = policy({"id": "r", "then": "ask"}, autonomy={"default": "manual"})
    assert isinstance(judge(rules, [facts()], WHO, MOMENT), Escalate)


def test_where_the_file_says_no_mode_every_change_asks() -> None:
    rules = Policy.model_validate({"version": 1, "rules": [{"id": "r", "then": "allow"}]})
    assert isinstance(judge(rules, [facts()], WHO, MOMENT), Ask)


@pytest.mark.parametrize("mode", ["manual", "assisted", "semi-autonomous"])
def test_the_strictest_mode_among_the_services_touched_counts(mode: str) -> None:
    autonomy = {"default": "autonomous", "services": {"billing": mode}}
    rules = policy({"id": "r", "then": "allow"}, autonomy=autonomy)
    both = facts(services={"etl", "billing"})
    assert not isinstance(judge(rules, [both], WHO, MOMENT), Allow)
    assert isinstance(judge(rules, [facts()], WHO, MOMENT), Allow)


def test_where_no_service_is_touched_the_default_mode_counts() -> None:
    assert Autonomy(default="manual", services={"etl": "autonomous"}).strictest(()) == (
        "manual",
        "",
    )


def test_no_mode_keeps_the_books_from_being_kept() -> None:
    rules = policy({"id": "r", "then": "allow"}, autonomy={"default": "manual"})
    assert isinstance(judge(rules, [facts(effect="record", playbook="none")], WHO, MOMENT), Allow)


def test_what_asks_anyway_keeps_the_reason_of_its_rule() -> None:
    rules = policy({"id": "r", "then": "ask", "reason": "ours"}, autonomy={"default": "assisted"})
    tripped = Circumstances(now=START, tripped=frozenset({"etl"}))
    found = judge(rules, [facts(playbook="unpinned", tainted=True)], WHO, tripped)
    assert found.reason == "ours"


def test_an_ask_says_the_highest_risk_among_the_steps() -> None:
    rules = policy({"id": "r", "then": "ask"})
    found = judge(rules, [facts(tier=1), facts()], WHO, MOMENT)
    assert isinstance(found, Ask)
    assert found.risk == "medium"


ALWAYS = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
OVER = {"from": "2025-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("then", ["ask", "escalate", "deny"])
def test_a_freeze_makes_it_as_strict_as_it_says_and_is_named(then: str) -> None:
    freeze = {"id": "sale", **ALWAYS, "then": then}
    found = judge(policy({"id": "r", "then": "allow"}, freezes=[freeze]), [facts()], WHO, MOMENT)
    assert (found.kind, found.rule) == (then, "r")
    assert "freeze 'sale'" in found.reason


@pytest.mark.parametrize("then", ["escalate", "deny"])
def test_a_freeze_that_asks_makes_nothing_laxer(then: str) -> None:
    freeze = {"id": "sale", **ALWAYS, "then": "ask"}
    found = judge(policy({"id": "r", "then": then}, freezes=[freeze]), [facts()], WHO, MOMENT)
    assert found.kind == then


def test_a_freeze_that_is_over_or_elsewhere_changes_nothing() -> None:
    freezes = [
        {"id": "over", **OVER},
        {"id": "elsewhere", **ALWAYS, "services": ["billing"]},
    ]
    found = judge(policy({"id": "r", "then": "allow"}, freezes=freezes), [facts()], WHO, MOMENT)
    assert isinstance(found, Allow)


def test_who_is_asked_in_a_freeze_is_told_of_it() -> None:
    freeze = {"id": "sale", **ALWAYS, "then": "ask", "reason": "it is the sale"}
    found = judge(policy({"id": "r", "then": "ask"}, freezes=[freeze]), [facts()], WHO, MOMENT)
    assert found.reason == "rule 'r'; it is the sale"


def test_the_books_are_kept_in_a_freeze() -> None:
    rules = policy({"id": "r", "then": "allow"}, freezes=[{"id": "sale", **ALWAYS}])
    assert isinstance(judge(rules, [facts(effect="record", playbook="none")], WHO, MOMENT), Allow)


TWO_TEAMS = [{"from": ["@platform", "rota:platform"]}, {"from": ["@security"], "count": 2}]


def test_a_rule_may_ask_several_teams() -> None:
    found = verdict({"then": "ask", "approvals": TWO_TEAMS}, facts())
    assert isinstance(found, Ask)
    assert [(g.approvers, g.count) for g in found.groups] == [
        (("@platform", "rota:platform"), 1),
        (("@security",), 2),
    ]
    assert found.approvals == 3
    assert found.approvers == ("@platform", "rota:platform", "@security")


def test_a_team_may_be_that_of_the_settings() -> None:
    rule = {"then": "ask", "approvals": [{"from": ["approvers"]}, {"from": ["@security"]}]}
    found = verdict(rule, facts())
    assert isinstance(found, Ask)
    assert found.groups[0].approvers == WHO
    nobody = judge(policy({"id": "r", **rule}), [facts()], (), MOMENT)
    assert isinstance(nobody, Escalate)
    assert "OPSBOT_APPROVERS" in nobody.reason


def test_a_plan_of_several_rules_needs_every_team_of_each_of_them() -> None:
    rules = policy(
        {"id": "a", "tools": ["a_tool"], "then": "ask", "approvals": TWO_TEAMS},
        {"id": "b", "tools": ["b_tool"], "then": "ask", "approvers": ["@dba"]},
        {"id": "c", "tools": ["c_tool"], "then": "ask", "approvers": ["@security"]},
    )
    steps = [facts(tool=f"{name}_tool") for name in "abc"]
    found = judge(rules, steps, WHO, MOMENT)
    assert isinstance(found, Ask)
    assert {g.approvers[0]: g.count for g in found.groups} == {
        "@platform": 1,
        "@security": 2,
        "@dba": 1,
    }


def test_the_same_team_twice_is_two_people_of_it() -> None:
    twice = {"then": "ask", "approvals": [{"from": ["@platform"]}, {"from": ["@platform"]}]}
    found = verdict(twice, facts())
    assert isinstance(found, Ask)
    assert (found.approvals, found.approvers, found.groups) == (2, ("@platform",), ())


RISKY = {"effect": "destructive", "reversible": False}


@pytest.mark.parametrize(
    ("rule", "more", "needed"),
    [
        ({}, {}, 2),
        ({"approvals": 1}, {}, 2),
        ({"approvals": 3}, {}, 3),
        ({}, {"high_risk_approvals": 4}, 4),
        ({}, {"high_risk_approvals": 1}, 1),
        ({"approvals": TWO_TEAMS}, {}, 3),
        ({"approvals": TWO_TEAMS}, {"high_risk_approvals": 4}, 4),
    ],
)
def test_high_risk_takes_two_people_and_a_rule_may_only_raise_that(
    rule: dict[str, Any], more: dict[str, Any], needed: int
) -> None:
    rules = policy({"id": "r", "then": "ask", **rule}, **more)
    found = judge(rules, [facts(), facts(**RISKY)], WHO, MOMENT)
    assert isinstance(found, Ask)
    assert (found.risk, found.approvals) == ("high", needed)


def test_what_is_not_of_high_risk_takes_as_many_as_its_rule_says() -> None:
    found = judge(policy({"id": "r", "then": "ask"}), [facts(tier=1)], WHO, MOMENT)
    assert isinstance(found, Ask)
    assert (found.risk, found.approvals) == ("medium", 1)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


HURTS = {"severity": "sev2", "impacted": {"checkout", "etl"}}
LATE = {"opened_at": minutes(-48), "sla_minutes": 60}


@pytest.mark.parametrize(
    ("threshold", "reached", "not_reached", "words"),
    [
        (
            {"customer_impact": "sev2"},
            HURTS,
            {**HURTS, "severity": "sev3"},
            "people notice checkout, etl (sev2)",
        ),
        ({"customer_impact": "sev2"}, {**HURTS, "severity": "sev1"}, {"severity": "sev1"}, ""),
        (
            {"sla_share": 0.8},
            LATE,
            {**LATE, "opened_at": minutes(-47.9)},
            "the SLA is near: 80% of its 60 min are gone",
        ),
        ({"sla_share": 0.8}, LATE, {"opened_at": minutes(-4800)}, ""),
        ({"sla_share": 0.8}, LATE, {"sla_minutes": 1}, ""),
        ({"failed_fixes": 1}, {"failed_fixes": 1}, {}, "1 fix did not help"),
        ({"failed_fixes": 2}, {"failed_fixes": 3}, {"failed_fixes": 1}, "3 fixes did not help"),
    ],
)
def test_a_threshold_of_the_incident_hands_it_to_a_person(
    threshold: dict[str, Any],
    reached: dict[str, Any],
    not_reached: dict[str, Any],
    words: str,
) -> None:
    rules = policy({"id": "r", "then": "allow"}, escalate_when=threshold)
    found = judge(rules, [facts()], WHO, Circumstances.model_validate({"now": START, **reached}))
    assert (found.kind, found.rule) == ("escalate", "r")
    assert words in found.reason
    calm = Circumstances.model_validate({"now": START, **not_reached})
    assert isinstance(judge(rules, [facts()], WHO, calm), Allow)


@pytest.mark.parametrize(
    ("threshold", "step", "words"),
    [
        ({"outside_runbook": True}, {"playbook": "none"}, "rerun_job is in no runbook here"),
        (
            {"confidence_below": "high"},
            {"confidence": "medium"},
            "confidence is medium, below high",
        ),
    ],
)
def test_a_threshold_of_the_step_hands_it_to_a_person(
    threshold: dict[str, Any], step: dict[str, Any], words: str
) -> None:
    rules = policy({"id": "r", "then": "ask"}, escalate_when=threshold)
    found = judge(rules, [facts(**step)], WHO, MOMENT)
    assert isinstance(found, Escalate)
    assert words in found.reason
    assert isinstance(judge(rules, [facts()], WHO, MOMENT), Ask)


def test_a_threshold_that_the_file_says_nothing_of_is_never_reached() -> None:
    moment = Circumstances.model_validate({"now": START, **LATE, **HURTS, "failed_fixes": 9})
    rules = policy({"id": "r", "then": "allow"})
    assert isinstance(judge(rules, [facts(confidence="low")], WHO, moment), Allow)


def test_every_threshold_that_is_reached_is_named_beside_the_rules_own_reason() -> None:
    thresholds = {"confidence_below": "high", "failed_fixes": 1}
    rules = policy({"id": "r", "then": "escalate", "reason": "ours"}, escalate_when=thresholds)
    moment = Circumstances(now=START, failed_fixes=1)
    found = judge(rules, [facts(confidence="low")], WHO, moment)
    assert found.reason == "ours; confidence is low, below high; 1 fix did not help"


def test_no_threshold_is_laxer_than_a_denial() -> None:
    rules = policy({"id": "r", "then": "deny"}, escalate_when={"failed_fixes": 1})
    moment = Circumstances(now=START, failed_fixes=1)
    assert isinstance(judge(rules, [facts()], WHO, moment), Deny)


def test_no_threshold_keeps_the_books_from_being_kept() -> None:
    thresholds = {"outside_runbook": True, "failed_fixes": 1}
    rules = policy({"id": "r", "then": "allow"}, escalate_when=thresholds)
    moment = Circumstances(now=START, failed_fixes=1)
    assert isinstance(judge(rules, [facts(effect="record", playbook="none")], WHO, moment), Allow)


def test_the_sla_stops_no_plan_that_was_proposed_in_time() -> None:
    rules = policy({"id": "r", "then": "allow"}, escalate_when={"sla_share": 0.8})
    moment = Circumstances.model_validate({"now": START, **LATE, "proposed_at": minutes(-30)})
    assert isinstance(judge(rules, [facts()], WHO, moment), Allow)


def test_what_a_person_prompted_or_edited_never_runs_by_itself() -> None:
    assert isinstance(verdict({"effects": ["write"]}, facts(by_person=True)), Ask)
    assert isinstance(verdict({"effects": ["write"]}, facts()), Allow)


def test_where_a_person_has_put_a_hand_in_the_next_fix_is_asked_for() -> None:
    allowing = policy({"id": "r", "then": "allow"}, {"id": "books", "then": "allow"})
    moment = MOMENT.model_copy(update={"intervened": "a person ended a plan here"})
    assert isinstance(judge(allowing, [facts()], WHO, MOMENT), Allow)
    asked = judge(allowing, [facts()], WHO, moment)
    assert isinstance(asked, Ask)
    assert asked.reason == "a person ended a plan here"
    books = facts(effect="record", purpose="books")
    assert isinstance(judge(allowing, [books], WHO, moment), Allow)
