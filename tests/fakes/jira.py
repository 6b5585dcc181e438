"""As much of Jira Cloud's REST API v3 as the tickets tools ask."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

STATUSES = {
    "To Do": "new",
    "In Progress": "indeterminate",
    "Won't do": "done",
    "Done": "done",
}


class FakeJira:
    """Two projects and their issues, in memory; every status leads to every other."""

    def __init__(self) -> None:
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.locked: set[str] = set()
        """Keys of issues that their workflow lets go nowhere."""
        self.changes = 0

    def add(self, summary: str, status: str = "To Do", labels: list[str] | None = None) -> str:
        key = f"DATA-{len(self.issues) + 1}"
        self.issues[key] = {"summary": summary, "status": status, "labels": labels or []}
        self.comments[key] = []
        return key

    def texts(self, key: str) -> list[str]:
        """All text of an issue's comments, one string each."""
        return [_text(comment["body"]) for comment in self.comments[key]]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/rest/api/3/")
        if not request.headers.get("Authorization", "").startswith("Basic "):
            return web.json_response({}, status=401)
        if path == "myself":
            return web.json_response({"displayName": "Ops Bot"})
        if path.startswith("project/"):
            return _project(path.removeprefix("project/"))
        if path == "search/jql":
            return self._search(request.query["jql"])
        if path == "issue":
            return await self._create(request)
        key, _, rest = path.removeprefix("issue/").partition("/")
        if key not in self.issues:
            return _errors(404, "Issue does not exist or you do not have permission to see it.")
        if rest == "comment":
            return await self._comment(request, key)
        if rest == "transitions":
            return await self._transition(request, key)
        return web.json_response(self._issue(key))

    async def _create(self, request: web.Request) -> web.Response:
        fields = (await request.json())["fields"]
        if fields["project"]["key"] not in ("DATA", "OPS"):
            errors = {"project": "valid project is required"}
            return web.json_response({"errorMessages": [], "errors": errors}, status=400)
        key = self.add(fields["summary"], labels=fields["labels"])
        self.changes += 1
        return web.json_response({"id": "1", "key": key, "self": "x"}, status=201)

    async def _comment(self, request: web.Request, key: str) -> web.Response:
        if request.method == "GET":
            newest = list(reversed(self.comments[key]))
            return web.json_response({"comments": newest, "total": len(newest)})
        body = await request.json()
        if not isinstance(body["body"], dict):
            return _errors(400, "Comment body is not valid!")
        self.comments[key].append({"id": "1", "body": body["body"]})
        self.changes += 1
        return web.json_response({"id": "1"}, status=201)

    async def _transition(self, request: web.Request, key: str) -> web.Response:
        offered = [] if key in self.locked else list(STATUSES)
        if request.method == "GET":
            moves = [{"id": str(n), "to": _status(name)} for n, name in enumerate(offered)]
            return web.json_response({"transitions": moves})
        wanted = (await request.json())["transition"]["id"]
        self.issues[key]["status"] = offered[int(wanted)]
        self.changes += 1
        return web.Response(status=204)

    def _search(self, jql: str) -> web.Response:
        if label := re.fullmatch(r'labels = "(.+)"', jql):
            keys = [key for key, issue in self.issues.items() if label[1] in issue["labels"]]
        elif phrase := re.fullmatch(r'text ~ "\\"(.+)\\""', jql):
            keys = [
                key for key in self.issues if any(phrase[1] in text for text in self.texts(key))
            ]
        else:
            return _errors(400, f"Error in the JQL Query: {jql}")
        return web.json_response({"issues": [self._issue(key) for key in keys], "isLast": True})

    def _issue(self, key: str) -> dict[str, Any]:
        issue = self.issues[key]
        fields = {"summary": issue["summary"], "status": _status(issue["status"])}
        return {"id": "1", "key": key, "fields": fields}


def _project(key: str) -> web.Response:
    if key not in ("DATA", "OPS"):
        return _errors(404, f"No project could be found with key '{key}'.")
    return web.json_response({"id": "1", "key": key})


def _status(name: str) -> dict[str, Any]:
    return {"name": name, "statusCategory": {"key": STATUSES[name]}}


def _errors(status: int, message: str) -> web.Response:
    return web.json_response({"errorMessages": [message], "errors": {}}, status=status)


def _text(node: dict[str, Any]) -> str:
    return str(node.get("text", "")) + " ".join(_text(each) for each in node.get("content", ()))
