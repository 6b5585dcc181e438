"""`opsbot policy`, as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import bot.sandbox.company as sample
from bot.__main__ import main
from bot.files import bundled_policy

AUTO = str(Path(sample.__file__).parents[1] / "policies" / "auto.yml")
CASES = str(bundled_policy().with_name("default.cases.yml"))
Typed = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Run it over the sample company's inventory: exit code, lines, and what else it said."""
    inventory = Path(sample.__file__).with_name("inventory.yml")
    monkeypatch.setenv("OPSBOT_INVENTORY", str(inventory))
    monkeypatch.setenv("OPSBOT_APPROVERS", "@data-oncall")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = main(["policy", *arguments])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


EXPLAIN = ("explain", "--tool", "rerun_job", "--service", "etl")


def test_explain_says_verdict_rule_reason_and_what_was_passed_over(typed: Typed) -> None:
    assert typed(*EXPLAIN) == (
        0,
        [
            "ask  by change, risk low",
            "because rule 'change'",
            "asks @data-oncall, 1 needed, within 15 min",
            "  passed over books: effects: write is not record",
            "  passed over outside-playbook: playbook: pinned is not none",
            "  passed over destructive: effects: write is not destructive",
        ],
        "",
    )


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ([], "allow  by auto, risk low"),
        (["--mode", "assisted"], "ask  by auto, risk low"),
        (["--mode", "manual"], "escalate  by auto, risk low"),
        (["--tainted"], "ask  by auto, risk low"),
        (["--targets", "2"], "ask  by change, risk medium"),
        (["--confidence", "medium"], "ask  by change, risk low"),
        (["--playbook", "partial"], "ask  by change, risk low"),
        (["--playbook", "none"], "escalate  by outside-playbook, risk low"),
        (["--effect", "destructive"], "ask  by change, risk high"),
        (["--tier", "1"], "ask  by auto, risk medium"),
        (["--tier", "1", "--environment", "staging"], "allow  by auto, risk low"),
        (["--service", "daily_revenue_aggregation"], "allow  by auto, risk low"),
        (["--service", "checkout"], "ask  by auto, risk high"),
        (["--service", "replica-9"], "escalate  by unknown-target, risk low"),
    ],
)
def test_each_thing_that_is_said_counts(typed: Typed, more: list[str], first: str) -> None:
    mode = ["--mode", "semi-autonomous"] if "--mode" not in more else []
    code, lines, _ = typed(*EXPLAIN, "--policy", AUTO, *mode, *more)
    assert (code, lines[0]) == (0, first)


def test_the_time_severity_and_history_count(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("""
version: 1
freezes: [{id: xmas, from: 2026-12-24T00:00:00Z, until: 2026-12-27T00:00:00Z}]
escalate_when: {customer_impact: sev1, failed_fixes: 2}
rules: [{id: all, then: ask}]
""")
    said = {
        ("--at", "2026-12-25T00:00:00+00:00"): "deny",
        ("--at", "2026-12-28T00:00:00+00:00"): "ask",
        ("--severity", "sev1"): "escalate",
        ("--failed-fixes", "2"): "escalate",
    }
    for options, kind in said.items():
        _, lines, _ = typed(*EXPLAIN, "--policy", str(path), *options)
        assert lines[0].startswith(kind), options


def test_a_tool_that_is_not_there_is_refused_unless_its_effect_is_said(typed: Typed) -> None:
    code, lines, said = typed("explain", "--tool", "stop_job", "--service", "etl")
    assert (code, lines) == (1, [])
    assert "no tool 'stop_job'; say its --effect, or name one of: " in said
    assert "query_logs" not in said
    stop = ("explain", "--tool", "stop_job", "--service", "etl", "--effect", "destructive")
    assert typed(*stop)[1][0] == "ask  by destructive, risk high"


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--targets", "0"), "targets: "), (("--at", "2026-12-24"), "at: ")],
)
def test_what_can_not_be_is_named(typed: Typed, options: tuple[str, str], words: str) -> None:
    code, lines, said = typed(*EXPLAIN, *options)
    assert (code, lines) == (1, [])
    assert said.startswith(f"opsbot: {words}")


def test_with_a_slack_of_ones_own_it_is_told_that_nobody_may_approve(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPSBOT_APPROVERS")
    assert typed(*EXPLAIN)[1][2] == "asks approvers, 1 needed, within 15 min"
    assert typed("lint")[0] == 0
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert "OPSBOT_APPROVERS names no one" in typed(*EXPLAIN)[1][1]
    assert typed("lint")[0] == 1


def test_without_an_inventory_it_says_what_it_assumes(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPSBOT_INVENTORY")
    code, lines, said = typed("explain", "--tool", "rerun_job", "--service", "anything")
    assert (code, lines[0]) == (0, "ask  by change, risk low")
    assert "OPSBOT_INVENTORY is not set" in said


def test_the_shipped_cases_hold_for_the_shipped_policy_and_not_for_another(typed: Typed) -> None:
    code, lines, said = typed("test", CASES)
    assert (code, lines) == (0, [])
    assert "cases hold" in said
    code, lines, said = typed("test", CASES, "--policy", AUTO)
    assert code == 1
    assert lines[:3] == [
        "a runbook's change asks one person",
        "  expected ask, rule change, approvals 1, approvers approvers, risk low",
        "  got      allow, rule auto, approvals none, approvers none, risk low"
        " (a committed runbook, one target, high confidence)",
    ]
    assert "cases failed" in said


def test_a_table_or_a_policy_that_is_not_there_is_told_without_a_traceback(typed: Typed) -> None:
    assert typed("test", "nowhere.yml")[2].startswith("opsbot: cases 'nowhere.yml' can't be read")
    said = typed("lint", "--policy", "nowhere.yml")[2]
    assert said.startswith("opsbot: policy 'nowhere.yml' can't be read")


@pytest.mark.parametrize("policy", [[], ["--policy", AUTO]])
def test_nothing_is_in_vain_in_the_policies_that_ship(typed: Typed, policy: list[str]) -> None:
    code, lines, said = typed("lint", *policy)
    assert (code, lines) == (0, [])
    assert said.startswith("No problems in ")


def test_lint_tells_each_problem_and_fails(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("version: 1\nrules: [{id: a, then: ask}, {id: b, then: deny}]\n")
    code, lines, said = typed("lint", "--policy", str(path))
    assert (code, said) == (1, f"opsbot: 1 problems in {path}\n")
    assert lines == ["rule 'b' can never match: what it is for is decided before by 'a'"]
