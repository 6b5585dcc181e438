"""What the sample company measures of its order services: now, and as it was before they began."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any, ClassVar

from bot.sandbox.company.exporters import InstanceExporter, Reading
from bot.sandbox.company.instance import Instance
from bot.sandbox.company.processes.orders_api import BUCKETS
from bot.sandbox.company.processes.orders_db import MAX_CONNECTIONS
from bot.sandbox.company.scraper import HISTORY_SECONDS
from bot.sandbox.company.series_store import SeriesStore

UNDER = (0.94, 0.99, 0.998, 1.0, 1.0, 1.0)
"""Of the requests of a usual day, how many are within each bucket."""
USUAL_SECONDS = 0.028
USUAL_READERS = 4


class OrdersDbExporter(InstanceExporter):
    """Connections, whose they are, and how many there may be."""

    question: ClassVar = {"op": "stats"}
    metadata: ClassVar = {
        "db_connections": ("gauge", "Open client connections."),
        "db_connections_max": ("gauge", "How many client connections there may be."),
        "db_connections_by_client": ("gauge", "Open connections by the client's name."),
        "db_connections_refused_total": ("counter", "Connections refused for want of a slot."),
    }

    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        api = 1 if math.sin(at / 61) > 0 else 0
        by_client = {"orders_export": USUAL_READERS, "orders-api": api}
        return self.present({"by_client": by_client, "max": MAX_CONNECTIONS, "refused": 0})

    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        if answer is None:
            return
        by_client: dict[str, int] = answer["by_client"]
        yield "db_connections", {}, float(sum(by_client.values()))
        yield "db_connections_max", {}, float(answer["max"])
        yield "db_connections_refused_total", {}, float(answer["refused"])
        for client, count in by_client.items():
            yield "db_connections_by_client", {"client": client}, float(count)


class RequestExporter(InstanceExporter):
    """Requests by status code, and how long they took; counted on from the usual traffic before."""

    question: ClassVar = {"op": "stats"}
    metadata: ClassVar = {
        "http_requests_total": ("counter", "Requests by status code."),
        "http_request_duration_seconds": ("histogram", "How long requests took."),
    }

    def __init__(self, store: SeriesStore, instance: Instance, a_second: float) -> None:
        """`a_second`: requests a second on a usual day."""
        super().__init__(store, instance)
        self._a_second = a_second
        self._since = time.time() - HISTORY_SECONDS
        self._before = self._usual(HISTORY_SECONDS)

    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        return _requests(self._usual(at - self._since))

    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        if answer is None:
            return ()
        before = self._before
        return _requests(
            {
                "codes": {
                    code: count + before["codes"].get(code, 0.0)
                    for code, count in answer["codes"].items()
                },
                "buckets": [
                    count + earlier
                    for count, earlier in zip(answer["buckets"], before["buckets"], strict=True)
                ],
                "seconds": answer["seconds"] + before["seconds"],
                "count": answer["count"] + before["count"],
            }
        )

    def _usual(self, seconds: float) -> dict[str, Any]:
        count = math.floor(max(0.0, seconds) * self._a_second)
        return {
            "codes": {"200": count, "503": 0},
            "buckets": [math.floor(count * share) for share in UNDER],
            "seconds": count * USUAL_SECONDS,
            "count": count,
        }


class OrdersQueueExporter(InstanceExporter):
    """How many orders wait, and how long the first of them has."""

    question: ClassVar = {"op": "stats"}
    metadata: ClassVar = {
        "queue_depth": ("gauge", "Orders that wait to be fulfilled."),
        "queue_oldest_age_seconds": ("gauge", "How long the first of them has waited."),
        "queue_published_total": ("counter", "Orders put into the queue."),
        "queue_consumed_total": ("counter", "Orders fulfilled."),
        "queue_failures_total": ("counter", "Tries that failed."),
    }

    def __init__(self, store: SeriesStore, instance: Instance, a_second: float) -> None:
        """`a_second`: orders a second on a usual day."""
        super().__init__(store, instance)
        self._a_second = a_second
        self._since = time.time() - HISTORY_SECONDS

    def past(self, at: float, trouble_since: float | None) -> Iterable[Reading]:
        count = math.floor(max(0.0, at - self._since) * self._a_second)
        return _queue({"depth": 0, "oldest": 0.0, "failed": 0}, count, count)

    def present(self, answer: dict[str, Any] | None) -> Iterable[Reading]:
        if answer is None:
            return ()
        before = math.floor(HISTORY_SECONDS * self._a_second)
        return _queue(answer, before + answer["published"], before + answer["consumed"])


def _requests(totals: dict[str, Any]) -> Iterable[Reading]:
    for code, count in totals["codes"].items():
        yield "http_requests_total", {"code": code}, float(count)
    duration = "http_request_duration_seconds"
    for edge, count in zip(BUCKETS, totals["buckets"], strict=True):
        yield f"{duration}_bucket", {"le": repr(edge)}, float(count)
    yield f"{duration}_bucket", {"le": "+Inf"}, float(totals["count"])
    yield f"{duration}_sum", {}, float(totals["seconds"])
    yield f"{duration}_count", {}, float(totals["count"])


def _queue(state: dict[str, Any], published: int, consumed: int) -> Iterable[Reading]:
    yield "queue_depth", {}, float(state["depth"])
    yield "queue_oldest_age_seconds", {}, float(state["oldest"])
    yield "queue_published_total", {}, float(published)
    yield "queue_consumed_total", {}, float(consumed)
    yield "queue_failures_total", {}, float(state["failed"])
