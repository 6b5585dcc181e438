"""The sample company's Jira Cloud: tickets over its REST API version 3."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.company import jira_fields as shape
from bot.sandbox.company.jql import JqlError, search
from bot.sandbox.company.tracker import PROJECTS, TRANSITIONS, Issue, Tracker, is_document

MISSING = "Issue does not exist or you do not have permission to see it."
MOST_ROWS = 100


class Problem(Exception):
    """An answer in Jira's two parts: general messages, and one for each field."""

    def __init__(self, status: int, *messages: str, **errors: str) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.body = {"errorMessages": list(messages), "errors": errors}


class JiraApi:
    """Speaks Jira Cloud's REST API to one account, by its mail address and token."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.email, self.token = "opsbot@acme.example", secrets.token_urlsafe(40)
        self.app = web.Application(middlewares=[self._guard])
        route = self.app.router
        route.add_get("/rest/api/3/myself", self._myself)
        route.add_get("/rest/api/3/project/{key}", self._project)
        route.add_post("/rest/api/3/issue", self._create)
        route.add_get("/rest/api/3/issue/{key}", self._issue)
        route.add_put("/rest/api/3/issue/{key}", self._edit)
        route.add_get("/rest/api/3/issue/{key}/comment", self._comments)
        route.add_post("/rest/api/3/issue/{key}/comment", self._comment)
        route.add_get("/rest/api/3/issue/{key}/transitions", self._transitions)
        route.add_post("/rest/api/3/issue/{key}/transitions", self._transition)
        route.add_get("/rest/api/3/search/jql", self._search)
        route.add_post("/rest/api/3/search/jql", self._search)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        pair = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Basic {pair}".encode()):
            message = "Client must be authenticated to access this resource."
            return web.json_response({"message": message, "status-code": 401}, status=401)
        try:
            return await handler(request)
        except Problem as problem:
            return web.json_response(problem.body, status=problem.status)
        except web.HTTPNotFound:
            body = {"errorMessages": [f"No resource at {request.path}"], "errors": {}}
            return web.json_response(body, status=404)

    def _base(self, request: web.Request) -> str:
        return f"{request.scheme}://{request.host}"

    def _found(self, request: web.Request) -> Issue:
        issue = self._tracker.find(request.match_info["key"])
        if issue is None:
            raise Problem(404, MISSING)
        return issue

    async def _myself(self, request: web.Request) -> web.Response:
        return web.json_response(shape.user(self._base(request)))

    async def _project(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        if key not in PROJECTS:
            raise Problem(404, f"No project could be found with key '{key}'.")
        return web.json_response(shape.project(self._base(request), key))

    async def _create(self, request: web.Request) -> web.Response:
        fields = _fields(await _body(request))
        errors = shape.problems(fields, creating=True)
        project, issue_type = shape.project_of(fields), shape.issue_type_of(fields)
        if errors or project is None or issue_type is None:
            raise Problem(400, **errors)
        issue = self._tracker.open(
            project,
            issue_type=issue_type,
            summary=fields["summary"],
            description=fields.get("description"),
            labels=list(fields.get("labels", [])),
            priority=shape.priority_of(fields) or "Medium",
        )
        link = f"{self._base(request)}/rest/api/3/issue/{issue.id}"
        return web.json_response({"id": issue.id, "key": issue.key, "self": link}, status=201)

    async def _issue(self, request: web.Request) -> web.Response:
        issue = self._found(request)
        wanted = request.query.get("fields", "*all")
        return web.json_response(self._shown(request, issue, wanted.split(",")))

    def _shown(self, request: web.Request, issue: Issue, wanted: list[str]) -> dict[str, Any]:
        base = self._base(request)
        fields = shape.fields_of(base, issue)
        if not {"*all", "*navigable"} & set(wanted):
            fields = {name: value for name, value in fields.items() if name in wanted}
        link = f"{base}/rest/api/3/issue/{issue.id}"
        return {"id": issue.id, "key": issue.key, "self": link, "fields": fields}

    async def _edit(self, request: web.Request) -> web.Response:
        issue = self._found(request)
        body = await _body(request)
        fields = _fields(body) if "fields" in body else {}
        changes = body.get("update", {}).get("labels", [])
        if errors := shape.problems(fields, creating=False):
            raise Problem(400, **errors)
        issue.summary = fields.get("summary", issue.summary)
        issue.description = fields.get("description", issue.description)
        issue.labels = list(fields.get("labels", issue.labels))
        issue.priority = shape.priority_of(fields) or issue.priority
        for change in changes:
            if "add" in change and change["add"] not in issue.labels:
                issue.labels.append(change["add"])
            if change.get("remove") in issue.labels:
                issue.labels.remove(change["remove"])
        issue.updated = time.time()
        return web.Response(status=204)

    async def _comments(self, request: web.Request) -> web.Response:
        comments = self._found(request).comments
        page = {"startAt": 0, "maxResults": MOST_ROWS, "total": len(comments)}
        return web.json_response({**page, "comments": comments})

    async def _comment(self, request: web.Request) -> web.Response:
        issue = self._found(request)
        given = (await _body(request)).get("body")
        if not is_document(given):
            raise Problem(400, comment="Comment body is not valid!")
        issue.updated = time.time()
        author, now = shape.user(self._base(request)), shape.moment(issue.updated)
        number = str(30_000 + int(issue.id) * 100 + len(issue.comments))
        comment = {
            "self": f"{self._base(request)}/rest/api/3/issue/{issue.id}/comment/{number}",
            "id": number,
            "author": author,
            "updateAuthor": author,
            "body": given,
            "created": now,
            "updated": now,
            "jsdPublic": True,
        }
        issue.comments.append(comment)
        return web.json_response(comment, status=201)

    async def _transitions(self, request: web.Request) -> web.Response:
        self._found(request)
        base = self._base(request)
        return web.json_response(
            {
                "expand": "transitions",
                "transitions": [
                    {
                        "id": number,
                        "name": name,
                        "to": shape.status(base, name),
                        "hasScreen": False,
                        "isGlobal": True,
                        "isAvailable": True,
                    }
                    for number, name in TRANSITIONS.items()
                ],
            }
        )

    async def _transition(self, request: web.Request) -> web.Response:
        issue = self._found(request)
        chosen = (await _body(request)).get("transition")
        number = chosen.get("id") if isinstance(chosen, dict) else None
        if number is None:
            raise Problem(400, "Missing 'transition' identifier")
        if str(number) not in TRANSITIONS:
            raise Problem(400, f"Transition id '{number}' is not valid for this issue.")
        issue.status, issue.updated = TRANSITIONS[str(number)], time.time()
        return web.Response(status=204)

    async def _search(self, request: web.Request) -> web.Response:
        given: dict[str, Any] = dict(request.query)
        if request.method == "POST":
            given = await _body(request)
        wanted = given.get("fields", [])
        try:
            found = search(str(given.get("jql", "")), self._tracker.issues)
            size = min(int(given.get("maxResults", 50)), MOST_ROWS)
            start = int(given.get("nextPageToken") or 0)
        except JqlError as error:
            raise Problem(400, str(error)) from error
        except ValueError:
            raise Problem(400, "maxResults or nextPageToken is not valid.") from None
        names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
        rows = [
            self._shown(request, issue, names) if names else {"id": issue.id}
            for issue in found[start : start + size]
        ]
        page: dict[str, Any] = {"issues": rows, "isLast": start + size >= len(found)}
        if not page["isLast"]:
            page["nextPageToken"] = str(start + size)
        return web.json_response(page)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text())
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        message = "Invalid request payload. Refer to the REST API documentation and try again."
        raise Problem(400, message)
    return body


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    fields = body.get("fields")
    if not isinstance(fields, dict):
        raise Problem(400, fields="one of 'fields' or 'update' required")
    return fields
