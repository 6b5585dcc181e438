"""A signed-in connection to Airflow: the token fetched once, and again when it has lapsed."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from tools.kit.http import HttpClient, Query
from tools.kit.http_errors import Reply
from tools.kit.tool import Context

API = "/api/v2"
LAPSED = (401, 403)
"""Airflow 3 answers 403, not 401, to a token that is no longer good."""


class AirflowSession:
    """Every call carries a token; one that was refused is renewed once, then believed."""

    def __init__(
        self, url: str, username: str, password: SecretStr | None, token: SecretStr | None
    ) -> None:
        self._username = username
        self._password = password
        self._given = token
        self._token = token
        self._http = HttpClient(
            "airflow",
            url,
            credentials=("token",) if token else ("username", "password"),
            explain=_explain,
        )

    async def read(
        self,
        path: str,
        ctx: Context,
        *,
        query: Query | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply:
        token, fresh = await self._signed_in(ctx)
        last = fresh or self._given is not None
        reply = await self._http.read(
            "GET", API + path, ctx, query=query, headers=token,
            allow=allow if last else (*allow, *LAPSED),
        )  # fmt: skip
        if reply.status in LAPSED:
            self._token = None
            return await self.read(path, ctx, query=query, allow=allow)
        return reply

    async def write(
        self,
        method: str,
        path: str,
        ctx: Context,
        *,
        json: Any,
        query: Query | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply:
        """Sent again only after a refusal of its token, which is proof that nothing happened."""
        token, fresh = await self._signed_in(ctx)
        last = fresh or self._given is not None
        reply = await self._http.write(
            method, API + path, ctx, query=query, json=json, headers=token,
            allow=allow if last else (*allow, *LAPSED),
        )  # fmt: skip
        if reply.status in LAPSED:
            self._token = None
            return await self.write(method, path, ctx, query=query, json=json, allow=allow)
        return reply

    async def close(self) -> None:
        await self._http.close()

    async def _signed_in(self, ctx: Context) -> tuple[dict[str, SecretStr], bool]:
        """The header to send, and whether its token was fetched just now."""
        fresh = self._token is None
        token = self._token or await self._sign_in(ctx)
        self._token = token
        return {"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")}, fresh

    async def _sign_in(self, ctx: Context) -> SecretStr:
        body = {"username": self._username, "password": self._password}
        reply = await self._http.read("POST", "/auth/token", ctx, json=body)
        return SecretStr(reply.record["access_token"])


def _explain(body: Any) -> str:
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, list):
        return "; ".join(
            f"{'.'.join(str(part) for part in each.get('loc', ()))}: {each.get('msg')}"
            for each in detail
            if isinstance(each, dict)
        )
    if isinstance(detail, dict):
        return str(detail.get("reason") or detail.get("message") or "")
    return str(detail or "")
