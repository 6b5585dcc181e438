"""Which values of a step its runbook didn't write, and what the inventory makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bot.sandbox.company as sample
from bot.agent.remedy import runbook_plan
from bot.domain.values import Alert
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import Reasoning
from bot.knowledge.runbook import Head, Runbook
from bot.policy.inventory import Inventory
from tools.kit.types import Evidence

INVENTORY = Inventory.read(Path(sample.__file__).with_name("inventory.yml"))
INPUTS = {
    "job": "alert.labels.job",
    "replicas": ["replica-1", "replica-2"],
    "first": "replicas[0]",
    "limit": "duration('30m')",
}


def reasoning(params: dict[str, Any], alert: Alert, **seen: Any) -> Reasoning:
    """A runbook whose one check captures `found`, at work on what the check saw."""
    head = {
        "id": "r",
        "title": "R",
        "match": {"alerts": ["X"]},
        "inputs": INPUTS,
        "checks": [
            {
                "id": "look",
                "title": "Look",
                "tool": "query_metrics",
                "capture": {"found": "seen", "limit": "limits"},
                "expect": "true",
            }
        ],
        "causes": [{"id": "c", "cause": "c", "when": "look", "supported_by": ["look"]}],
        "steps": [{"tool": "rerun_job", "params": params}],
    }
    runbook = Runbook(**dict(Head.model_validate(head)), path=Path("r.md"), digest="0", release="1")
    values = {"seen": "replica-2", "limits": 5, **seen}
    evidence = Evidence(tool="query_metrics", query="q", summary="s", values=values)
    return Reasoning.start(runbook, alert).read(CheckResult(check_id="look", evidence=evidence))


@pytest.fixture
def fired(alert: Callable[..., Alert]) -> Alert:
    return alert("job failed", job="daily_revenue_aggregation", team="evil-host")


@pytest.mark.parametrize(
    ("params", "borrowed"),
    [
        ({"job": "daily_revenue_aggregation", "count": 3}, ()),
        ({"source": "${first}"}, ()),
        ({"source": "${replicas[1]}"}, ()),
        ({"source": "${'replica' + '-1'}"}, ()),
        ({"job": "${job}"}, ("daily_revenue_aggregation",)),
        ({"host": "${alert.labels.team}"}, ("evil-host",)),
        ({"source": "${found}"}, ("replica-2",)),
        ({"source": "on ${found} now"}, ("replica-2",)),
        ({"source": "${found + '-x'}"}, ("replica-2-x",)),
        ({"deep": {"list": ["a", "${found}"]}}, ("replica-2",)),
        ({"all": "${[found, job]}"}, ("replica-2", "daily_revenue_aggregation")),
        ({"limit": "${limit}"}, (5,)),
        ({"force": "${look}"}, (True,)),
    ],
)
def test_what_an_expression_takes_from_elsewhere_is_borrowed(
    params: dict[str, Any], borrowed: tuple[Any, ...], fired: Alert
) -> None:
    """`limit` is an input, and a capture of that name hides it; `look` is what a check said."""
    (step,) = reasoning(params, fired).steps()
    assert step.borrowed == borrowed


@pytest.mark.parametrize(
    ("params", "tainted"),
    [
        ({"source": "${first}"}, False),
        ({"job": "${job}", "source": "${found}"}, False),
        ({"all": "${[found, job]}"}, False),
        ({"host": "${alert.labels.team}"}, True),
        ({"source": "${found + '-x'}"}, True),
        ({"job": "${job}", "limit": "${limit}"}, True),
        ({"force": "${look}"}, True),
    ],
)
def test_borrowed_taints_a_step_unless_it_is_a_name_the_inventory_knows(
    params: dict[str, Any], tainted: bool, fired: Alert
) -> None:
    plan = runbook_plan(reasoning(params, fired), "runbook", INVENTORY)
    assert plan is not None
    assert plan.steps[0].tainted is tainted


@pytest.mark.parametrize("seen", ["; rm -rf /", "replica-9", ["replica-1", "replica-9"], 7])
def test_a_tool_that_tells_of_something_else_taints_the_step(seen: Any, fired: Alert) -> None:
    plan = runbook_plan(reasoning({"source": "${found}"}, fired, seen=seen), "runbook", INVENTORY)
    assert plan is not None
    assert plan.steps[0].tainted
