"""Why policy says what it says, and a table of cases that holds it to that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.files import bundled_policy
from bot.policy.cases import CasesError, Table
from bot.policy.explain import explain
from bot.policy.rules import Policy
from bot.policy.situation import Situation

SHIPPED = Policy.read(bundled_policy())
CASES = bundled_policy().with_name("default.cases.yml")


def policy(*rules: dict[str, Any]) -> Policy:
    return Policy.model_validate({"version": 1, "rules": rules})


def test_the_shipped_policy_says_what_its_cases_expect() -> None:
    assert list(Table.read(CASES).failures(SHIPPED)) == []


def test_the_cases_reach_every_rule_of_the_shipped_policy() -> None:
    reached = {case.expect.rule for case in Table.read(CASES).cases}
    assert {rule.id for rule in SHIPPED.rules} <= reached


def test_names_are_told_in_one_order_and_none_as_nothing() -> None:
    given = {"playbook": ["unpinned", "none", "partial"], "then": "deny"}
    [named] = policy({"id": "r", **given}).rules
    step = Situation(tool="rerun_job").facts
    assert named.mismatch(step) == "playbook: pinned is not none or partial or unpinned"
    [elsewhere] = policy({"id": "r", "services": ["etl"], "then": "deny"}).rules
    nothing = step.radius.model_copy(update={"services": frozenset()})
    told = elsewhere.mismatch(step.model_copy(update={"radius": nothing}))
    assert told == "services: nothing is not etl"


@pytest.mark.parametrize(
    ("condition", "said", "why"),
    [
        ({"tools": ["a", "glob:b_*"]}, {}, "tools: rerun_job is not a or glob:b_*"),
        ({"effects": ["record", "destructive"]}, {}, "effects: write is not destructive or record"),
        ({"services": ["db"]}, {"services": ["etl", "api"]}, "services: api + etl is not db"),
        ({"environments": ["staging"]}, {}, "environments: production is not staging"),
        ({"playbook": ["none"]}, {}, "playbook: pinned is not none"),
        ({"max_targets": 1}, {"targets": 3}, "max_targets: 3 is more than 1"),
        (
            {"min_confidence": "high"},
            {"confidence": "low"},
            "min_confidence: low is less than high",
        ),
        ({"risk": ["high"]}, {}, "risk: low is not high"),
        ({"max_risk": "low"}, {"tier": 1}, "max_risk: medium is more than low"),
    ],
)
def test_a_rule_that_is_passed_over_names_the_condition_that_did_not_match(
    condition: dict[str, Any], said: dict[str, Any], why: str
) -> None:
    rules = policy(
        {"id": "other", "then": "allow", **condition},
        {"id": "this", "then": "ask"},
        {"id": "late", "then": "deny"},
    )
    found = explain(rules, Situation.model_validate({"tool": "rerun_job", **said}), ("@oncall",))
    assert found.verdict.rule == "this"
    assert [(p.rule, p.why) for p in found.passed_over] == [("other", why)]


@pytest.mark.parametrize("said", [{"unknown": ["x"]}, {"effect": "read"}])
def test_where_no_rule_was_asked_none_was_passed_over(said: dict[str, Any]) -> None:
    rules = policy({"id": "other", "tools": ["x"], "then": "allow"})
    found = explain(rules, Situation.model_validate({"tool": "rerun_job", **said}), ())
    assert found.passed_over == ()


def test_the_moment_counts_as_it_does_in_an_incident() -> None:
    thresholds = {"sla_share": 0.5, "customer_impact": "sev1", "failed_fixes": 1}
    rules = Policy.model_validate(
        {"version": 1, "escalate_when": thresholds, "rules": [{"id": "r", "then": "ask"}]}
    )
    said = {
        "tool": "rerun_job",
        "minutes_open": 30,
        "sla_minutes": 60,
        "impacted": ["etl"],
        "severity": "sev1",
        "failed_fixes": 1,
        "tripped": ["some-service"],
    }
    found = explain(rules, Situation.model_validate(said), ("@oncall",)).verdict
    assert found.kind == "escalate"
    assert found.reason == (
        "people notice etl (sev1); the SLA is near: 50% of its 60 min are gone; 1 fix did not help"
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "cases.yml"
    path.write_text(text)
    return path


def test_a_case_that_comes_out_otherwise_says_what_was_expected_and_what_came(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path,
        """
cases:
  - name: right
    facts: {tool: rerun_job}
    expect: {verdict: ask, rule: change, reason: rule}
  - name: wrong rule
    facts: {tool: rerun_job}
    expect: {verdict: ask, rule: destructive, approvals: 2, approvers: ["@dba", U1]}
  - name: wrong risk
    facts: {tool: rerun_job, tier: 1}
    expect: {verdict: ask, risk: low}
  - name: wrong reason
    facts: {tool: rerun_job}
    expect: {verdict: ask, reason: because}
  - name: wrong verdict
    facts: {tool: query_logs, effect: read}
    expect: {verdict: allow, approvals: 1}
""",
    )
    failures = list(Table.read(path).failures(SHIPPED))
    assert [(f.name, f.expected, f.got) for f in failures] == [
        (
            "wrong rule",
            "ask, rule destructive, approvals 2, approvers @dba or U1",
            "ask, rule change, approvals 1, approvers approvers (rule 'change')",
        ),
        ("wrong risk", "ask, risk low", "ask, risk medium (rule 'change')"),
        ("wrong reason", "ask, because 'because'", "ask (rule 'change')"),
        (
            "wrong verdict",
            "allow, approvals 1",
            "deny, approvals none (query_logs only reads: it is no step of a plan)",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cases: []", "cases: Tuple should have at least 1 item"),
        ("- a", "the file: it is no mapping of keys to values"),
        ("cases: [", "is not YAML"),
        ("cases: [{name: x, facts: {tool: t}}]", "cases.0.expect: it is missing; add it"),
        (
            "cases: [{name: x, facts: {tool: t, efect: write}, expect: {verdict: ask}}]",
            "cases.0.facts.efect: no such key; did you mean 'effect'?",
        ),
        (
            "cases: [{name: x, facts: {tool: t}, expect: {verdict: maybe}}]",
            "cases.0.expect.verdict: Input should be 'allow', 'ask', 'deny' or 'escalate'",
        ),
    ],
)
def test_a_table_that_can_not_be_read_names_file_and_field(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(CasesError) as refused:
        Table.read(written(tmp_path, text))
    assert "cases.yml" in str(refused.value)
    assert words in str(refused.value)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CasesError, match=r"nowhere\.yml.*can't be read"):
        Table.read(tmp_path / "nowhere.yml")
