"""What is declared can be configured, connected and loaded."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from tools.integrations import INTEGRATIONS
from tools.kit.catalog import Catalog
from tools.kit.integration import AnyIntegration

SETTINGS: dict[str, dict[str, object]] = {
    "elasticsearch": {},
    "prometheus": {},
    "grafana": {},
    "jaeger": {},
    "airflow": {"token": SecretStr("t")},
    "jira": {"email": "a@acme.example", "token": SecretStr("t"), "project": "DATA"},
    "alertmanager": {},
    "pagerduty": {"token": SecretStr("t")},
    "opsgenie": {"api_key": SecretStr("t")},
}


def _connect(integration: AnyIntegration, url: str) -> object:
    return integration.connect(integration.settings(url=url, **SETTINGS[integration.name]))


def test_all_tools_load_into_one_catalogue_with_one_vendor_for_each() -> None:
    tools = {
        tool.name: tool
        for integration in INTEGRATIONS
        for tool in integration.tools(_connect(integration, "http://acme.example"))
    }
    assert {tool.name for tool in Catalog(tools.values())} == {
        "query_logs",
        "query_metrics",
        "query_changes",
        "query_traces",
        "set_job_parameters",
        "rerun_job",
        "create_ticket",
        "update_ticket",
        "get_oncall",
    }


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda each: each.name)
def test_each_setting_says_what_it_is(integration: AnyIntegration) -> None:
    fields = integration.settings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda each: each.name)
def test_a_credential_stays_out_of_what_is_printed(integration: AnyIntegration) -> None:
    for name, field in integration.settings.model_fields.items():
        if name in ("password", "token", "api_key"):
            assert "SecretStr" in str(field.annotation)


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda each: each.name)
def test_an_address_that_can_not_work_is_refused_at_the_start(
    integration: AnyIntegration,
) -> None:
    with pytest.raises(ValueError, match=f"{integration.name}: url"):
        _connect(integration, "acme.example")
