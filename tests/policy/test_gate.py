"""The one gate: which rule decides a step, and which step decides a plan."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.values import Allow, Ask, Deny, Escalate, Verdict
from bot.files import bundled_policy
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
        "confidence": "high",
        "radius": Radius.model_validate(radius),
    }
    return Facts.model_validate({**given, **changes})


def policy(*rules: dict[str, Any]) -> Policy:
    return Policy.model_validate({"version": 1, "rules": rules})


def verdict(rule: dict[str, Any], step: Facts) -> Verdict:
    return judge(policy({"id": "r", "then": "allow", **rule}), [step], WHO, MOMENT)


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
    ],
    ids=lambda value: ", ".join(map(str, value.items())) if isinstance(value, dict) else "",
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


@pytest.mark.parametrize("playbook", ["unpinned", "none"])
def test_only_a_committed_runbook_is_allowed_without_a_person(playbook: str) -> None:
    assert isinstance(verdict({}, facts(playbook=playbook)), Ask)
    assert isinstance(verdict({}, facts()), Allow)


def test_keeping_the_books_needs_no_runbook() -> None:
    assert isinstance(verdict({}, facts(effect="record", playbook="none")), Allow)


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
