"""What fires in Alertmanager now, over its API v2."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from pydantic import Field, SecretStr

from tools.kit.http import HttpClient, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.sender import Standing
from tools.kit.tool import Context


class AlertmanagerSettings(IntegrationSettings):
    """Alertmanager by itself asks for no credentials; what stands before it may."""

    url: Annotated[str, Field(description="Address before /api/v2")]
    receiver: Annotated[
        str, Field(description="Name of the receiver that sends here; empty: alerts of all")
    ] = ""
    token: Annotated[
        SecretStr | None, Field(description="Bearer token, where a proxy in front asks for one")
    ] = None
    username: Annotated[str, Field(description="User of basic auth, instead of a token")] = ""
    password: Annotated[SecretStr | None, Field(description="That user's password")] = None


class Alertmanager:
    """A sender of alerts that can be asked what fires."""

    def __init__(self, settings: AlertmanagerSettings) -> None:
        self._receiver = settings.receiver
        self._http = HttpClient(
            "alertmanager",
            settings.url,
            headers=_credentials(settings),
            credentials=("token", "username", "password"),
            explain=lambda body: body if isinstance(body, str) else "",
        )

    async def check(self) -> str:
        status = (await self._http.read("GET", "/api/v2/status", within(10))).record
        version = status["versionInfo"].get("version", "of unknown version")
        return f"Alertmanager {version} at {self._http.base_url}"

    async def close(self) -> None:
        await self._http.close()

    async def standing(self, ctx: Context) -> Standing:
        query: dict[str, str | int | float | list[str]] = {"receiver": self._receiver}
        reply = await self._http.read(
            "GET", "/api/v2/alerts", ctx, query=query if self._receiver else None
        )
        active = [each["status"]["state"] == "active" for each in reply.rows]
        bodies = [self._body(each) for each in reply.rows]
        pairs = list(zip(bodies, active, strict=True))
        return Standing(
            told=tuple(body for body, is_active in pairs if is_active),
            withheld=tuple(body for body, is_active in pairs if not is_active),
        )

    def _body(self, alert: dict[str, Any]) -> dict[str, Any]:
        """One alert as the webhook tells a group of one; `endsAt` is only a guess until it ends."""
        kept = ("labels", "annotations", "startsAt", "fingerprint")
        return {
            "version": "4",
            "status": "firing",
            "externalURL": self._http.base_url,
            "alerts": [
                {
                    "status": "firing",
                    "generatorURL": alert.get("generatorURL") or "",
                    **{name: alert[name] for name in kept},
                }
            ],
        }


def _credentials(settings: AlertmanagerSettings) -> dict[str, SecretStr]:
    if settings.token:
        return {"Authorization": SecretStr(f"Bearer {settings.token.get_secret_value()}")}
    if settings.password:
        pair = f"{settings.username}:{settings.password.get_secret_value()}".encode()
        return {"Authorization": SecretStr(f"Basic {base64.b64encode(pair).decode()}")}
    return {}


def _tools(backend: Alertmanager) -> tuple[()]:
    return ()


ALERTMANAGER = Integration(
    name="alertmanager",
    capability="alerts",
    settings=AlertmanagerSettings,
    connect=Alertmanager,
    tools=_tools,
)
