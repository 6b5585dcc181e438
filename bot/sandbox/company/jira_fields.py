"""Jira's issue fields: what may be set, why it is refused, and how an issue is shown."""

from __future__ import annotations

from typing import Any

from bot.sandbox.company.instant import iso
from bot.sandbox.company.tracker import (
    ISSUE_TYPES,
    PRIORITIES,
    PROJECTS,
    STATUSES,
    Issue,
    is_document,
)

NOT_A_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
SETTABLE = {"project", "issuetype", "summary", "description", "labels", "priority"}


def problems(fields: dict[str, Any], *, creating: bool) -> dict[str, str]:
    """What Jira says against each field; empty where all of them can be set."""
    found = {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in sorted(set(fields) - SETTABLE)
    }
    if creating:
        if project_of(fields) is None:
            found["project"] = "Specify a valid project ID or key"
        if issue_type_of(fields) is None:
            found["issuetype"] = "Specify a valid issue type"
    if creating or "summary" in fields:
        summary = fields.get("summary")
        if not isinstance(summary, str) or not summary.strip():
            found["summary"] = "You must specify a summary of the issue."
        elif len(summary) > 255:
            found["summary"] = "Summary can't exceed 255 characters."
        elif "\n" in summary:
            found["summary"] = "The summary is invalid because it contains newline characters."
    if fields.get("description") is not None and not is_document(fields["description"]):
        found["description"] = NOT_A_DOCUMENT
    labels = fields.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        found["labels"] = "data was not an array"
    else:
        for label in labels:
            if " " in label:
                found["labels"] = f"The label '{label}' contains spaces which is invalid."
    if fields.get("priority") is not None and priority_of(fields) is None:
        found["priority"] = "The priority selected is invalid."
    return found


def _chosen(value: Any, known: dict[str, str], first: str) -> str | None:
    if not isinstance(value, dict):
        return None
    if value.get(first) in known:
        return str(value[first])
    return next((name for name, number in known.items() if number == value.get("id")), None)


def project_of(fields: dict[str, Any]) -> str | None:
    ids = {key: str(10_000 + number) for number, key in enumerate(PROJECTS)}
    return _chosen(fields.get("project"), ids, "key")


def issue_type_of(fields: dict[str, Any]) -> str | None:
    return _chosen(fields.get("issuetype"), ISSUE_TYPES, "name")


def priority_of(fields: dict[str, Any]) -> str | None:
    return _chosen(fields.get("priority"), PRIORITIES, "name")


def moment(seconds: float) -> str:
    return iso(seconds).replace("Z", "+0000")


def user(base: str) -> dict[str, Any]:
    return {
        "self": f"{base}/rest/api/3/user?accountId=712020:opsbot",
        "accountId": "712020:opsbot",
        "accountType": "app",
        "displayName": "opsbot",
        "emailAddress": "opsbot@acme.example",
        "active": True,
        "timeZone": "Etc/UTC",
    }


def project(base: str, key: str) -> dict[str, Any]:
    return {
        "self": f"{base}/rest/api/3/project/{key}",
        "id": str(10_000 + list(PROJECTS).index(key)),
        "key": key,
        "name": PROJECTS[key],
        "projectTypeKey": "software",
        "simplified": False,
    }


def status(base: str, name: str) -> dict[str, Any]:
    number, category = STATUSES[name]
    return {
        "self": f"{base}/rest/api/3/status/{number}",
        "id": number,
        "name": name,
        "statusCategory": {"key": category, "name": name},
    }


def fields_of(base: str, issue: Issue) -> dict[str, Any]:
    """All fields of an issue as Jira shows them."""
    comments = {
        "comments": issue.comments,
        "total": len(issue.comments),
        "maxResults": len(issue.comments),
        "startAt": 0,
    }
    return {
        "project": project(base, issue.project),
        "issuetype": {"id": ISSUE_TYPES[issue.issue_type], "name": issue.issue_type},
        "summary": issue.summary,
        "description": issue.description,
        "labels": issue.labels,
        "priority": {"id": PRIORITIES[issue.priority], "name": issue.priority},
        "status": status(base, issue.status),
        "created": moment(issue.created),
        "updated": moment(issue.updated),
        "reporter": user(base),
        "assignee": None,
        "resolution": {"id": "10000", "name": "Done"} if issue.status == "Done" else None,
        "comment": comments,
    }
