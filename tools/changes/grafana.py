"""Changes told as Grafana annotations, where deploy pipelines and people leave them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from tools.changes.port import Change, ChangeFeed, ChangePage, ChangeQuery, Kind
from tools.changes.tools import QueryChanges
from tools.kit.http import HttpClient, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context

SERVICE_TAG = "service:"
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("deploy", re.compile(r"deploy(ment|ed)?|release|rollback", re.IGNORECASE)),
    ("config", re.compile(r"config(uration)?|parameter|variable|feature-?flag", re.IGNORECASE)),
)
"""What a tag says of the kind; the first that any tag matches whole."""


class GrafanaSettings(IntegrationSettings):
    """Grafana, on premises or in its cloud."""

    url: Annotated[str, Field(description="Address, such as https://grafana.example.com")]
    token: Annotated[
        SecretStr | None, Field(description="Service account token that may read annotations")
    ] = None


class Grafana:
    """A ChangeFeed over `/api/annotations`: a service's changes carry its name as a tag, bare or
    as `service:<name>`.
    """

    def __init__(self, settings: GrafanaSettings) -> None:
        token = settings.token
        self._http = HttpClient(
            "grafana",
            settings.url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")}
            if token
            else {},
            credentials=("token",),
            explain=lambda body: str(body.get("message", "")) if isinstance(body, dict) else "",
        )

    async def check(self) -> str:
        reply = await self._http.read("GET", "/api/health", within(10))
        # Health is open to everyone; only the annotations tell whether the token is good.
        await self._http.read("GET", "/api/annotations", within(10), query={"limit": 1})
        version = reply.record.get("version", "of unknown version")
        return f"Grafana {version} at {self._http.base_url}"

    async def close(self) -> None:
        await self._http.close()

    async def changes(self, query: ChangeQuery, ctx: Context) -> ChangePage:
        args: dict[str, str | int | float | list[str]] = {
            "from": _millis(query.start),
            "to": _millis(query.end),
            "tags": [tag for name in query.services for tag in (name, f"{SERVICE_TAG}{name}")],
            "matchAny": "true",
            "type": "annotation",
            "limit": query.limit,
        }
        reply = await self._http.read("GET", "/api/annotations", ctx, query=args)
        found = [_change(item, query.services) for item in reply.rows]
        found.sort(key=lambda change: change.at, reverse=True)
        return ChangePage(
            changes=tuple(found),
            query=f"GET /api/annotations?{urlencode(args, doseq=True)}",
            cut_off=len(found) >= query.limit,
        )


def _change(item: dict[str, Any], services: tuple[str, ...]) -> Change:
    tags: list[str] = item.get("tags") or []
    named = {tag.removeprefix(SERVICE_TAG) for tag in tags}
    return Change(
        at=datetime.fromtimestamp(item["time"] / 1000, UTC),
        text=_plain(item.get("text") or ""),
        services=tuple(name for name in services if name in named),
        kind=next(
            (kind for kind, word in KINDS if any(word.fullmatch(tag) for tag in tags)), "other"
        ),
        by=item.get("login") or item.get("email") or "",
    )


def _plain(text: str) -> str:
    """An annotation may hold HTML, such as a link to the pipeline: its words alone."""
    return unescape(re.sub(r"<[^<>]*>", " ", text)).strip()


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _tools(backend: ChangeFeed) -> tuple[QueryChanges]:
    return (QueryChanges(backend),)


GRAFANA = Integration(
    name="grafana",
    capability="changes",
    settings=GrafanaSettings,
    connect=Grafana,
    tools=_tools,
)
