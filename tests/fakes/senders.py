"""What each sender posts, shaped as its vendor documents it, and how it signs that."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.fakes import amazon
from tests.fakes.story import at

Headers = list[tuple[str, str]]


def iso(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


def millis(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def pagerduty(kind: str = "incident.triggered", **changes: Any) -> dict[str, Any]:
    incident = {
        "id": "PT4KHLK", "type": "incident", "number": 1234, "status": "triggered",
        "self": "https://api.pagerduty.example/incidents/PT4KHLK",
        "html_url": "https://acme.pagerduty.example/incidents/PT4KHLK",
        "incident_key": "baf7cf21b1da41b4b0221008339ff357", "created_at": iso(at(0)),
        "title": "nightly failed", "urgency": "high",
        "service": {"id": "PIJ90N7", "summary": "nightly", "type": "service_reference"},
        "assignees": [], "teams": [], "priority": {"id": "PSO75BM", "summary": "P1"},
        "conference_bridge": None, "resolve_reason": None,
    }  # fmt: skip
    event = {
        "id": "01BWLAHR5CTIBWEO2YRE7HEA4Z", "event_type": kind, "resource_type": "incident",
        "occurred_at": iso(at(0)), "agent": None, "client": {"name": "Monitoring"},
        "data": incident,
    }  # fmt: skip
    return {"event": {**event, **changes}}


def grafana(*states: str, **changes: Any) -> dict[str, Any]:
    alerts = [
        {
            "status": state, "fingerprint": f"c6eadffa33fcdf3{number}",
            "labels": {"alertname": "JobFailed", "service": "nightly", "severity": "critical"},
            "annotations": {"summary": "nightly failed"}, "startsAt": iso(at(0)),
            "endsAt": "0001-01-01T00:00:00Z", "values": {"B": 1.2, "C": 1},
            "valueString": "[ var='B' value=1.2 ]",
            "generatorURL": "https://grafana.example/alerting/1afz29v7z/edit",
            "silenceURL": "https://grafana.example/alerting/silence/new",
            "dashboardURL": "https://grafana.example/d/jobs",
            "panelURL": "https://grafana.example/d/jobs?viewPanel=2",
        }
        for number, state in enumerate(states or ("firing",))
    ]  # fmt: skip
    group = {
        "receiver": "opsbot", "status": "firing", "orgId": 1, "version": "1", "groupKey": "{}:{}",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "truncatedAlerts": 0,
        "externalURL": "https://grafana.example/", "title": "[FIRING:1]", "state": "alerting",
        "message": "nightly failed", "alerts": alerts,
    }  # fmt: skip
    return {**group, **changes}


def opsgenie(action: str = "Create", **changes: Any) -> dict[str, Any]:
    alert = {
        "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c", "message": "nightly failed",
        "tags": ["service:nightly", "nightlies"], "tinyId": "23", "entity": "", "alias": "nightly",
        "createdAt": millis(at(0)), "updatedAt": millis(at(0)) * 1_000_000,
        "username": "monitor@example.com", "userId": "daed1180", "priority": "P2",
        "description": "exit code 1", "team": None, "responders": [], "details": {"run": "7"},
        "source": "monitor",
    }  # fmt: skip
    return {
        "source": {"name": "", "type": "API"}, "action": action, "integrationName": "opsbot",
        "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d", "alert": {**alert, **changes},
    }  # fmt: skip


def datadog(transition: str = "Triggered", **changes: Any) -> dict[str, Any]:
    payload = {
        "cycle": "8212367897", "transition": transition, "title": "[P2] nightly failed",
        "date": str(millis(at(0))), "priority": "P2", "type": "error",
        "tags": "env:staging,service:nightly", "scope": "host:h1", "text": "%%% exit code 1 %%%",
        "link": "https://app.datadoghq.example/event/event?id=1",
    }  # fmt: skip
    return {**payload, **changes}


def jira(event: str = "jira:issue_created", **changes: Any) -> dict[str, Any]:
    """`changes`: of the ticket's fields, `changelog` and `timestamp` excepted."""
    around: dict[str, Any] = {
        key: changes.pop(key) for key in ("changelog", "timestamp") if key in changes
    }
    fields = {
        "summary": "nightly failed", "created": "2026-11-23T01:47:00.000+0000",
        "priority": {"id": "2", "name": "High"}, "labels": ["service:nightly"],
        "status": {"name": "Open", "statusCategory": {"id": 2, "key": "new"}},
        "issuetype": {"name": "Incident"}, "project": {"key": "OPS"}, "components": [],
        "resolution": None, "description": "exit code 1",
    }  # fmt: skip
    issue = {
        "id": "10002", "key": "OPS-7", "self": "https://acme.atlassian.example/rest/api/2/issue/10002",
        "fields": {**fields, **changes},
    }  # fmt: skip
    kind = {"jira:issue_created": "issue_created", "jira:issue_deleted": "issue_deleted"}
    return {
        "timestamp": millis(at(1)), "webhookEvent": event, "user": {"displayName": "Ann"},
        "issue_event_type_name": kind.get(event, "issue_generic"), "issue": issue, **around,
    }  # fmt: skip


