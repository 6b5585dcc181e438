"""The sample company in one piece: its processes, its systems, their APIs, and what befalls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.sandbox.company import orders
from bot.sandbox.company.airflow import AirflowApi
from bot.sandbox.company.alert_rules import AlertRules
from bot.sandbox.company.alertmanager import Alertmanager
from bot.sandbox.company.change_feed import ChangeFeed
from bot.sandbox.company.effects import Effects
from bot.sandbox.company.elasticsearch import ElasticsearchApi
from bot.sandbox.company.endpoint import Endpoint, Failure
from bot.sandbox.company.exporters import DatabaseExporter, FeatureStoreExporter, InstanceExporter
from bot.sandbox.company.grafana import GrafanaApi
from bot.sandbox.company.instance import Instance
from bot.sandbox.company.jaeger import JaegerApi
from bot.sandbox.company.jira import JiraApi
from bot.sandbox.company.job import Job, Run
from bot.sandbox.company.job_exporter import JobExporter
from bot.sandbox.company.log_store import LogStore
from bot.sandbox.company.model_registry import publish
from bot.sandbox.company.prometheus import PrometheusApi
from bot.sandbox.company.scenarios import cascade, churn, etl
from bot.sandbox.company.scheduler import Scheduler
from bot.sandbox.company.scraper import HISTORY_SECONDS, AnyExporter, Scraper
from bot.sandbox.company.series_store import SeriesStore
from bot.sandbox.company.trace_store import TraceStore
from bot.sandbox.company.tracker import Tracker
from bot.sandbox.company.warehouse import Warehouse

REPLICAS = {"replica-1": {"lag_seconds": 240.0}, "replica-2": {"lag_seconds": 3.0}}
MODEL = "churn-v7"


class Company:
    """Acme: well until a scenario breaks it, and mended only by what its own APIs are told.

    Nothing outlives `stop`, nor a kill of the process that started it. In `data` stay the effects
    log, the tables and the model artifacts; all else is in memory, with new credentials each time.
    """

    def __init__(self, data: Path) -> None:
        for folder in ("tables", "artifacts"):
            (data / folder).mkdir(parents=True, exist_ok=True)
        publish(data / "artifacts", MODEL)
        self._data = data
        self.logs = LogStore()
        self.series = SeriesStore()
        self.traces = TraceStore()
        self.changes = ChangeFeed()
        self.tracker = Tracker()
        self.warehouse = Warehouse(data / "tables")
        self.alerts = Alertmanager()
        self.instances: dict[str, Instance] = {}
        self.exporters: dict[str, InstanceExporter] = {}
        self.scheduler = Scheduler(
            data, self.logs, self.traces, self._addresses, self._job_finished
        )
        self._scraper = Scraper()
        self._effects = Effects(data / "effects.jsonl")
        self._elasticsearch = ElasticsearchApi(self.logs)
        self._prometheus = PrometheusApi(self.series)
        self._grafana = GrafanaApi(self.changes)
        self._jaeger = JaegerApi(self.traces)
        self._airflow = AirflowApi(self.scheduler, self._effects, self.changes)
        self._jira = JiraApi(self.tracker)
        self.endpoints = {
            "elasticsearch": Endpoint(self._elasticsearch.app),
            "prometheus": Endpoint(self._prometheus.app),
            "grafana": Endpoint(self._grafana.app),
            "jaeger": Endpoint(self._jaeger.app),
            "airflow": Endpoint(self._airflow.app),
            "jira": Endpoint(self._jira.app),
        }
        self.rules = AlertRules(self.series, self.alerts, lambda: self.endpoints["prometheus"].url)
        self._orders_started: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start every process and API; call it from the event loop of the process's main thread."""
        await asyncio.gather(
            *(self._start_replica(name) for name in REPLICAS),
            self._start_feature_store(),
            *(endpoint.start() for endpoint in self.endpoints.values()),
        )
        self._scraper.add(JobExporter(self.series, self.scheduler))
        self.alerts.start()
        self._scraper.start()

    async def stop(self) -> None:
        """End all of it; safe to call twice, and after a start that failed."""
        if self._orders_started is not None:
            await asyncio.gather(self._orders_started, return_exceptions=True)
        await self.rules.stop()
        await self.alerts.stop()
        await self._scraper.stop()
        await self.scheduler.stop()
        self.warehouse.unlock_all()
        await asyncio.gather(
            *(instance.end() for instance in self.instances.values()),
            *(endpoint.stop() for endpoint in self.endpoints.values()),
        )

    def environment(self) -> dict[str, str]:
        """The settings with which opsbot finds this company."""
        return {
            "OPSBOT_ELASTICSEARCH_URL": self.endpoints["elasticsearch"].url,
            "OPSBOT_ELASTICSEARCH_API_KEY": self._elasticsearch.api_key,
            "OPSBOT_ELASTICSEARCH_INDEX": "logs-*",
            "OPSBOT_PROMETHEUS_URL": self.endpoints["prometheus"].url,
            "OPSBOT_PROMETHEUS_TOKEN": self._prometheus.token,
            "OPSBOT_GRAFANA_URL": self.endpoints["grafana"].url,
            "OPSBOT_GRAFANA_TOKEN": self._grafana.token,
            "OPSBOT_JAEGER_URL": self.endpoints["jaeger"].url,
            "OPSBOT_JAEGER_TOKEN": self._jaeger.token,
            "OPSBOT_AIRFLOW_URL": self.endpoints["airflow"].url,
            "OPSBOT_AIRFLOW_USERNAME": self._airflow.username,
            "OPSBOT_AIRFLOW_PASSWORD": self._airflow.password,
            "OPSBOT_JIRA_URL": self.endpoints["jira"].url,
            "OPSBOT_JIRA_EMAIL": self._jira.email,
            "OPSBOT_JIRA_TOKEN": self._jira.token,
            "OPSBOT_JIRA_PROJECT": "DATA",
        }

    @property
    def effects(self) -> list[dict[str, Any]]:
        """Every change of job or configuration that came through an API in this run."""
        return list(self._effects.seen)

    @property
    def tickets(self) -> list[dict[str, str]]:
        """All tickets opened so far, the oldest first."""
        return [
            {
                "key": issue.key,
                "status": issue.status,
                "summary": issue.summary,
                "project": issue.project,
            }
            for issue in self.tracker.issues
        ]

    def alert_to(self, url: str, token: str) -> None:
        """Send alerts to this address with this bearer token, those firing now at once."""
        self.alerts.send_to(url, token)

    def repeat_alerts(self) -> None:
        """Send what is firing once more."""
        self.alerts.repeat()

    async def fail(self, system: str, mode: Failure | None) -> None:
        """Make one of `endpoints`, such as `elasticsearch`, fail; None heals it."""
        await self.endpoints[system].fail(mode)

    async def break_etl(self, *, fix_fails: bool = False) -> Run:
        """replica-2 stalls, the nightly revenue job fails on it, its alert fires."""
        return await etl.play(self, fix_fails=fix_fails)

    async def break_novel(self) -> Run:
        """The churn scoring job fails in a way that no runbook knows; its alert fires."""
        return await churn.play(self)

    async def break_wide(self) -> list[str]:
        """The export takes nearly all connections of orders-db; API and queue suffer with it.

        Returns the names of the three alerts once all of them fire, the first to fire first.
        """
        return await cascade.play(self)

    async def start_orders(self) -> None:
        """Start the order services, which play no part elsewhere; nothing where they run."""
        if self._orders_started is None:
            self._orders_started = asyncio.create_task(orders.start(self))
        await self._orders_started

    async def launch(
        self, name: str, service: str, script: str, config: dict[str, Any]
    ) -> Instance:
        """Start a server process, its log lines and spans collected."""
        instance = await Instance.start(
            name, service, script, config, self._collector(name, service)
        )
        self.instances[name] = instance
        return instance

    def watch(self, exporter: AnyExporter) -> AnyExporter:
        """Measure a process from now on, and write down how it was before."""
        return self._scraper.add(exporter)

    async def trouble(self, instance: str, operation: str, since: float) -> None:
        """Give an instance trouble that began then (seconds since the epoch), series included."""
        async with self._scraper.quiet:
            await self.instances[instance].tell({"op": operation, "since": since})
            exporter = self.exporters[instance]
            exporter.trouble_since = since
            exporter.rewrite_history(since, time.time())

    def _addresses(self) -> dict[str, int]:
        return {name: instance.port for name, instance in self.instances.items()}

    def _collector(self, name: str, service: str) -> Callable[[dict[str, Any]], None]:
        def store(said: dict[str, Any]) -> None:
            if said["event"] == "span":
                self.traces.add(service, name, said)
                return
            text, at = said["message"], said["at"]
            more = {"trace_id": said["trace_id"]} if "trace_id" in said else {}
            self.logs.append(service, said["level"], text, at=at, host=name, instance=name, **more)

        return store

    async def _start_replica(self, name: str) -> None:
        config = REPLICAS[name]
        instance = await self.launch(name, "source-db", "replica", config)
        self.exporters[name] = self.watch(DatabaseExporter(self.series, instance, config))

    async def _start_feature_store(self) -> None:
        name, service = "feature-store-1", "feature-store"
        since = time.time() - HISTORY_SECONDS
        config = {"artifacts": str(self._data / "artifacts"), "since": since}
        instance = await self.launch(name, service, "feature_store", config)
        self.exporters[name] = self.watch(FeatureStoreExporter(self.series, instance, since))

    def _job_finished(self, job: Job, run: Run) -> None:
        labels = {
            "alertname": job.alert_name,
            "job": job.id,
            "service": job.service,
            "environment": "production",
            "severity": "critical",
        }
        if run.exit_code == 0:
            self.alerts.resolve(labels)
            return
        texts = {"summary": job.alert_summary, "description": job.alert_description}
        expression = f"etl_job_last_exit_code%7Bjob%3D%22{job.id}%22%7D+%21%3D+0"
        generator = f"{self.endpoints['prometheus'].url}/graph?g0.expr={expression}&g0.tab=1"
        self.alerts.fire(labels, texts, generator)
