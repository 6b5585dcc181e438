"""Tickets kept in Jira Cloud, over its REST API v3."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any

from pydantic import Field, SecretStr

from tools.kit.http import HttpClient, Query, segment, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context
from tools.tickets import adf
from tools.tickets.port import Comment, Move, NewTicket, Status, Ticket
from tools.tickets.tools import ticket_tools

API = "/rest/api/3"
COMMENTS = 100
CATEGORIES: dict[str, Status] = {"new": "todo", "indeterminate": "in_progress", "done": "done"}
"""Every status of every workflow belongs to one of Jira's three categories."""

_REF = re.compile(r"\n*opsbot ref ([A-Za-z0-9_-]{1,64})(?: to (todo|in_progress|done))?\s*$")


class JiraSettings(IntegrationSettings):
    """A person's or a service account's API token, and where tickets are filed."""

    url: Annotated[str, Field(description="Address, such as https://example.atlassian.net")]
    email: Annotated[str, Field(min_length=1, description="Account the token belongs to")]
    token: Annotated[SecretStr, Field(description="API token of that account")]
    project: Annotated[
        str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,20}$", description="Key of the usual project")
    ]
    issue_type: Annotated[str, Field(min_length=1, description="Type of a new ticket")] = "Task"


class Jira:
    """A Tracker over Jira Cloud."""

    def __init__(self, settings: JiraSettings) -> None:
        self._settings = settings
        pair = f"{settings.email}:{settings.token.get_secret_value()}".encode()
        self._http = HttpClient(
            "jira",
            settings.url,
            headers={"Authorization": SecretStr(f"Basic {base64.b64encode(pair).decode()}")},
            credentials=("email", "token"),
            explain=_explain,
        )

    async def check(self) -> str:
        myself = await self._http.read("GET", f"{API}/myself", within(10))
        await self.project(None, within(10))
        name = myself.record.get("displayName") or self._settings.email
        return f"Jira at {self._http.base_url} as {name}, project {self._settings.project}"

    async def close(self) -> None:
        await self._http.close()

    async def project(self, key: str | None, ctx: Context) -> str:
        path = f"{API}/project/{segment(key or self._settings.project)}"
        return str((await self._http.read("GET", path, ctx)).record["key"])

    async def create(self, ticket: NewTicket, key: str, ctx: Context) -> Ticket:
        fields: dict[str, Any] = {
            "project": {"key": ticket.project or self._settings.project},
            "issuetype": {"name": self._settings.issue_type},
            "summary": ticket.summary,
            "labels": [*ticket.labels, _label(key)],
        }
        if ticket.description.strip():
            fields["description"] = adf.document(ticket.description)
        if ticket.priority:
            fields["priority"] = {"name": ticket.priority.capitalize()}
        reply = await self._http.write("POST", f"{API}/issue", ctx, json={"fields": fields})
        number = reply.record["key"]
        return Ticket(number, ticket.summary, "todo", "new", self._page(number))

    async def created(self, key: str, ctx: Context) -> Ticket | None:
        for issue in await self._search(f'labels = "{_label(key)}"', ctx):
            return self._ticket(issue)
        return None

    async def ticket(self, ticket: str, ctx: Context) -> Ticket | None:
        path = f"{API}/issue/{segment(ticket)}"
        query = {"fields": "summary,status"}
        reply = await self._http.read("GET", path, ctx, query=query, allow=(404,))
        return None if reply.status == 404 else self._ticket(reply.record)

    async def moves(self, ticket: str, ctx: Context) -> tuple[Move, ...]:
        path = f"{API}/issue/{segment(ticket)}/transitions"
        offered = (await self._http.read("GET", path, ctx)).record["transitions"]
        return tuple(Move(each["id"], _status(each["to"]), each["to"]["name"]) for each in offered)

    async def move(self, ticket: str, move: Move, ctx: Context) -> None:
        path = f"{API}/issue/{segment(ticket)}/transitions"
        await self._http.write("POST", path, ctx, json={"transition": {"id": move.id}})

    async def comment(self, ticket: str, comment: Comment, ctx: Context) -> None:
        path = f"{API}/issue/{segment(ticket)}/comment"
        ref = f"opsbot ref {comment.key}" + (f" to {comment.status}" if comment.status else "")
        body = {"body": adf.document(f"{comment.text}\n\n{ref}")}
        await self._http.write("POST", path, ctx, json=body)

    async def comments(self, ticket: str, ctx: Context) -> tuple[Comment, ...]:
        path = f"{API}/issue/{segment(ticket)}/comment"
        query: Query = {"orderBy": "-created", "maxResults": COMMENTS}
        reply = await self._http.read("GET", path, ctx, query=query)
        return tuple(_comment(each) for each in reply.record["comments"])

    async def commented(self, key: str, ctx: Context) -> tuple[Ticket, Comment] | None:
        for issue in await self._search(f'text ~ "\\"opsbot ref {key}\\""', ctx):
            for comment in await self.comments(issue["key"], ctx):
                if comment.key == key:
                    return self._ticket(issue), comment
        return None

    async def _search(self, jql: str, ctx: Context) -> list[dict[str, Any]]:
        query: Query = {"jql": jql, "fields": "summary,status", "maxResults": 10}
        reply = await self._http.read("GET", f"{API}/search/jql", ctx, query=query)
        return list(reply.record["issues"])

    def _ticket(self, issue: dict[str, Any]) -> Ticket:
        fields = issue["fields"]
        return Ticket(
            key=issue["key"],
            summary=fields.get("summary") or "",
            status=_status(fields["status"]),
            status_name=fields["status"]["name"],
            url=self._page(issue["key"]),
        )

    def _page(self, key: str) -> str:
        return f"{self._http.base_url}/browse/{key}"


def _label(key: str) -> str:
    return f"opsbot-{key}"


def _status(status: dict[str, Any]) -> Status:
    return CATEGORIES.get(status["statusCategory"]["key"], "todo")


def _comment(raw: dict[str, Any]) -> Comment:
    text = adf.plain(raw.get("body"))
    match = _REF.search(text)
    if match is None:
        return Comment(text=text, key="")
    status = next((each for each in CATEGORIES.values() if each == match[2]), None)
    return Comment(text=text[: match.start()], key=match[1], status=status)


def _explain(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    words = [str(each) for each in body.get("errorMessages") or ()]
    words += [f"{field}: {text}" for field, text in (body.get("errors") or {}).items()]
    return "; ".join(words) or str(body.get("message") or "")


JIRA = Integration(
    name="jira",
    capability="tickets",
    settings=JiraSettings,
    connect=Jira,
    tools=ticket_tools,
)
