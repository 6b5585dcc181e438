"""Every vendor that can be configured, one line each."""

from __future__ import annotations

from tools.alerts.alertmanager import ALERTMANAGER
from tools.changes.grafana import GRAFANA
from tools.jobs.airflow import AIRFLOW
from tools.kit.integration import AnyIntegration
from tools.logs.elasticsearch import ELASTICSEARCH
from tools.metrics.prometheus import PROMETHEUS
from tools.oncall.opsgenie import OPSGENIE
from tools.oncall.pagerduty import PAGERDUTY
from tools.tickets.jira import JIRA
from tools.traces.jaeger import JAEGER

INTEGRATIONS: tuple[AnyIntegration, ...] = (
    ELASTICSEARCH,
    PROMETHEUS,
    GRAFANA,
    JAEGER,
    AIRFLOW,
    JIRA,
    ALERTMANAGER,
    PAGERDUTY,
    OPSGENIE,
)
