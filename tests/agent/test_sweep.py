"""What is looked at beside and without a runbook."""

from __future__ import annotations

from bot.agent.fieldwork import Look
from bot.agent.sweep import always_looks, sweep_finding, sweep_looks
from bot.policy.inventory import Inventory
from tests.fakes.story import alert
from tools.changes.tools import QueryChangesParams
from tools.kit.types import Evidence
from tools.traces.tools import QueryTracesParams

SHOP = Inventory.model_validate(
    {
        "services": {
            "shop": {"environment": "production", "depends_on": ["api"]},
            "api": {"environment": "production", "depends_on": ["db"]},
            "db": {"environment": "production"},
            "export": {"environment": "production", "depends_on": ["db"]},
        }
    }
)


def test_changes_around_the_service_are_part_of_every_investigation() -> None:
    (look,) = (each for each in always_looks(alert(service="db"), SHOP) if "changes" in each.id)
    params = QueryChangesParams.model_validate(look.params)
    assert look.tool == "query_changes"
    assert params.services == ("db", "api", "export")
    assert params.minutes == 120


def test_a_service_with_many_around_it_asks_for_no_more_than_the_tool_takes() -> None:
    crowd = {f"s{n}": {"environment": "production", "depends_on": ["db"]} for n in range(40)}
    many = Inventory.model_validate({"services": {"db": {"environment": "production"}, **crowd}})
    (look,) = (each for each in always_looks(alert(service="db"), many) if "changes" in each.id)
    assert QueryChangesParams.model_validate(look.params).services[0] == "db"


def test_an_alert_without_a_service_asks_for_no_ones_changes_or_traces() -> None:
    nameless = alert(service="")
    tools = {each.tool for each in always_looks(nameless, SHOP)}
    tools |= {each.tool for each in sweep_looks(nameless, SHOP, traces=True)}
    assert not tools & {"query_changes", "query_traces"}


def test_traces_are_looked_at_where_any_are_kept() -> None:
    (look,) = (
        each
        for each in sweep_looks(alert(service="api"), SHOP, traces=True)
        if each.tool == "query_traces"
    )
    assert QueryTracesParams.model_validate(look.params).service == "api"
    tools = {each.tool for each in sweep_looks(alert(service="api"), SHOP, traces=False)}
    assert "query_traces" not in tools


def test_what_stands_out_is_the_first_error_or_the_metric_that_left_its_range() -> None:
    look = Look(id="s", title="Of db", tool="query_logs", params={})
    found = Evidence(tool="query_logs", query="q", summary="40 lines")
    logs = found.model_copy(update={"values": {"first_error": "disk full"}})
    metrics = found.model_copy(update={"values": {"anomaly": "lag usually 9 s, 2 min (×13)"}})
    calm = found.model_copy(update={"values": {"anomaly": None}})
    assert sweep_finding(look, logs) == "Of db: disk full"
    assert sweep_finding(look, metrics) == "Of db: lag usually 9 s, 2 min (×13)"
    assert sweep_finding(look, calm) == "Of db: 40 lines"
