"""What each sender says, in our words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.redis_inbox import RedisInbox
from bot.domain.values import Alert
from tests.fakes import senders as fake
from tests.fakes.senders import iso, millis, moved
from tests.fakes.story import at
from tests.web.conftest import INVENTORY, Sender, Serve

SECRET = "the-secret"


@pytest.fixture
async def door(serve: Serve) -> Sender:
    return await serve(secrets={name: [SECRET] for name in fake.SENDERS})


class Ear:
    """Posts what a sender says, proved, and gives the alerts that came of it."""

    def __init__(self, door: Sender, inbox: RedisInbox) -> None:
        self.door = door
        self.inbox = inbox

    async def post(self, name: str, payload: Any, event: str = "") -> tuple[int, dict[str, Any]]:
        body = json.dumps(payload).encode()
        headers = fake.SENDERS[name].sign(SECRET, body, at(0))
        if event:
            headers = [*headers, ("X-GitHub-Event", event)]
        return await self.door.post(name, data=body, headers=headers)

    async def hear(self, name: str, payload: Any, event: str = "") -> list[Alert]:
        status, answer = await self.post(name, payload, event)
        assert status == 202, answer
        taken = await self.inbox.take(100, 0.001)
        for entry, _ in taken:
            await self.inbox.done(entry)
        assert answer == {"accepted": len(taken)}
        return [alert for _, alert in taken]


@pytest.fixture
def ear(door: Sender, inbox: RedisInbox) -> Ear:
    return Ear(door, inbox)


FIRST: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "pagerduty": (
        fake.pagerduty(), "",
        {
            "fingerprint": "pagerduty:PT4KHLK", "severity": "sev1",
            "url": "https://acme.pagerduty.example/incidents/PT4KHLK",
        },
    ),
    "grafana": (
        fake.grafana(), "",
        {
            "fingerprint": "grafana:c6eadffa33fcdf30", "severity": "sev2",
            "url": "https://grafana.example/d/jobs?viewPanel=2",
        },
    ),
    "opsgenie": (
        fake.opsgenie(), "",
        {
            "fingerprint": "opsgenie:052652ac-5d1c-464a-812a-7dd18bbfba8c", "severity": "sev2",
            "url": None,
        },
    ),
    "jsm": (
        fake.opsgenie(), "",
        {
            "fingerprint": "jsm:052652ac-5d1c-464a-812a-7dd18bbfba8c", "severity": "sev2",
            "url": None,
        },
    ),
    "datadog": (
        fake.datadog(), "",
        {
            "fingerprint": "datadog:8212367897", "severity": "sev2", "environment": "staging",
            "title": "[P2] nightly failed",
            "url": "https://app.datadoghq.example/event/event?id=1",
        },
    ),
    "jira": (
        fake.jira(), "",
        {
            "fingerprint": "jira:OPS-7", "severity": "sev2",
            "url": "https://acme.atlassian.example/browse/OPS-7",
        },
    ),
    "linear": (
        fake.linear(), "",
        {
            "fingerprint": "linear:539068e2-ae88-4d09-bd75-22eb4a59612f", "severity": "sev2",
            "url": "https://linear.example/OPS-7",
        },
    ),
    "sns": (
        fake.sns(), "",
        {
            "fingerprint": "sns:arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nightly failed",
            "url": None,
        },
    ),
    "github": (
        fake.workflow_run(), "workflow_run",
        {
            "fingerprint": "github:acme/nightly:workflow:159038", "severity": "sev3",
            "title": "Release failed on main of acme/nightly",
            "url": "https://github.example/acme/nightly/actions/runs/1",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIRST)
async def test_an_alert_is_told_in_our_words(ear: Ear, name: str) -> None:
    payload, event, expected = FIRST[name]
    [alert] = await ear.hear(name, payload, event)
    told = {
        "source": name, "status": "firing", "title": "nightly failed", "service": "etl",
        "environment": "production", "starts_at": at(0), "ends_at": None, **expected,
    }  # fmt: skip
    assert {field: getattr(alert, field) for field in told} == told


LATER = at(600)
REOPENED = at(900)
LIVES: dict[str, tuple[Any, Any, Any, str]] = {
    "pagerduty": (
        fake.pagerduty(),
        fake.pagerduty("incident.resolved", id="2", occurred_at=iso(LATER)),
        fake.pagerduty("incident.reopened", id="3", occurred_at=iso(REOPENED)), "",
    ),
    "datadog": (
        fake.datadog(), fake.datadog("Recovered", date=millis(LATER)),
        fake.datadog("Re-Triggered", date=millis(REOPENED)), "",
    ),
    "jira": (
        fake.jira(),
        fake.jira(
            "jira:issue_updated", timestamp=millis(LATER),
            changelog=moved(("status", "10001"), ("resolution", "10000")),
            status={"name": "Done", "statusCategory": {"key": "done"}},
        ),
        fake.jira(
            "jira:issue_updated", timestamp=millis(REOPENED),
            changelog=moved(("status", "1"), ("resolution", None)),
        ), "",
    ),
    "linear": (
        fake.linear(),
        fake.linear(
            "update", at(30), state={"type": "completed"}, updatedFrom={"stateId": "s1"}
        ),
        fake.linear(
            "update", at(59), updatedFrom={"stateId": "s2", "completedAt": iso(at(30))}
        ), "",
    ),
    "sns": (
        fake.sns(), fake.sns("OK", LATER), fake.sns("ALARM", REOPENED, MessageId="3"), "",
    ),
    "github": (
        fake.workflow_run(), fake.workflow_run("success", run_started_at=iso(LATER)),
        fake.workflow_run(run_started_at=iso(REOPENED)), "workflow_run",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVES)
async def test_one_that_ends_and_comes_back_is_the_same_alert_at_ever_later_times(
    ear: Ear, name: str
) -> None:
    *lives, event = LIVES[name]
    alerts = [alert for life in lives for alert in await ear.hear(name, life, event)]
    assert [alert.status for alert in alerts] == ["firing", "resolved", "firing"]
    assert len({alert.fingerprint for alert in alerts}) == 1
    # What ends an alert began no sooner than it; what begins it anew began later.
    assert alerts[0].starts_at <= alerts[1].starts_at < alerts[2].starts_at
    assert [alert.ends_at is None for alert in alerts] == [True, False, True]


@pytest.mark.parametrize("name", ["opsgenie", "jsm"])
@pytest.mark.parametrize("action", ["Close", "Delete"])
async def test_an_alert_that_is_closed_is_over(ear: Ear, name: str, action: str) -> None:
    [alert] = await ear.hear(name, fake.opsgenie(action))
    assert (alert.status, alert.starts_at, alert.ends_at) == ("resolved", at(0), at(0))


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("jira", fake.jira("jira:issue_deleted")),
        ("linear", fake.linear("remove")),
        ("linear", fake.linear("update", state={"type": "canceled"}, updatedFrom={"stateId": "x"})),
    ],
)
async def test_a_ticket_that_is_gone_is_an_alert_that_is_over(
    ear: Ear, name: str, payload: Any
) -> None:
    [alert] = await ear.hear(name, payload)
    assert alert.status == "resolved"


NOTHING = [
    ("pagerduty", fake.pagerduty("incident.acknowledged"), ""),
    ("pagerduty", fake.pagerduty("incident.annotated", data={"id": "N1", "content": "hm"}), ""),
    ("pagerduty", fake.pagerduty("pagey.ping", data={"message": "Hello"}), ""),
    ("grafana", fake.grafana(alerts=[]), ""),
    ("opsgenie", fake.opsgenie("Acknowledge"), ""),
    ("opsgenie", fake.opsgenie("AddNote"), ""),
    ("jsm", fake.opsgenie("UpdatePriority"), ""),
    ("jira", fake.jira("jira:issue_updated", changelog=moved(("summary", "x"))), ""),
    ("jira", {"webhookEvent": "comment_created", "timestamp": 1, "comment": {}}, ""),
    ("jira", fake.jira(labels=["opsbot-INC-1-books-open-0"]), ""),
    ("linear", fake.linear("update", updatedFrom={"title": "x"}), ""),
    ("linear", {**fake.linear(), "type": "Comment", "data": {"id": "c"}}, ""),
    ("sns", fake.sns("INSUFFICIENT_DATA"), ""),
    ("sns", fake.sns(Message="a message of somebody else"), ""),
    ("sns", fake.sns_confirmation(Type="UnsubscribeConfirmation"), ""),
    ("github", fake.workflow_run("cancelled"), "workflow_run"),
    ("github", fake.workflow_run(head_branch="feature"), "workflow_run"),
    ("github", {**fake.workflow_run(), "action": "requested"}, "workflow_run"),
    ("github", fake.deployment_status("in_progress"), "deployment_status"),
    ("github", {"zen": "Keep it logically awesome.", "hook_id": 1}, "ping"),
]


@pytest.mark.parametrize(("name", "payload", "event"), NOTHING)
async def test_what_neither_opens_nor_ends_anything_is_accepted_and_says_nothing(
    ear: Ear, name: str, payload: Any, event: str
) -> None:
    assert await ear.hear(name, payload, event) == []


async def test_of_grafanas_group_each_alert_stands_for_itself_also_when_it_was_cut(
    ear: Ear,
) -> None:
    alerts = await ear.hear(
        "grafana", fake.grafana("firing", "resolved", status="resolved", truncatedAlerts=40)
    )
    assert [(a.fingerprint[-1], a.status) for a in alerts] == [("0", "firing"), ("1", "resolved")]


@pytest.mark.parametrize("state", ["failure", "error"])
async def test_a_deployment_that_fails_is_an_alert_until_one_succeeds(ear: Ear, state: str) -> None:
    [failed] = await ear.hear("github", fake.deployment_status(state), "deployment_status")
    assert failed.title == "Deployment of acme/nightly to Staging failed"
    assert (failed.service, failed.environment, failed.severity) == ("etl", "staging", "sev2")
    assert failed.annotations == {"description": "rollout timed out"}
    done = fake.deployment_status("success", created_at=iso(LATER))
    [over] = await ear.hear("github", done, "deployment_status")
    assert (over.status, over.fingerprint) == ("resolved", failed.fingerprint)
    assert over.starts_at - failed.starts_at == timedelta(seconds=600)


@pytest.mark.parametrize(
    ("priority", "urgency", "severity"),
    [("P1", "high", "sev1"), ("P3", "high", "sev3"), ("", "high", "sev2"), ("", "low", "sev4")],
)
async def test_pagerdutys_priority_says_how_bad_it_is_and_else_its_urgency(
    ear: Ear, priority: str, urgency: str, severity: str
) -> None:
    payload = fake.pagerduty()
    payload["event"]["data"] |= {"priority": {"summary": priority}, "urgency": urgency}
    assert [a.severity for a in await ear.hear("pagerduty", payload)] == [severity]
    payload = fake.pagerduty(id="2")
    payload["event"]["data"] |= {"priority": None, "service": None, "urgency": urgency}
    [alert] = await ear.hear("pagerduty", payload)
    assert alert.service == ""


async def test_the_first_name_that_the_inventory_knows_is_the_service(ear: Ear) -> None:
    assert INVENTORY.service_of("nightly") == "etl"
    named: list[tuple[dict[str, Any], str]] = [
        ({"labels": [{"name": "bug"}, {"name": "nightly"}]}, "etl"),
        ({"labels": [{"name": "bug"}], "team": {"name": "Data"}}, "bug"),
        ({"labels": [], "team": None}, ""),
        ({"labels": [{"name": "service:moon"}, {"name": "nightly"}]}, "etl"),
    ]
    for number, (changes, service) in enumerate(named):
        [alert] = await ear.hear("linear", fake.linear(number=number, **changes))
        assert alert.service == service


@pytest.mark.parametrize(
    ("name", "payload", "event", "field"),
    [
        ("pagerduty", fake.pagerduty(occurred_at="noon"), "", "event.occurred_at: "),
        ("pagerduty", fake.pagerduty(data={"id": "x"}), "", "event.data.title: "),
        ("pagerduty", fake.pagerduty(data=None), "", "event.data: "),
        ("grafana", fake.grafana("maybe"), "", "alerts.0.status: "),
        ("opsgenie", fake.opsgenie(createdAt="x"), "", "alert.createdAt: "),
        ("opsgenie", fake.opsgenie(createdAt=10**18), "", "alert.createdAt: "),
        ("opsgenie", fake.opsgenie(alertId="x" * 257), "", "alert.alertId: "),
        ("datadog", {"title": "a", "cycle": "1"}, "", "transition: "),
        ("datadog", {"body": "the payload that Datadog ships with"}, "", "cycle: "),
        ("jira", fake.jira(created="2026-11-23"), "", "issue.fields.created: "),
        ("jira", {**fake.jira(), "timestamp": "x"}, "", "timestamp: "),
        ("linear", fake.linear(title=None), "", "data.title: "),
        ("github", fake.workflow_run(workflow_id="x"), "workflow_run", "workflow_run.workflow_id"),
        ("github", {}, "deployment_status", "repository: "),
    ],
)
async def test_what_is_wrong_is_named(
    ear: Ear, name: str, payload: Any, event: str, field: str
) -> None:
    status, answer = await ear.post(name, payload, event)
    assert status == 400
    assert answer["error"].startswith(field)
