"""What was changed at the sample company, as its people and pipelines annotate it."""

from __future__ import annotations

import itertools
import time
from bisect import insort
from dataclasses import dataclass

HOUR = 3600.0
PAST: tuple[tuple[float, str, str, tuple[str, ...]], ...] = (
    (74.0, "dba", "source-db: index orders_by_region built", ("service:source-db",)),
    (53.5, "ci", "orders-api v2.3.9 → v2.4.0", ("deploy", "service:orders-api")),
    (47.2, "ci", "etl image 2026.46.3 → 2026.47.1", ("deploy", "service:etl")),
    (29.8, "maya", "feature-store: cache_mb 512 → 768", ("config", "service:feature-store")),
    (26.1, "ci", "checkout v5.11.2 → v5.12.0", ("deploy", "service:checkout")),
    (5.4, "ci", "churn-scoring v1.18.0 → v1.18.1", ("deploy", "service:churn-scoring")),
    (1.6, "ci", "checkout v5.12.0 → v5.13.0", ("deploy", "service:checkout")),
)
"""Hours ago, who, what and its tags: the ordinary work of some days."""


@dataclass(frozen=True)
class Annotation:
    """One change; `at` in seconds since the epoch."""

    id: int
    at: float
    text: str
    tags: tuple[str, ...]
    login: str


class ChangeFeed:
    """All changes, oldest first; what is changed through Airflow appears here by itself."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.annotations: list[Annotation] = []
        for hours, login, text, tags in PAST:
            self.add(text, tags, login, at=time.time() - hours * HOUR)

    def add(
        self, text: str, tags: tuple[str, ...], login: str, *, at: float | None = None
    ) -> Annotation:
        """Annotate a change; `at` in seconds since the epoch, now if none."""
        moment = time.time() if at is None else at
        made = Annotation(next(self._numbers), moment, text, tags, login)
        insort(self.annotations, made, key=lambda one: one.at)
        return made

    def parameter(
        self, job: str, service: str, name: str, before: str, after: str, by: str
    ) -> None:
        """A parameter of a job has another value now."""
        tags = ("config", f"service:{service}", f"job:{job}")
        self.add(f"{job}: {name} {before} → {after}", tags, by)
