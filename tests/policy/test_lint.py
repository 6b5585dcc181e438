"""What a policy file says in vain is found; what it may well mean is let be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.files import bundled_policy
from bot.policy.inventory import Inventory
from bot.policy.lint import lint
from bot.policy.rules import Policy
from tests.fakes.tools import CreateTicket, Look, PaintLamp, UpdateTicket, World
from tools.kit.catalog import Catalog

WORLD = World()
TOOLS = Catalog([Look(WORLD), PaintLamp(WORLD), CreateTicket(WORLD), UpdateTicket(WORLD)])
"""`paint` is a reversible write, the tickets are records."""
INVENTORY = Inventory.model_validate(
    {
        "services": {
            "lamps": {"environment": "production", "instances": ["hall"]},
            "bells": {"environment": "staging"},
            "doors": {"environment": "production"},
        }
    }
)
REST: dict[str, Any] = {"id": "rest", "then": "ask"}


def found(*rules: dict[str, Any], approvers: tuple[str, ...] = ("U1",), **more: Any) -> list[str]:
    given = [{"then": "ask", **rule} for rule in rules]
    policy = Policy.model_validate({"version": 1, "rules": given, **more})
    return list(lint(policy, TOOLS, INVENTORY, approvers))


def test_the_shipped_policy_says_nothing_in_vain() -> None:
    assert lint(Policy.read(bundled_policy()), TOOLS, INVENTORY, ("U1",)) == ()


@pytest.mark.parametrize(
    ("rules", "before"),
    [
        ([REST, {"id": "late"}], "'rest'"),
        ([{"id": "w", "effects": ["write"]}, {"id": "late", "tools": ["paint"]}, REST], "'w'"),
        (
            [
                {"id": "w", "effects": ["write"]},
                {"id": "d", "effects": ["destructive"]},
                {"id": "late", "effects": ["write", "destructive"]},
                REST,
            ],
            "'w', 'd'",
        ),
        (
            [
                {"id": "few", "max_targets": 3},
                {"id": "late", "max_targets": 2, "services": ["lamps"]},
                REST,
            ],
            "'few'",
        ),
        (
            [
                {"id": "both", "services": ["lamps", "doors"]},
                {"id": "late", "services": ["doors"]},
                REST,
            ],
            "'both'",
        ),
        (
            [
                {"id": "no", "then": "deny", "services": ["lamps"]},
                {"id": "late", "services": ["lamps"]},
                REST,
            ],
            "'no'",
        ),
        ([{"id": "sure", "min_confidence": "low"}, {"id": "late"}], "'sure'"),
        (
            [
                {"id": "small", "max_risk": "low"},
                {"id": "large", "risk": ["medium", "high"]},
                {"id": "late"},
            ],
            "'small', 'large'",
        ),
    ],
)
def test_a_rule_behind_others_that_take_all_it_is_for_can_never_match(
    rules: list[dict[str, Any]], before: str
) -> None:
    words = f"rule 'late' can never match: what it is for is decided before by {before}"
    assert words in found(*rules)


@pytest.mark.parametrize(
    "conditions",
    [
        {"tools": ["paint"], "effects": ["destructive"]},
        {"effects": ["record"], "playbook": ["pinned"]},
        {"effects": ["destructive"], "max_risk": "low"},
        {"risk": ["high"], "max_risk": "medium"},
        {"max_targets": 0},
        {"services": ["lamps"], "environments": ["staging"]},
        {"effects": ["record"], "services": ["lamps"]},
    ],
    ids=str,
)
def test_conditions_that_no_step_can_meet_at_once_are_found(conditions: dict[str, Any]) -> None:
    words = "rule 'odd' can never match: no step can meet all of its conditions at once"
    assert words in found({"id": "odd", **conditions}, REST)


@pytest.mark.parametrize(
    "rules",
    [
        [{"id": "one", "max_targets": 1}, {"id": "late"}],
        [{"id": "pinned", "playbook": ["pinned"]}, {"id": "late"}],
        [{"id": "partial", "playbook": ["pinned", "unpinned", "none"]}, {"id": "late"}],
        [{"id": "sure", "min_confidence": "medium"}, {"id": "late"}],
        [{"id": "paint", "tools": ["paint"]}, {"id": "late", "effects": ["write"]}, REST],
        [{"id": "tickets", "tools": ["glob:*_ticket"]}, {"id": "late"}],
        # An allow or ask covers all that is touched: several services are left to the next rule.
        [
            {"id": "l", "services": ["lamps"]},
            {"id": "d", "services": ["doors"]},
            {"id": "late", "services": ["lamps", "doors"]},
            REST,
        ],
        [
            {"id": "ld", "services": ["lamps", "doors"]},
            {"id": "db", "services": ["doors", "bells"]},
            {"id": "lb", "services": ["lamps", "bells"]},
            {"id": "late", "services": ["lamps", "doors", "bells"]},
            REST,
        ],
        [
            {"id": "ask", "services": ["lamps"]},
            {"id": "late", "then": "deny", "services": ["lamps"]},
            REST,
        ],
        [{"id": "low", "max_risk": "low"}, {"id": "late", "tools": ["paint"]}, REST],
        [{"id": "high", "risk": ["high"]}, {"id": "late", "effects": ["write"]}, REST],
    ],
)
def test_a_rule_that_is_left_something_is_let_be(rules: list[dict[str, Any]]) -> None:
    assert found(*rules) == []


def test_a_tool_that_no_rule_covers_is_named() -> None:
    assert found({"id": "books", "tools": ["create_ticket"]}) == [
        "no rule covers the tool 'paint': it is always denied",
        "no rule covers the tool 'update_ticket': it is always denied",
    ]


def test_names_that_nobody_has_are_found() -> None:
    freeze = {"id": "sale", "weekly": "Fri 18:00 – Mon 06:00", "zone": "UTC", "services": ["shop"]}
    problems = found(
        {"id": "typo", "tools": ["pant", "glob:stop_*", "paint"]},
        {"id": "lost", "tools": ["pant"]},
        {"id": "part", "services": ["hall"], "environments": ["prod"]},
        REST,
        freezes=[freeze],
        autonomy={"services": {"gates": "manual", "lamps": "autonomous"}},
    )
    there = "there are: paint, create_ticket, update_ticket"
    assert set(problems) == {
        f"rule 'typo': no such tool: 'pant'; {there}",
        f"rule 'typo': glob matches no tool: 'glob:stop_*'; {there}",
        f"rule 'lost': no such tool: 'pant'; {there}",
        "rule 'part': the inventory has no service 'hall'; it is part of 'lamps'",
        "freeze 'sale': the inventory has no service 'shop'",
        "autonomy: the inventory has no service 'gates'",
        "rule 'part': the inventory has no environment 'prod'; there are: production, staging",
    }


def test_without_an_inventory_no_service_is_unknown() -> None:
    policy = Policy.model_validate(
        {"version": 1, "rules": [{"id": "x", "services": ["shop"], "then": "ask"}, REST]}
    )
    assert lint(policy, TOOLS, None, ("U1",)) == ()


@pytest.mark.parametrize(
    ("rule", "asks_nobody"),
    [
        ({}, True),
        ({"then": "allow"}, True),
        ({"approvals": [{"from": ["@dba"]}, {"from": ["approvers"]}]}, True),
        ({"approvers": ["@dba"]}, False),
        ({"approvers": ["approvers", "@dba"]}, False),
        ({"then": "deny"}, False),
        ({"then": "allow", "effects": ["record"]}, False),
    ],
)
def test_a_question_that_nobody_may_answer_is_found(
    rule: dict[str, Any], asks_nobody: bool
) -> None:
    words = "rule 'r': nobody may approve it: OPSBOT_APPROVERS names no one"
    assert (words in found({"id": "r", **rule}, approvers=())) is asks_nobody
    assert words not in found({"id": "r", **rule})
