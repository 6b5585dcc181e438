"""Alertmanager's webhook, version 4."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.redis_inbox import RedisInbox
from bot.domain.values import Alert
from tests.web.conftest import Sender, Serve


def one(fingerprint: str = "abc", **changes: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "JobFailed", "service": "nightly", "severity": "critical"},
        "annotations": {"summary": "nightly failed"},
        "startsAt": "2026-11-23T01:47:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": fingerprint,
        **changes,
    }


def group(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "opsbot",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
        **changes,
    }


@pytest.fixture
async def sender(serve: Serve) -> Sender:
    return await serve()


async def taken(inbox: RedisInbox) -> list[Alert]:
    return [alert for _, alert in await inbox.take(100, 0.05)]


async def test_an_alert_is_told_in_our_words(sender: Sender, inbox: RedisInbox) -> None:
    assert (await sender.post("alertmanager", json=group(one())))[0] == 202
    [alert] = await taken(inbox)
    assert alert.fingerprint == "alertmanager:abc"
    assert (alert.title, alert.status) == ("nightly failed", "firing")
    assert (alert.service, alert.environment, alert.severity) == ("etl", "production", "sev2")
    assert alert.starts_at == datetime(2026, 11, 23, 1, 47, 0, 123000, tzinfo=UTC)
    assert alert.ends_at is None
    assert alert.url == "http://prometheus.example/graph"


async def test_of_a_mixed_group_each_alert_stands_for_itself(
    sender: Sender, inbox: RedisInbox
) -> None:
    over = one("b", status="resolved", endsAt="2026-11-23T02:00:00Z")
    await sender.post("alertmanager", json=group(one("a"), over, status="firing"))
    assert [(a.fingerprint[-1], a.status) for a in await taken(inbox)] == [
        ("a", "firing"),
        ("b", "resolved"),
    ]


async def test_a_resolved_group_ends_each_of_its_alerts(sender: Sender, inbox: RedisInbox) -> None:
    over = one(status="resolved", endsAt="2026-11-23T02:00:00Z")
    await sender.post("alertmanager", json=group(over, status="resolved"))
    [alert] = await taken(inbox)
    assert (alert.status, alert.ends_at) == ("resolved", datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


async def test_a_truncated_group_says_nothing_of_those_left_out(
    sender: Sender, inbox: RedisInbox
) -> None:
    over = one(status="resolved", endsAt="2026-11-23T02:00:00Z")
    await sender.post("alertmanager", json=group(over, status="resolved", truncatedAlerts=7))
    assert len(await taken(inbox)) == 1


async def test_without_a_summary_the_alerts_name_is_its_title(
    sender: Sender, inbox: RedisInbox
) -> None:
    bare = one(annotations={}, labels={"alertname": "JobFailed"})
    await sender.post("alertmanager", json=group(bare))
    [alert] = await taken(inbox)
    assert (alert.title, alert.service, alert.severity) == ("JobFailed", "", "sev3")


async def test_fields_we_do_not_know_are_no_matter(sender: Sender, inbox: RedisInbox) -> None:
    assert (await sender.post("alertmanager", json=group(one(since="v9"), moon=1)))[0] == 202


async def test_an_empty_group_is_accepted(sender: Sender, inbox: RedisInbox) -> None:
    assert await sender.post("alertmanager", json=group()) == (202, {"accepted": 0})


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (group(one(), version="3"), "version: "),
        ({"version": "4"}, "alerts: "),
        (group(one(status="maybe")), "alerts.0.status: "),
        (group(one(), one(startsAt="yesterday")), "alerts.1.startsAt: "),
        (group(one(startsAt="2026-11-23T01:47:00")), "alerts.0.startsAt: "),
        (group(one(fingerprint="")), "alerts.0.fingerprint: "),
        (group(one(fingerprint="x" * 129)), "alerts.0.fingerprint: "),
        (group(one(labels={"a": 1})), "alerts.0.labels.a: "),
        (group(one(labels=None)), "alerts.0.labels: "),
    ],
)
async def test_what_is_wrong_is_named(sender: Sender, payload: Any, field: str) -> None:
    status, answer = await sender.post("alertmanager", json=payload)
    assert status == 400
    assert answer["error"].startswith(field)
