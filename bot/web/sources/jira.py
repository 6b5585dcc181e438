"""Jira's webhooks: a ticket that a filter of yours lets through is an alert until it is done."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.payload import Id, Milliseconds, OffsetTime, moment, placed, read, tagged
from bot.web.sources.severity import severity_of

_OURS = "opsbot-"
"""Begins the label of each ticket that opsbot opens: those must not open incidents."""


class _Category(BaseModel):
    key: str = ""


class _Status(BaseModel):
    category: _Category = Field(_Category(), alias="statusCategory")


class _Named(BaseModel):
    name: str = ""


class _Fields(BaseModel):
    summary: str
    created: OffsetTime
    status: _Status | None = None
    priority: _Named | None = None
    labels: list[str] = []
    components: list[_Named] = []


class _Issue(BaseModel):
    key: Id
    self_url: str = Field("", alias="self")
    fields: _Fields


class _Change(BaseModel):
    field: str = ""
    to: str | None = None


class _Changelog(BaseModel):
    items: list[_Change] = []


class _Kind(BaseModel):
    event: str = Field(alias="webhookEvent")


class _Payload(BaseModel):
    timestamp: Milliseconds
    issue: _Issue
    changelog: _Changelog = _Changelog()


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """The ticket; none where its status didn't move or it is opsbot's own.

    A ticket that is opened again starts anew, when that happened. Raises BadPayloadError.
    """
    event = read(_Kind, delivery.body).event
    if event not in ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted"):
        return []
    payload = read(_Payload, delivery.body)
    fields, when = payload.issue.fields, moment(payload.timestamp)
    moved = {change.field: change.to for change in payload.changelog.items}
    if any(label.startswith(_OURS) for label in fields.labels):
        return []
    if event == "jira:issue_updated" and not {"status", "resolution"} & set(moved):
        return []
    done = fields.status is not None and fields.status.category.key == "done"
    over = done or event == "jira:issue_deleted"
    again = "resolution" in moved and not moved["resolution"]
    priority = fields.priority.name if fields.priority else ""
    names = [tagged(fields.labels, "service"), *(c.name for c in fields.components)]
    return [
        Alert(
            fingerprint=f"jira:{payload.issue.key}",
            source="jira",
            status="resolved" if over else "firing",
            title=fields.summary,
            labels={"ticket": payload.issue.key, "priority": priority},
            starts_at=when if over or again else fields.created,
            ends_at=when if over else None,
            url=_page(payload.issue),
            severity=severity_of(priority),
            **placed(inventory, names, tagged(fields.labels, "environment")),
        )
    ]


def _page(issue: _Issue) -> str | None:
    """The ticket's page, at the host of its address in the API."""
    host, found, _ = issue.self_url.partition("/rest/")
    return f"{host}/browse/{issue.key}" if found else None
