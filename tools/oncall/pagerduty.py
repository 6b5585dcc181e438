"""On-call schedules and open incidents of PagerDuty, over its REST API v2."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from tools.kit.errors import Refused
from tools.kit.http import HttpClient, Query, within
from tools.kit.http_errors import Answer
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.sender import Standing
from tools.kit.tool import Context
from tools.oncall.port import Duty, Person
from tools.oncall.tools import GetOncall

PAGE = 100
MOST = 2_000
"""Open incidents beyond which the answer is no longer taken for the whole."""


class PagerDutySettings(IntegrationSettings):
    """A read-only API key is enough."""

    url: Annotated[
        str, Field(description="Address of the API (default https://api.pagerduty.com)")
    ] = "https://api.pagerduty.com"
    token: Annotated[SecretStr, Field(description="API key; a read-only one is enough")]
    services: Annotated[
        str,
        Field(description="Ids of the services whose webhooks come here, by commas; empty: all"),
    ] = ""


class PagerDuty:
    """A Rota, and a sender of alerts that can be asked what is open."""

    def __init__(self, settings: PagerDutySettings) -> None:
        self._services = [each.strip() for each in settings.services.split(",") if each.strip()]
        self._http = HttpClient(
            "pagerduty",
            settings.url,
            headers={
                "Authorization": SecretStr(f"Token token={settings.token.get_secret_value()}"),
                "Accept": SecretStr("application/vnd.pagerduty+json;version=2"),
            },
            credentials=("token",),
            explain=_explain,
        )

    async def check(self) -> str:
        await self._http.read("GET", "/oncalls", within(10), query={"limit": 1})
        await self._http.read("GET", "/incidents", within(10), query={"limit": 1})
        return f"PagerDuty at {self._http.base_url}"

    async def close(self) -> None:
        await self._http.close()

    async def on_call(self, schedule: str, ctx: Context) -> Duty:
        query: dict[str, str | int | float | list[str]] = {
            "schedule_ids[]": [schedule],
            "include[]": ["users"],
        }
        found = await self._all("/oncalls", "oncalls", query, ctx)
        # One entry for each escalation policy that uses the schedule.
        people = {entry["user"]["id"]: _person(entry["user"]) for entry in found}
        return Duty(tuple(people.values()), f"GET /oncalls?{urlencode(query, doseq=True)}")

    async def standing(self, ctx: Context) -> Standing:
        query: dict[str, str | int | float | list[str]] = {
            "statuses[]": ["triggered", "acknowledged"],
            "date_range": "all",
        }
        if self._services:
            query["service_ids[]"] = self._services
        found = await self._all("/incidents", "incidents", query, ctx)
        return Standing(tuple(_triggered(incident) for incident in found))

    async def _all(self, path: str, field: str, query: Query, ctx: Context) -> list[Answer]:
        """Every page. Raises Refused where there are more than can be told apart."""
        found: list[Answer] = []
        while True:
            page = {**query, "limit": PAGE, "offset": len(found)}
            reply = (await self._http.read("GET", path, ctx, query=page)).record
            rows: list[Answer] = reply[field]
            found += rows
            if not reply.get("more") or not rows:
                return found
            if len(found) >= MOST:
                raise Refused(f"pagerduty: more than {MOST} {field}; name fewer services")


def _person(user: dict[str, Any]) -> Person:
    email = str(user.get("email") or "")
    return Person(str(user.get("name") or user.get("summary") or email or user["id"]), email)


def _triggered(incident: dict[str, Any]) -> dict[str, Any]:
    """The incident as the V3 webhook told of it when it was triggered."""
    kept = ("id", "self", "html_url", "status", "incident_key", "created_at", "title", "service")
    more = ("escalation_policy", "teams", "priority", "urgency")
    assignments = incident.get("assignments") or []
    return {
        "event": {
            "id": f"standing-{incident['id']}",
            "event_type": "incident.triggered",
            "resource_type": "incident",
            "occurred_at": incident["created_at"],
            "data": {
                "type": "incident",
                "number": incident.get("incident_number"),
                "assignees": [each["assignee"] for each in assignments],
                **{name: incident.get(name) for name in (*kept, *more)},
            },
        }
    }


def _explain(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    return " ".join([str(error.get("message", "")), *map(str, error.get("errors") or ())])


def _tools(backend: PagerDuty) -> tuple[GetOncall]:
    return (GetOncall(backend),)


PAGERDUTY = Integration(
    name="pagerduty",
    capability="oncall",
    settings=PagerDutySettings,
    connect=PagerDuty,
    tools=_tools,
)
