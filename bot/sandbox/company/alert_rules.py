"""The alerts that the sample company's Prometheus raises by itself, from what it measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from bot.sandbox.company.alertmanager import Alertmanager
from bot.sandbox.company.promql import evaluate
from bot.sandbox.company.series_store import SeriesStore

EVERY_SECONDS = 0.5
CLEAR_SECONDS = 3.0
"""How long a rule must not hold before its alert ends, so that none flaps."""


@dataclass(frozen=True)
class Rule:
    """Fires once its expression has given a series for `for_seconds`."""

    name: str
    service: str
    severity: str
    expression: str
    for_seconds: float
    summary: str
    description: str

    @property
    def labels(self) -> dict[str, str]:
        return {
            "alertname": self.name,
            "service": self.service,
            "environment": "production",
            "severity": self.severity,
        }


class AlertRules:
    """Evaluates every rule twice a second; what it fires, it also resolves."""

    def __init__(
        self, store: SeriesStore, alerts: Alertmanager, prometheus_url: Callable[[], str]
    ) -> None:
        self._store = store
        self._alerts = alerts
        self._prometheus_url = prometheus_url
        self._held_since: dict[str, float] = {}
        self._quiet_since: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, rules: Sequence[Rule]) -> None:
        self._task = asyncio.create_task(self._run(rules))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, rules: Sequence[Rule]) -> None:
        while True:
            for rule in rules:
                self._judge(rule, time.time())
            await asyncio.sleep(EVERY_SECONDS)

    def _judge(self, rule: Rule, now: float) -> None:
        if evaluate(self._store, rule.expression, now):
            self._quiet_since.pop(rule.name, None)
            if now - self._held_since.setdefault(rule.name, now) >= rule.for_seconds:
                texts = {"summary": rule.summary, "description": rule.description}
                self._alerts.fire(rule.labels, texts, self._page(rule))
            return
        if now - self._quiet_since.setdefault(rule.name, now) >= CLEAR_SECONDS:
            self._held_since.pop(rule.name, None)
            self._alerts.resolve(rule.labels)

    def _page(self, rule: Rule) -> str:
        expression = quote(rule.expression, safe="")
        return f"{self._prometheus_url()}/graph?g0.expr={expression}&g0.tab=1"
