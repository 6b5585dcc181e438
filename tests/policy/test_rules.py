"""The policy file: what it refuses, and that it says where."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.policy.rule import seconds
from bot.policy.rules import Policy, PolicyError


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yml"
    path.write_text(text)
    return path


def rule(**changes: Any) -> str:
    given: dict[str, Any] = {"id": "r", "then": "ask", **changes}
    return yaml.safe_dump({"version": 1, "rules": [given]})


@pytest.mark.invariant(17)
@pytest.mark.parametrize("selector", ["tools", "services", "environments"])
@pytest.mark.parametrize(
    "value", [[], [""], ["*"], ["glob:*"], ["glob:"], ["**"], ["etl", "*"], "*", ""]
)
def test_an_empty_or_a_bare_selector_is_refused(tmp_path: Path, selector: str, value: Any) -> None:
    with pytest.raises(PolicyError, match=rf"policy\.yml.*rules\.0\.{selector}"):
        Policy.read(written(tmp_path, rule(**{selector: value})))


@pytest.mark.parametrize("selector", ["effects", "playbook", "approvers"])
def test_an_empty_list_that_would_match_nothing_is_refused(tmp_path: Path, selector: str) -> None:
    with pytest.raises(PolicyError, match=rf"rules\.0\.{selector}"):
        Policy.read(written(tmp_path, rule(**{selector: []})))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "Not Good"}, "id"),
        ({"then": "maybe"}, "then"),
        ({"efects": ["write"]}, "efects"),
        ({"effects": ["writes"]}, "effects"),
        ({"playbook": ["git"]}, "playbook"),
        ({"approvals": 0}, "approvals"),
        ({"approvals": 21}, "approvals"),
        ({"approvals": []}, "approvals"),
        ({"approvals": [{"from": []}]}, "approvals"),
        ({"approvals": [{"from": ["@dba"], "count": 0}]}, "approvals"),
        ({"approvals": [{"from": ["@dba"]}], "approvers": ["@oncall"]}, ""),
        ({"approvers": ["data-oncall"]}, "approvers"),
        ({"approvers": ["*"]}, "approvers"),
        ({"approvers": ["rota:"]}, "approvers"),
        ({"risk": ["extreme"]}, "risk"),
        ({"risk": []}, "risk"),
        ({"max_risk": "none"}, "max_risk"),
        ({"expires": "soon"}, "expires"),
        ({"expires": "0m"}, "expires"),
        ({"min_confidence": "sure"}, "min_confidence"),
        ({"max_targets": "few"}, "max_targets"),
        ({"limit": {"count": 0, "per": "1h"}}, "limit.count"),
        ({"limit": {"count": 1, "per": "hour"}}, "limit.per"),
        ({"limit": {"count": 1, "per": "0s"}}, "limit.per"),
    ],
)
def test_each_bad_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.read(written(tmp_path, rule(**changes)))
    assert "policy.yml" in str(refused.value)
    assert f"rules.0.{field}".rstrip(".") in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file: "),
        ("- a list", "the file: "),
        ("rules: []", "version: "),
        ("version: 2\nrules: []", "version: "),
        ("version: 1", "rules: "),
        ("version: 1\nrules: [", "is not YAML"),
    ],
)
def test_a_file_that_is_no_policy_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.read(written(tmp_path, text))
    assert "policy.yml" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: []\nversion: 1\nrule: []", "rule: no such key; did you mean 'rules'?"),
        ("{version: 1, rules: [{id: r, then: ask, efects: [write]}]}", "did you mean 'effects'?"),
        (
            "{version: 1, rules: [{id: r, then: ask, limit: {count: 1, per: 1h, zz: 1}}]}",
            "rules.0.limit.zz: no such key; remove it, or write one of: count, per",
        ),
        (
            "{version: 1, rules: [{id: r, then: ask, approvals: [{form: ['@a']}]}]}",
            "rules.0.approvals.0.form: no such key; did you mean 'from'?",
        ),
        (
            "{version: 1, rules: [], autonomy: {defualt: manual}}",
            "autonomy.defualt: no such key; did you mean 'default'?",
        ),
        (
            "{version: 1, rules: [], escalate_when: {failed_fix: 1}}",
            "escalate_when.failed_fix: no such key; did you mean 'failed_fixes'?",
        ),
        (
            "{version: 1, rules: [], freezes: [{id: w, form: x}]}",
            "freezes.0.form: no such key; did you mean 'from'?",
        ),
        ("{version: 1, rules: [{id: r}]}", "rules.0.then: it is missing; add it"),
        (
            "{version: 1, rules: [], autonomy: {services: {etl: auto}}}",
            "autonomy.services.etl: Input should be 'manual', 'assisted', 'semi-autonomous' or",
        ),
        (
            "{version: 1, rules: [], freezes: [{id: w}]}",
            "freezes.0: write 'weekly' and 'zone', or 'from' and 'until'",
        ),
        (
            "{version: 1, rules: [],"
            " freezes: [&w {id: w, weekly: Fri 18:00 - Sat 06:00, zone: UTC}, *w]}",
            "freeze id 'w' is used twice; rename one of them",
        ),
        ("{version: 1, rules: [], high_risk_approvals: 0}", "high_risk_approvals: Input should be"),
    ],
)
def test_each_mistake_names_file_and_field_and_what_to_do(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.read(written(tmp_path, text))
    assert "policy.yml" in str(refused.value)
    assert words in str(refused.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.read(written(tmp_path, "{version: 1, rules: [{id: r, then: x}, {id: s, then: y}]}"))
    assert [line.count("policy.yml") for line in str(refused.value).splitlines()] == [1, 1]


def test_one_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nowhere\.yml"):
        Policy.read(tmp_path / "nowhere.yml")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match=r"binary\.yml"):
        Policy.read(tmp_path / "binary.yml")


def test_an_id_used_twice_is_named(tmp_path: Path) -> None:
    twice: dict[str, Any] = {
        "version": 1,
        "rules": [{"id": "r", "then": "ask"}, {"id": "r", "then": "deny"}],
    }
    with pytest.raises(PolicyError, match="'r' is used twice"):
        Policy.read(written(tmp_path, yaml.safe_dump(twice)))
    more = {**twice, "rules": [*twice["rules"], {"id": "a", "then": "ask"}] * 2}
    with pytest.raises(PolicyError, match="rule id 'a' is used twice"):
        Policy.read(written(tmp_path, yaml.safe_dump(more)))


@pytest.mark.parametrize("selector", ["tools", "services", "environments"])
def test_a_selector_that_says_null_is_as_one_left_out(tmp_path: Path, selector: str) -> None:
    [read] = Policy.read(written(tmp_path, rule(**{selector: None}))).rules
    assert getattr(read, selector) is None


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("15m", 900), ("2h", 7200), ("1d", 86400)]
)
def test_durations_are_in_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "1.5h", "5 m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


def test_its_version_follows_its_text(tmp_path: Path) -> None:
    first = Policy.read(written(tmp_path, rule()))
    assert first.revision == hashlib.sha256(rule().encode()).hexdigest()[:8]
    assert Policy.read(written(tmp_path, rule(reason="other"))).revision != first.revision


def test_a_version_that_the_file_claims_for_itself_counts_for_nothing(tmp_path: Path) -> None:
    text = rule() + "revision: '00000000'\n"
    assert (
        Policy.read(written(tmp_path, text)).revision
        == hashlib.sha256(text.encode()).hexdigest()[:8]
    )


def test_one_that_always_asks_says_so_in_its_version(tmp_path: Path) -> None:
    policy = Policy.read(written(tmp_path, rule()))
    assert policy.asking_always().revision == f"{policy.revision}+asks"
