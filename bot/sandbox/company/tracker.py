"""The sample company's tickets: projects, issues, comments and their workflow."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

PROJECTS = {"DATA": "Data Platform", "DBA": "Database Operations"}
ISSUE_TYPES = {"Task": "10001", "Bug": "10002", "Story": "10003", "Incident": "10004"}
PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
STATUSES = {
    "To Do": ("10000", "new"),
    "In Progress": ("10001", "indeterminate"),
    "Done": ("10002", "done"),
}
TRANSITIONS = {"11": "To Do", "21": "In Progress", "31": "Done"}


@dataclass
class Issue:
    """One ticket; texts are Atlassian documents, moments seconds since the epoch."""

    id: str
    project: str
    number: int
    issue_type: str
    summary: str
    description: dict[str, Any] | None
    labels: list[str]
    priority: str
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    status: str = "To Do"
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.project}-{self.number}"


class Tracker:
    """Keeps the issues of all projects, oldest first; keys are counted within a project."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self._counts = {"DATA": 411, "DBA": 87}

    def find(self, key: str) -> Issue | None:
        return next((one for one in self.issues if key in (one.key, one.id)), None)

    def open(self, project: str, **fields: Any) -> Issue:
        self._counts[project] += 1
        number = self._counts[project]
        issue = Issue(str(20_000 + len(self.issues)), project, number, **fields)
        self.issues.append(issue)
        return issue


def is_document(value: Any) -> bool:
    """Whether it is an Atlassian document: `{"type": "doc", "version": 1, "content": [nodes]}`."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
        and all(_is_node(node) for node in value["content"])
    )


def _is_node(node: Any) -> bool:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return False
    if node["type"] == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    return all(_is_node(inner) for inner in node.get("content", []))


def plain(node: Any) -> str:
    """The words of a document."""
    if not isinstance(node, dict):
        return ""
    inner = " ".join(plain(part) for part in node.get("content", []))
    return f"{node.get('text', '')}{inner}".strip()
