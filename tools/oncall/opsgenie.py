"""On-call schedules, open alerts and the heartbeat of Opsgenie, over its REST API v2."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from tools.kit.errors import Refused
from tools.kit.http import HttpClient, segment, within
from tools.kit.http_errors import Answer
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.sender import Standing
from tools.kit.tool import Context
from tools.oncall.opsgenie_heartbeat import OpsgenieHeartbeat
from tools.oncall.port import Duty, Person
from tools.oncall.tools import GetOncall

PAGE = 100
MOST = 2_000
"""Open alerts beyond which the answer is no longer taken for the whole."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class OpsgenieSettings(IntegrationSettings):
    """An API key with the rights to read alerts and schedules, and to ping the heartbeat."""

    url: Annotated[
        str,
        Field(description="Address of the API (default https://api.opsgenie.com; .eu. in Europe)"),
    ] = "https://api.opsgenie.com"
    api_key: Annotated[SecretStr, Field(description="API key, without the word GenieKey")]
    query: Annotated[
        str,
        Field(description="Search for the alerts whose webhooks come here; empty: all open ones"),
    ] = ""
    heartbeat: Annotated[
        str, Field(description="Name of the heartbeat that opsbot keeps alive; empty: none")
    ] = ""


class Opsgenie:
    """A Rota, and a sender of alerts that can be asked what is open."""

    def __init__(self, settings: OpsgenieSettings) -> None:
        self._query = f"status:open AND ({settings.query})" if settings.query else "status:open"
        self._http = HttpClient(
            "opsgenie",
            settings.url,
            headers={"Authorization": SecretStr(f"GenieKey {settings.api_key.get_secret_value()}")},
            credentials=("api_key",),
            explain=lambda body: str(body.get("message", "")) if isinstance(body, dict) else "",
        )
        self.heartbeat = (
            OpsgenieHeartbeat(self._http.base_url, settings.api_key, settings.heartbeat)
            if settings.heartbeat
            else None
        )

    async def check(self) -> str:
        await self._http.read("GET", "/v2/alerts", within(10), query={"limit": 1})
        said = f"Opsgenie at {self._http.base_url}"
        if self.heartbeat is None:
            return said
        path = f"/v2/heartbeats/{segment(self.heartbeat.name)}"
        found = (await self._http.read("GET", path, within(10))).record["data"]
        state = "enabled" if found.get("enabled") else "disabled, so its silence calls nobody"
        return f"{said}; heartbeat {self.heartbeat.name!r} is {state}"

    async def close(self) -> None:
        await self._http.close()

    async def on_call(self, schedule: str, ctx: Context) -> Duty:
        kind = "id" if _ID.fullmatch(schedule) else "name"
        path = f"/v2/schedules/{segment(schedule)}/on-calls"
        query = {"scheduleIdentifierType": kind, "flat": "true"}
        reply = await self._http.read("GET", path, ctx, query=query)
        addresses: list[str] = reply.record["data"]["onCallRecipients"]
        people = tuple(Person(each, each) for each in dict.fromkeys(addresses))
        return Duty(people, f"GET {path}?{urlencode(query)}")

    async def standing(self, ctx: Context) -> Standing:
        found: list[Answer] = []
        while True:
            page: dict[str, str | int | float | list[str]] = {
                "query": self._query,
                "sort": "createdAt",
                "order": "asc",
                "limit": PAGE,
                "offset": len(found),
            }
            reply = (await self._http.read("GET", "/v2/alerts", ctx, query=page)).record
            rows: list[Answer] = reply["data"]
            found += rows
            if len(rows) < PAGE:
                return Standing(tuple(_created(alert) for alert in found))
            if len(found) >= MOST:
                raise Refused(f"opsgenie: more than {MOST} open alerts; narrow the query")


def _created(alert: dict[str, Any]) -> dict[str, Any]:
    """The alert as the webhook told of it when it was created."""
    kept = ("message", "tags", "tinyId", "alias", "entity", "priority", "source", "description")
    return {
        "action": "Create",
        "alert": {
            "alertId": alert["id"],
            "createdAt": _millis(alert["createdAt"]),
            "updatedAt": _millis(alert.get("updatedAt") or alert["createdAt"]),
            "details": alert.get("details") or {},
            **{name: alert[name] for name in kept if name in alert},
        },
    }


def _millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _tools(backend: Opsgenie) -> tuple[GetOncall]:
    return (GetOncall(backend),)


OPSGENIE = Integration(
    name="opsgenie",
    capability="oncall",
    settings=OpsgenieSettings,
    connect=Opsgenie,
    tools=_tools,
)
