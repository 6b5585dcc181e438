"""The sample company's Grafana, of which only the annotations are in use."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.company.change_feed import Annotation, ChangeFeed

VERSION = "11.4.0"
USUAL_LIMIT = 100
OPEN_PATHS = frozenset({"/api/health"})


class GrafanaApi:
    """Answers as Grafana 11 does to a service account."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed
        self.token = f"glsa_{secrets.token_hex(20)}"
        self.app = web.Application(middlewares=[self._guard])
        self.app.router.add_get("/api/health", self._health)
        self.app.router.add_get("/api/annotations", self._annotations)
        self.app.router.add_post("/api/annotations", self._annotate)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        right = secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode())
        if not right and request.path not in OPEN_PATHS:
            return web.json_response({"message": "Unauthorized"}, status=401)
        try:
            return await handler(request)
        except ValueError as error:
            return web.json_response({"message": f"bad request data: {error}"}, status=400)
        except web.HTTPNotFound:
            return web.json_response({"message": "Not found"}, status=404)

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"commit": "acme", "database": "ok", "version": VERSION})

    async def _annotations(self, request: web.Request) -> web.Response:
        query = request.query
        start = int(query.get("from", 0))
        end = int(query["to"]) if "to" in query else _millis(time.time())
        tags = set(query.getall("tags", []))
        any_tag = query.get("matchAny") == "true"
        found = [
            one
            for one in reversed(self._feed.annotations)
            if start <= _millis(one.at) <= end and _tagged(one, tags, any_tag=any_tag)
        ]
        if query.get("type") == "alert":
            found = []
        limit = int(query.get("limit", USUAL_LIMIT)) or USUAL_LIMIT
        return web.json_response([_shown(one) for one in found[:limit]])

    async def _annotate(self, request: web.Request) -> web.Response:
        given = json.loads(await request.text())
        if not isinstance(given, dict) or not given.get("text"):
            return web.json_response({"message": "text field should not be empty"}, status=400)
        at = given["time"] / 1000 if given.get("time") else None
        made = self._feed.add(given["text"], tuple(given.get("tags") or ()), "sa-opsbot", at=at)
        return web.json_response({"message": "Annotation added", "id": made.id})


def _tagged(annotation: Annotation, wanted: set[str], *, any_tag: bool) -> bool:
    held = wanted & set(annotation.tags)
    return not wanted or (bool(held) if any_tag else held == wanted)


def _millis(moment: float) -> int:
    return int(moment * 1000)


def _shown(annotation: Annotation) -> dict[str, Any]:
    moment = _millis(annotation.at)
    return {
        "id": annotation.id,
        "alertId": 0,
        "alertName": "",
        "dashboardId": 0,
        "dashboardUID": "",
        "panelId": 0,
        "userId": 1,
        "newState": "",
        "prevState": "",
        "created": moment,
        "updated": moment,
        "time": moment,
        "timeEnd": moment,
        "text": annotation.text,
        "tags": list(annotation.tags),
        "login": annotation.login,
        "email": f"{annotation.login}@acme.example",
        "avatarUrl": "",
        "data": {},
    }