def moved(*fields: tuple[str, str | None]) -> dict[str, Any]:
    """Jira's changelog."""
    return {"id": "10124", "items": [{"field": field, "to": to} for field, to in fields]}


def linear(action: str = "create", when: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """`changes`: of the issue, `updatedFrom` excepted."""
    before = {"updatedFrom": changes.pop("updatedFrom")} if "updatedFrom" in changes else {}
    issue = {
        "id": "539068e2-ae88-4d09-bd75-22eb4a59612f", "identifier": "OPS-7", "number": 7,
        "title": "nightly failed", "priority": 1, "priorityLabel": "Urgent",
        "createdAt": iso(at(0)), "updatedAt": iso(at(0)), "url": "https://linear.example/OPS-7",
        "state": {"id": "s1", "name": "Todo", "type": "unstarted"},
        "labels": [{"id": "l1", "name": "nightly"}], "team": {"id": "t1", "name": "Data"},
    }  # fmt: skip
    return {
        "action": action, "type": "Issue", "createdAt": iso(at(0)), "organizationId": "o1",
        "actor": {"id": "u1", "type": "user", "name": "Ann"}, "url": "https://linear.example/OPS-7",
        "webhookTimestamp": millis(when or at(0)), "webhookId": "w1",
        "data": {**issue, **changes}, **before,
    }  # fmt: skip


_REPOSITORY = {
    "id": 1296269, "name": "nightly", "full_name": "acme/nightly", "private": True,
    "default_branch": "main", "html_url": "https://github.example/acme/nightly",
}  # fmt: skip
_SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"


def workflow_run(conclusion: str = "failure", **changes: Any) -> dict[str, Any]:
    run = {
        "id": 30433642, "name": "Release", "workflow_id": 159038, "run_number": 562,
        "event": "push", "status": "completed", "conclusion": conclusion, "head_branch": "main",
        "head_sha": _SHA, "run_attempt": 1, "run_started_at": iso(at(0)), "created_at": iso(at(0)),
        "updated_at": iso(at(60)), "html_url": "https://github.example/acme/nightly/actions/runs/1",
    }  # fmt: skip
    return {
        "action": "completed", "workflow_run": {**run, **changes}, "repository": _REPOSITORY,
        "sender": {"login": "ann"},
    }  # fmt: skip


def deployment_status(state: str = "failure", **changes: Any) -> dict[str, Any]:
    status = {
        "id": 1, "state": state, "created_at": iso(at(0)), "environment": "staging",
        "description": "rollout timed out", "target_url": "https://deploy.example/1",
    }  # fmt: skip
    return {
        "action": "created", "deployment_status": {**status, **changes},
        "deployment": {"id": 1, "ref": "main", "sha": _SHA, "environment": "Staging"},
        "repository": _REPOSITORY,
    }  # fmt: skip


def sns(state: str = "ALARM", changed: datetime | None = None, **changes: Any) -> dict[str, Any]:
    alarm = {
        "AlarmName": "nightly failed", "AlarmDescription": "exit code 1", "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nightly failed",
        "NewStateValue": state, "OldStateValue": "OK", "NewStateReason": "Threshold Crossed",
        "StateChangeTime": f"{(changed or at(0)):%Y-%m-%dT%H:%M:%S}.000+0000",
        "Trigger": {
            "MetricName": "Failed", "Namespace": "ETL", "Statistic": "SUM", "Period": 60,
            "Dimensions": [{"name": "Job", "value": "nightly"}],
        },
    }  # fmt: skip
    message = {
        "Type": "Notification", "MessageId": f"22b80b92-fdea-4c2c-8f9d-{state:0<12}",
        "TopicArn": amazon.TOPIC, "Subject": "ALARM",
        "Message": json.dumps(alarm), "Timestamp": iso(at(0)), "SignatureVersion": "1",
        "SigningCertURL": amazon.CERTIFICATE,
        "UnsubscribeURL": f"{amazon.HOST}/?Action=Unsubscribe",
    }  # fmt: skip
    return amazon.signed({**message, **changes})


def sns_confirmation(**changes: Any) -> dict[str, Any]:
    return sns(
        **{
            "Type": "SubscriptionConfirmation", "Subject": None, "Token": "2336412f37",
            "SubscribeURL": amazon.CONFIRM, "Message": "You have chosen to subscribe", **changes,
        }
    )  # fmt: skip


def alertmanager() -> dict[str, Any]:
    alert = {
        "status": "firing", "labels": {"alertname": "JobFailed", "service": "nightly"},
        "annotations": {"summary": "nightly failed"}, "startsAt": iso(at(0)),
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "abc",
    }  # fmt: skip
    return {"version": "4", "truncatedAlerts": 0, "alerts": [alert]}


def bearer(secret: str, body: bytes, when: datetime) -> Headers:
    return [("Authorization", f"Bearer {secret}")]


def _hub(secret: str, body: bytes, when: datetime) -> Headers:
    return [("X-Hub-Signature", f"sha256={mac(secret, body)}")]


def _github(secret: str, body: bytes, when: datetime) -> Headers:
    return [("X-Hub-Signature-256", f"sha256={mac(secret, body)}")]


def _pagerduty(secret: str, body: bytes, when: datetime) -> Headers:
    return [("X-PagerDuty-Signature", f"v1={mac(secret, body)}")]


def _linear(secret: str, body: bytes, when: datetime) -> Headers:
    return [("Linear-Signature", mac(secret, body))]


def _grafana(secret: str, body: bytes, when: datetime) -> Headers:
    stamp = str(int(when.timestamp()))
    signature = mac(secret, stamp.encode() + b":" + body)
    return [
        ("X-Grafana-Alerting-Signature", signature),
        ("X-Grafana-Alerting-Timestamp", stamp),
    ]


def _sns(secret: str, body: bytes, when: datetime) -> Headers:
    return basic("opsbot", secret)


@dataclass(frozen=True)
class FakeSender:
    """One sender: what it posts at a time, and the headers that prove it."""

    payload: Callable[[datetime], dict[str, Any]]
    sign: Callable[[str, bytes, datetime], Headers]
    beside: tuple[tuple[str, str], ...] = ()
    """Headers that are not a part of the proof."""
    signs_body: bool = True
    has_id: bool | None = None
    """Whether its deliveries bear an id; like `signs_body` where not told."""
    stale_after: float | None = None
    """Seconds, where the time of sending is under the proof."""

    def body(self, when: datetime | None = None) -> bytes:
        return json.dumps(self.payload(when or at(0))).encode()

    def headers(self, secret: str, body: bytes, when: datetime | None = None) -> Headers:
        return [*self.sign(secret, body, when or at(0)), *self.beside]


SENDERS: Mapping[str, FakeSender] = {
    "alertmanager": FakeSender(lambda _: alertmanager(), bearer, signs_body=False),
    "generic": FakeSender(lambda _: {"title": "nightly failed"}, bearer, signs_body=False),
    "opsgenie": FakeSender(lambda _: opsgenie(), bearer, signs_body=False),
    "jsm": FakeSender(lambda _: opsgenie(), bearer, signs_body=False),
    "datadog": FakeSender(lambda _: datadog(), bearer, signs_body=False),
    "pagerduty": FakeSender(lambda _: pagerduty(), _pagerduty),
    "grafana": FakeSender(lambda _: grafana(), _grafana, stale_after=300),
    "jira": FakeSender(lambda _: jira(), _hub),
    "linear": FakeSender(lambda when: linear(when=when), _linear, stale_after=60),
    "sns": FakeSender(lambda when: sns(Timestamp=iso(when)), _sns, stale_after=3_900),
    "github": FakeSender(
        lambda _: workflow_run(), _github, beside=(("X-GitHub-Event", "workflow_run"),)
    ),
}


def earlier(seconds: float) -> datetime:
    return at(0) - timedelta(seconds=seconds)


def basic(user: str, secret: str) -> Headers:
    told = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return [("Authorization", f"Basic {told}")]
