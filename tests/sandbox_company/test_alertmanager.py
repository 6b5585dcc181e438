"""Alerts are sent as Alertmanager sends them: version 4, in order, again after a 5xx."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot.sandbox.company import Company
from bot.sandbox.company.alertmanager import fingerprint

Until = Callable[..., Awaitable[None]]

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Receiver

LABELS = {"alertname": "ETLJobFailed", "service": "etl", "job": "daily_revenue_aggregation"}


async def test_a_notification_has_the_version_4_shape(company: Company, receiver: Receiver) -> None:
    company.alert_to(receiver.url, receiver.token)

    company.alerts.fire(LABELS, {"summary": "it failed"}, "http://prometheus.example/graph")

    sent = await receiver.next()
    assert set(sent) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    assert sent["version"] == "4"
    assert sent["truncatedAlerts"] == 0
    assert sent["groupLabels"] == {"alertname": "ETLJobFailed", "service": "etl"}
    (alert,) = sent["alerts"]
    assert alert["labels"] == LABELS
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"] == "http://prometheus.example/graph"
    assert receiver.headers[0]["Authorization"] == f"Bearer {receiver.token}"


async def test_a_receiver_that_answers_503_is_tried_again(
    company: Company, receiver: Receiver
) -> None:
    receiver.answers = [503, 500]
    company.alert_to(receiver.url, receiver.token)

    company.alerts.fire(LABELS, {}, "http://p.example")

    assert (await receiver.next())["status"] == "firing"
    assert [delivery.status for delivery in company.alerts.deliveries] == [503, 500, 200]


async def test_a_receiver_that_refuses_is_not_tried_again(
    company: Company, receiver: Receiver
) -> None:
    receiver.answers = [401]
    company.alert_to(receiver.url, receiver.token)

    company.alerts.fire(LABELS, {}, "http://p.example")
    await asyncio.wait_for(company.alerts.settled(), 5)

    assert [delivery.status for delivery in company.alerts.deliveries] == [401]


async def test_a_receiver_that_is_not_there_yet_gets_it_later(
    company: Company, receiver: Receiver, until: Until
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    company.alert_to(nowhere, "t")
    company.alerts.fire(LABELS, {}, "http://p.example")
    await until(lambda: company.alerts.deliveries)

    company.alert_to(receiver.url, receiver.token)

    assert (await receiver.next())["alerts"][0]["fingerprint"] == fingerprint(LABELS)
    assert company.alerts.deliveries[0].status is None


async def test_what_fires_before_there_is_a_receiver_is_sent_once_there_is(
    company: Company, receiver: Receiver
) -> None:
    company.alerts.fire(LABELS, {}, "http://p.example")

    company.alert_to(receiver.url, receiver.token)

    assert (await receiver.next())["status"] == "firing"


async def test_a_group_stays_firing_while_one_of_its_alerts_does(
    company: Company, receiver: Receiver
) -> None:
    company.alert_to(receiver.url, receiver.token)
    other = {**LABELS, "job": "other"}
    company.alerts.fire(LABELS, {}, "http://p.example")
    company.alerts.fire(other, {}, "http://p.example")
    company.alerts.resolve(LABELS)

    await receiver.next()
    assert len((await receiver.next())["alerts"]) == 2
    mixed = await receiver.next()

    assert mixed["status"] == "firing"
    assert {alert["status"] for alert in mixed["alerts"]} == {"firing", "resolved"}
    assert mixed["commonLabels"] == {"alertname": "ETLJobFailed", "service": "etl"}


def test_a_fingerprint_is_of_the_labels_and_not_their_order() -> None:
    assert fingerprint(LABELS) == fingerprint(dict(reversed(LABELS.items())))
    assert fingerprint(LABELS) != fingerprint({**LABELS, "service": "other"})
    assert len(fingerprint(LABELS)) == 16
