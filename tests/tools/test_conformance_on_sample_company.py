"""Every tool of ours, held to the conformance suite over the sample company's own APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.company import Company
from tools.changes.grafana import GRAFANA
from tools.changes.tools import QueryChanges, QueryChangesParams
from tools.integrations import INTEGRATIONS
from tools.jobs.airflow import AIRFLOW
from tools.jobs.rerun_job import RerunJob, RerunJobParams
from tools.jobs.set_job_parameters import SetJobParameters, SetJobParametersParams
from tools.kit.conformance import (
    ReadCase,
    WriteCase,
    check_read_tool,
    check_reversible_tool,
    check_write_tool,
)
from tools.kit.http import within
from tools.kit.integration import AnyIntegration, Backend
from tools.logs.elasticsearch import ELASTICSEARCH
from tools.logs.tools import QueryLogs, QueryLogsParams
from tools.metrics.prometheus import PROMETHEUS
from tools.metrics.tools import QueryMetrics, QueryMetricsParams
from tools.tickets.create_ticket import CreateTicket, CreateTicketParams
from tools.tickets.jira import JIRA, Jira, JiraSettings
from tools.tickets.update_ticket import UpdateTicket, UpdateTicketParams
from tools.traces.jaeger import JAEGER
from tools.traces.tools import QueryTraces, QueryTracesParams

JOB = "daily_revenue_aggregation"
KEPT = [each for each in INTEGRATIONS if each.capability not in ("alerts", "oncall")]
"""What the sample company has; rotas have fakes of their own, in test_oncall.py."""
LAG = 'db_replica_lag_seconds{instance="replica-2"}'


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    running = Company(tmp_path / "company")
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


def settings(company: Company, integration: AnyIntegration) -> dict[str, Any]:
    prefix = f"OPSBOT_{integration.name}_".upper()
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in company.environment().items()
        if name.startswith(prefix)
    }


def connecting(company: Company, integration: AnyIntegration) -> Callable[[str], Backend]:
    """Makes backends with the company's credentials, at whichever address."""
    given = settings(company, integration)

    def connect(url: str) -> Backend:
        backend: Backend = integration.connect(integration.settings(**{**given, "url": url}))
        return backend

    return connect


def url(company: Company, integration: AnyIntegration) -> str:
    return str(settings(company, integration)["url"])


async def effects(company: Company) -> int:
    return len(company.effects)


async def variables(company: Company) -> object:
    return {key: value for key, (value, _) in company.scheduler.variables.items()}


async def runs(company: Company) -> object:
    return sorted(run.run_id for run in company.scheduler.runs)


async def ticket_state(company: Company) -> object:
    return [
        (issue.key, issue.status, issue.summary, len(issue.comments))
        for issue in company.tracker.issues
    ]


async def ticket_writes(company: Company) -> int:
    """Issues and their comments."""
    issues = company.tracker.issues
    return len(issues) + sum(len(issue.comments) for issue in issues)


@pytest.mark.parametrize("integration", KEPT, ids=lambda each: each.name)
async def test_each_backend_says_what_answered(
    company: Company, integration: AnyIntegration
) -> None:
    backend = connecting(company, integration)(url(company, integration))
    said = await backend.check()
    await backend.close()
    assert url(company, integration) in said


async def test_query_logs(company: Company) -> None:
    await company.break_etl()
    await check_read_tool(
        ReadCase(
            connecting(company, ELASTICSEARCH),
            QueryLogs,
            url(company, ELASTICSEARCH),
            found=QueryLogsParams(service="etl", contains="connection timeout"),
            empty=QueryLogsParams(service="etl", contains="disk full"),
        )
    )


async def test_query_logs_finds_the_cause_of_the_night(company: Company) -> None:
    await company.break_etl()
    backend = connecting(company, ELASTICSEARCH)(url(company, ELASTICSEARCH))
    evidence = await QueryLogs(backend).run(  # type: ignore[arg-type]
        QueryLogsParams(service="etl", minutes=5), within(5)
    )
    await backend.close()
    assert "connection timeout to source DB replica-2" in evidence.values["first_error"]


async def test_query_metrics(company: Company) -> None:
    await company.break_etl()
    await check_read_tool(
        ReadCase(
            connecting(company, PROMETHEUS),
            QueryMetrics,
            url(company, PROMETHEUS),
            found=QueryMetricsParams(query=LAG, unit="seconds"),
            empty=QueryMetricsParams(query='up{job="nobody"}'),
        )
    )


async def test_query_changes(company: Company) -> None:
    company.changes.add("etl image 2026.47.2", ("deploy", "service:etl"), "ci")
    await check_read_tool(
        ReadCase(
            connecting(company, GRAFANA),
            QueryChanges,
            url(company, GRAFANA),
            found=QueryChangesParams(services=("etl", "source-db")),
            empty=QueryChangesParams(services=("nobody",)),
        )
    )


async def test_query_traces(company: Company) -> None:
    await company.break_etl()
    await check_read_tool(
        ReadCase(
            connecting(company, JAEGER),
            QueryTraces,
            url(company, JAEGER),
            found=QueryTracesParams(service="etl"),
            empty=QueryTracesParams(service="nobody"),
        )
    )


async def test_query_traces_finds_the_read_on_which_the_job_failed(company: Company) -> None:
    await company.break_etl()
    backend = connecting(company, JAEGER)(url(company, JAEGER))
    evidence = await QueryTraces(backend).run(  # type: ignore[arg-type]
        QueryTracesParams(service="etl", minutes=5), within(5)
    )
    await backend.close()
    assert evidence.values["origin"]["operation"] == "read orders from replica-2"
    assert evidence.values["origin"]["error"] == "connection timeout to source DB replica-2"


async def test_set_job_parameters(company: Company) -> None:
    case = WriteCase(
        connecting(company, AIRFLOW),
        SetJobParameters,
        url(company, AIRFLOW),
        SetJobParametersParams(job=JOB, parameters={"source": "replica-1", "attempts": "1"}),
        world=lambda: variables(company),
        effects=lambda: effects(company),
    )
    await check_reversible_tool(case)
    await check_write_tool(case)


async def test_rerun_job(company: Company) -> None:
    await check_write_tool(
        WriteCase(
            connecting(company, AIRFLOW),
            RerunJob,
            url(company, AIRFLOW),
            RerunJobParams(job=JOB),
            world=lambda: runs(company),
            effects=lambda: effects(company),
        )
    )


async def test_create_ticket(company: Company) -> None:
    await check_write_tool(
        WriteCase(
            connecting(company, JIRA),
            CreateTicket,
            url(company, JIRA),
            CreateTicketParams(summary="replica-2 lags", description="By 2.3 h.", labels=("db",)),
            world=lambda: ticket_state(company),
            effects=lambda: ticket_writes(company),
        )
    )


async def test_update_ticket(company: Company) -> None:
    backend = Jira(JiraSettings(**settings(company, JIRA)))
    opened = await CreateTicket(backend).execute(
        CreateTicketParams(summary="etl failed"), within(5)
    )
    await backend.close()
    await check_write_tool(
        WriteCase(
            connecting(company, JIRA),
            UpdateTicket,
            url(company, JIRA),
            UpdateTicketParams(key=opened.ref, comment="Resolved: switched", status="done"),
            world=lambda: ticket_state(company),
            effects=lambda: ticket_writes(company),
        )
    )
