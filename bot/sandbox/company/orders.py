"""The sample company's order services: a database, an API, a queue, the checkout and an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.company.alert_rules import Rule
from bot.sandbox.company.instance import Instance
from bot.sandbox.company.job import Job
from bot.sandbox.company.orders_exporters import (
    OrdersDbExporter,
    OrdersQueueExporter,
    RequestExporter,
)
from bot.sandbox.company.processes.checkout import CUSTOMERS_A_SECOND

if TYPE_CHECKING:
    from bot.sandbox.company.company import Company

JOB = Job(
    id="orders_export",
    service="orders-export",
    script="export",
    task="export_batch",
    description="Copies new orders to the warehouse, one batch after the other.",
    owner="data",
    schedule="@continuous",
    parameters={"parallelism": "4"},
    alert_name="OrdersExportFailed",
    alert_summary="Export job 'orders_export' failed (exit code 1)",
    alert_description="The last batch of orders_export ended with exit code 1.",
    every_seconds=6.3,
)

LATENCY = (
    "histogram_quantile(0.95, sum by (le) "
    '(rate(http_request_duration_seconds_bucket{service="orders-api"}[10s])))'
)
# What customers feel is told first; a full database may empty again by itself.
RULES = (
    Rule(
        name="DatabaseConnectionsSaturated",
        service="orders-db",
        severity="critical",
        expression=(
            'db_connections{service="orders-db"} / db_connections_max{service="orders-db"} > 0.9'
        ),
        for_seconds=8.0,
        summary="orders-db has almost no connection left",
        description="Over 90% of the connections that orders-db allows are in use.",
    ),
    Rule(
        name="ApiLatencyHigh",
        service="orders-api",
        severity="critical",
        expression=f"{LATENCY} > 0.5",
        for_seconds=1.0,
        summary="orders-api answers slowly or not at all",
        description="The slowest 5% of the requests to orders-api take over half a second.",
    ),
    Rule(
        name="QueueBacklogGrowing",
        service="orders-queue",
        severity="warning",
        expression='queue_depth{service="orders-queue"} > 30',
        for_seconds=2.0,
        summary="orders-queue fills faster than it empties",
        description="More than 30 orders wait to be fulfilled; usually none does.",
    ),
)


async def start(company: Company) -> None:
    """Start the services in the order in which they need each other, then export and alerts."""
    ports: dict[str, int] = {}

    async def launch(name: str, service: str, script: str) -> Instance:
        config: dict[str, Any] = {"ports": dict(ports)}
        one = await company.launch(name, service, script, config)
        ports[name] = one.port
        return one

    series = company.series
    database = await launch("orders-db-1", "orders-db", "orders_db")
    api = await launch("orders-api-1", "orders-api", "orders_api")
    queue = await launch("orders-queue-1", "orders-queue", "orders_queue")
    checkout = await launch("checkout-1", "checkout", "checkout")
    company.watch(OrdersDbExporter(series, database))
    # Each customer asks the API once, and the queue once more for the customer's order.
    company.watch(RequestExporter(series, api, 2 * CUSTOMERS_A_SECOND))
    company.watch(OrdersQueueExporter(series, queue, CUSTOMERS_A_SECOND))
    company.watch(RequestExporter(series, checkout, CUSTOMERS_A_SECOND))
    company.scheduler.keep_running(JOB)
    company.rules.start(RULES)
