"""PagerDuty and Opsgenie, as far as opsbot asks them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

PAGERDUTY_TOKEN = "pd-t0k"
OPSGENIE_KEY = "og-k3y"
MOMENT = "2026-11-23T01:47:00Z"


class FakePagerDuty:
    """Schedules by id, each with the people on call, and open incidents."""

    def __init__(self) -> None:
        self.schedules: dict[str, list[tuple[str, str]]] = {
            "PRIMARY": [
                ("Maya", "maya@sample-company.test"),
                ("Maya", "maya@sample-company.test"),
            ],
            "EMPTY": [],
        }
        self.incidents: list[dict[str, Any]] = []
        self.page = 100
        self.down = False

    def triggers(self, number: int, status: str = "triggered", service: str = "PSVC") -> None:
        self.incidents.append(
            {
                "id": f"Q{number}",
                "type": "incident",
                "self": f"https://api.pagerduty.com/incidents/Q{number}",
                "html_url": f"https://acme.pagerduty.com/incidents/Q{number}",
                "incident_number": number,
                "incident_key": f"key-{number}",
                "title": f"incident {number}",
                "status": status,
                "created_at": MOMENT,
                "urgency": "high",
                "priority": {"id": "P1", "type": "priority", "summary": "P1"},
                "service": {"id": service, "type": "service_reference", "summary": "etl"},
                "assignments": [{"at": MOMENT, "assignee": {"id": "PU", "summary": "Maya"}}],
            }
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.json_response({"error": {"message": "later"}}, status=500)
        if request.headers.get("Authorization") != f"Token token={PAGERDUTY_TOKEN}":
            error = {"error": {"code": 2006, "message": "You are not authorized"}}
            return web.json_response(error, status=401)
        if request.method != "GET" or request.path not in ("/oncalls", "/incidents"):
            return web.json_response({"error": {"message": "Not Found"}}, status=404)
        field = request.path.removeprefix("/")
        rows = self._oncalls(request) if field == "oncalls" else self._open(request)
        start = int(request.query.get("offset", "0"))
        end = start + min(int(request.query.get("limit", "25")), self.page)
        more = len(rows) > end
        return web.json_response({field: rows[start:end], "offset": start, "more": more})

    def _oncalls(self, request: web.Request) -> list[dict[str, Any]]:
        wanted = request.query.getall("schedule_ids[]", [])
        whole = "users" in request.query.getall("include[]", [])
        return [
            {
                "user": {"id": f"U{name}", "type": "user", "summary": name}
                | ({"name": name, "email": email} if whole else {}),
                "schedule": {"id": schedule, "summary": schedule.lower()},
                "escalation_level": 1,
            }
            for schedule in wanted
            for name, email in self.schedules.get(schedule, [])
        ]

    def _open(self, request: web.Request) -> list[dict[str, Any]]:
        statuses = request.query.getall("statuses[]", [])
        services = request.query.getall("service_ids[]", [])
        return [
            each
            for each in self.incidents
            if each["status"] in statuses and (not services or each["service"]["id"] in services)
        ]


class FakeOpsgenie:
    """Schedules by name, open alerts, and one heartbeat."""

    def __init__(self) -> None:
        self.schedules: dict[str, list[str]] = {
            "primary": ["maya@sample-company.test", "dev@sample-company.test"],
            "empty": [],
        }
        self.alerts: list[dict[str, Any]] = []
        self.pings: list[str] = []
        self.down = False

    def creates(self, number: int, status: str = "open") -> None:
        self.alerts.append(
            {
                "id": f"70413a06-38d6-4c85-92b8-5ebc900d{number:04}",
                "tinyId": str(number),
                "alias": f"alias-{number}",
                "message": f"alert {number}",
                "status": status,
                "tags": ["etl"],
                "priority": "P2",
                "source": "acme",
                "createdAt": "2026-11-23T01:47:00.123Z",
                "updatedAt": "2026-11-23T01:48:00.456Z",
            }
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.json_response({"message": "later"}, status=503)
        if request.headers.get("Authorization") != f"GenieKey {OPSGENIE_KEY}":
            return web.json_response({"message": "Key format is not valid!"}, status=422)
        parts = request.path.split("/")
        if request.method != "GET" or parts[:2] != ["", "v2"]:
            return _none()
        match parts[2:]:
            case ["schedules", name, "on-calls"] if name in self.schedules:
                parent = {"id": "s1", "name": name, "enabled": True}
                data = {"_parent": parent, "onCallRecipients": self.schedules[name]}
                return web.json_response({"data": data, "took": 0.1, "requestId": "r"})
            case ["alerts"]:
                return self._page(request)
            case ["heartbeats", name]:
                state = {"name": name, "enabled": True, "expired": False}
                return web.json_response({"data": state, "requestId": "r"})
            case ["heartbeats", name, "ping"]:
                self.pings.append(name)
                answer = {"result": "PONG - Heartbeat received", "took": 0.1, "requestId": "r"}
                return web.json_response(answer, status=202)
            case _:
                return _none()

    def _page(self, request: web.Request) -> web.StreamResponse:
        query = request.query.get("query", "")
        rows = [a for a in self.alerts if "status:open" not in query or a["status"] == "open"]
        start, limit = int(request.query.get("offset", "0")), int(request.query.get("limit", "20"))
        return web.json_response({"data": rows[start : start + min(limit, 100)], "requestId": "r"})


def _none() -> web.StreamResponse:
    return web.json_response({"message": "No resource found", "requestId": "r"}, status=404)
