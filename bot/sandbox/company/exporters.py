"""What the sample company measures of its processes: now, by asking them, and how it was before."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from bot.sandbox.company.instance import Instance
from bot.sandbox.company.processes.feature_store import BUCKETS, traffic
from bot.sandbox.company.processes.replica import lag_at
from bot.sandbox.company.series_store import SeriesStore

HISTORY_STEP = 15.0

Reading = tuple[str, dict[str, str], float]
"""A metric's name, the labels it has beyond those of its instance, its value."""


class Exporter(Protocol):
    """Puts its series into the store: the present whenever it is asked, the past on demand."""

    def rewrite_history(self, start: float, end: float) -> None: ...

    async def scrape(self) -> None: ...


class InstanceExporter(ABC):
    """`up` and the processor time of one process, and what its service measures besides.

    A process that does not answer is down: that, too, is a sample. The past follows the same
    formulas as the process itself, so the two meet where the process began.
    """

    question: ClassVar[dict[str, str]]
    metadata: ClassVar[dict[str, tuple[str, str]]]

    def __init__(self, store: SeriesStore, instance: Instance) -> None:
        self._store = store
        self._instance = instance
        self.trouble_since: float | None = None
        """When the process began to stall or degrade, seconds since the epoch; None while well."""
        self._labels = {
            "instance": instance.name,
            "service": instance.service,
            "environment": "production",
            "job": instance.service,
        }
        store.metadata.update(self.metadata)
        store.metadata["up"] = ("gauge", "Whether the last scrape of the target succeeded.")
        store.metadata["process_cpu_seconds_total"] = ("counter", "Processor time in seconds.")

    @abstractmethod
    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        """The readings of a moment gone by, with the trouble it had by then."""

    @abstractmethod
    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        """The readings in the process's own answer; None where it gave none."""

    def rewrite_history(self, start: float, end: float) -> None:
        held: dict[tuple[str, ...], tuple[Reading, list[tuple[float, float]]]] = {}
        # Counted back from the end, so that no older sample is left just before it.
        for number in range(int((end - start) / HISTORY_STEP), -1, -1):
            at = end - number * HISTORY_STEP
            since = self.trouble_since
            if since is not None and since > at:
                since = None
            for reading in [("up", {}, 1.0), *self.past(at, since)]:
                key = (reading[0], *reading[1].values())
                held.setdefault(key, (reading, []))[1].append((at, reading[2]))
        for (name, more, _), samples in held.values():
            self._store.series(name, {**self._labels, **more}).rewrite(samples)

    async def scrape(self) -> None:
        answer: dict[str, Any] | None
        try:
            answer = await self._instance.ask(self.question)
        except (OSError, TimeoutError):
            answer = None
        self._put([("up", {}, 0.0 if answer is None else 1.0)])
        self._put(self.present(answer))
        self._put(_processor_time(self._instance.pid))

    def _put(self, readings: Iterable[Reading]) -> None:
        for name, more, value in readings:
            self._store.put(name, {**self._labels, **more}, value)


class DatabaseExporter(InstanceExporter):
    """Replication lag and connections of one replica."""

    question: ClassVar = {"op": "lag"}
    metadata: ClassVar = {
        "db_replica_lag_seconds": ("gauge", "Age of the last change that was applied."),
        "db_replica_up": ("gauge", "Whether the replica accepts connections."),
        "db_connections": ("gauge", "Open client connections."),
    }

    def __init__(self, store: SeriesStore, instance: Instance, config: dict[str, Any]) -> None:
        super().__init__(store, instance)
        self._config = config

    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        yield "db_replica_up", {}, 1.0
        yield "db_connections", {}, 1.0
        yield "db_replica_lag_seconds", {}, lag_at(self._config, at, trouble_since)

    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        yield "db_replica_up", {}, 0.0 if answer is None else 1.0
        if answer is not None:
            yield "db_connections", {}, float(answer["connections"])
            yield "db_replica_lag_seconds", {}, float(answer["lag_seconds"])


class FeatureStoreExporter(InstanceExporter):
    """Requests by status code, and how long they took."""

    question: ClassVar = {"op": "stats"}
    metadata: ClassVar = {
        "http_requests_total": ("counter", "Requests by status code."),
        "http_request_duration_seconds": ("histogram", "How long requests took."),
    }

    def __init__(self, store: SeriesStore, instance: Instance, since: float) -> None:
        super().__init__(store, instance)
        self._since = since

    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        return self.present(traffic(self._since, at, trouble_since))

    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        if answer is None:
            return
        for code in ("200", "404", "503"):
            yield "http_requests_total", {"code": code}, float(answer.get(code, 0.0))
        duration = "http_request_duration_seconds"
        for edge, count in zip(BUCKETS, answer["buckets"], strict=True):
            yield f"{duration}_bucket", {"le": repr(edge)}, float(count)
        yield f"{duration}_bucket", {"le": "+Inf"}, float(answer["count"])
        yield f"{duration}_sum", {}, float(answer["seconds"])
        yield f"{duration}_count", {}, float(answer["count"])


def _processor_time(pid: int) -> Iterable[Reading]:
    """Read where the system tells (Linux); elsewhere there is no such series."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return
    ticks = int(fields[11]) + int(fields[12])
    yield "process_cpu_seconds_total", {}, ticks / os.sysconf("SC_CLK_TCK")
