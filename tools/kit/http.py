"""One HTTP client for every vendor: bounded, patient with reads, single-minded with writes."""

from __future__ import annotations

import asyncio
import json as jsonlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr
from yarl import URL

from tools.kit import http_errors
from tools.kit.errors import InvalidCall, OutcomeUnknown, ToolError, Unavailable
from tools.kit.http_errors import Reply, Sent
from tools.kit.tool import Context

CONNECT_SECONDS = 3.0
MAX_BODY_BYTES = 8 * 1024 * 1024
ATTEMPTS = 3
"""How often a read is sent before it counts as unavailable. A write is sent once."""

Query = Mapping[str, str | int | float | list[str]]


def within(seconds: float) -> Context:
    """A context for calls that no one else gave a deadline, such as a start-up check."""
    return Context(deadline=datetime.now(UTC) + timedelta(seconds=seconds))


def segment(text: str) -> str:
    """One segment of a path, quoted. Raises InvalidCall where it would leave its place."""
    if text in ("", ".", ".."):
        raise InvalidCall(f"{text!r} can't be a name in a path")
    return quote(text, safe="*,")


class HttpClient:
    """Speaks JSON with one backend, and turns each failure into the ToolError it means.

    Reads are repeated while the deadline allows. Writes leave once, each on a connection of
    its own, so that a connection that went stale in the pool can't make an outcome unknown.
    Redirects are never followed: they would carry the credential elsewhere.
    """

    def __init__(
        self,
        integration: str,
        base_url: str,
        *,
        headers: Mapping[str, SecretStr] | None = None,
        credentials: tuple[str, ...] = (),
        explain: Callable[[Any], str] = lambda body: "",
    ) -> None:
        """`credentials` names the settings to check after a 401; `explain` finds the backend's
        own words in a refusal's JSON body. Raises ValueError for an address that can't work.
        """
        url = URL(base_url)
        if "@" in base_url or url.query_string or url.fragment:
            raise ValueError(
                f"{integration}: url must be an address alone; credentials have their own settings"
            )
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"{integration}: url {base_url!r} must begin http:// or https://")
        self.base_url = base_url.rstrip("/")
        self._integration = integration
        self._headers = dict(headers or {})
        self._credentials = credentials
        self._explain = explain
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}

    async def read(
        self,
        method: str,
        path: str,
        ctx: Context,
        *,
        query: Query | None = None,
        json: Any = None,
        headers: Mapping[str, SecretStr] | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply:
        """Ask, again if need be, until `ctx.deadline`.

        A SecretStr inside `json` is sent in clear and shown as asterisks. Statuses in `allow`
        are returned instead of raised. Raises InvalidCall, Refused or Unavailable.
        """
        sent = self._sent(method, path, query, json, headers)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                reply = await self._exchange(sent, ctx, fresh=False)
            except (aiohttp.ClientError, OSError) as error:
                failure: ToolError = Unavailable(f"{sent}: {http_errors.describe(error)}")
                failure.__cause__ = error
                pause: float | None = None
            else:
                if _wanted(reply, allow):
                    return reply
                failure = http_errors.of_read(sent, reply)
                pause = reply.retry_after
            wait = http_errors.backoff(attempt) if pause is None else pause
            out_of_time = _remaining(ctx) <= wait
            if not isinstance(failure, Unavailable) or attempt == ATTEMPTS or out_of_time:
                break
            await asyncio.sleep(wait)
        raise failure

    async def write(
        self,
        method: str,
        path: str,
        ctx: Context,
        *,
        json: Any = None,
        query: Query | None = None,
        headers: Mapping[str, SecretStr] | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply:
        """Send once. Raises Unavailable only where nothing can have happened, InvalidCall and
        Refused where the backend said no, and OutcomeUnknown for everything in between.
        """
        sent = self._sent(method, path, query, json, headers)
        sent.write = True
        try:
            reply = await self._exchange(sent, ctx, fresh=True)
        except (aiohttp.ClientError, OSError) as error:
            what = f"{sent}: {http_errors.describe(error)}"
            if sent.left:
                raise OutcomeUnknown(f"{what}; it had been sent, read it back") from error
            raise Unavailable(f"{what}; nothing was sent") from error
        except ToolError as error:
            if sent.left:
                raise OutcomeUnknown(f"{error}; it had been sent, read it back") from error
            raise
        if _wanted(reply, allow):
            return reply
        raise http_errors.of_write(sent, reply)

    async def close(self) -> None:
        """Let go of the connections of the running loop, and forget those of dead ones."""
        loop = asyncio.get_running_loop()
        session = self._sessions.pop(loop, None)
        if session is not None:
            await session.close()
        await self._forget_dead_loops()

    def _sent(
        self,
        method: str,
        path: str,
        query: Query | None,
        json: Any,
        headers: Mapping[str, SecretStr] | None,
    ) -> Sent:
        url = URL(self.base_url + path, encoded=True)
        return Sent(
            integration=self._integration,
            method=method,
            url=url.with_query(dict(query)) if query else url,
            path=path,
            body=json,
            headers={**self._headers, **(headers or {})},
            credentials=self._credentials,
            explain=self._explain,
        )

    async def _exchange(self, sent: Sent, ctx: Context, *, fresh: bool) -> Reply:
        remaining = _remaining(ctx)
        if remaining <= 0:
            raise Unavailable(f"{sent}: its deadline passed before it was sent")
        headers = {"Accept": "application/json"}
        headers |= {name: value.get_secret_value() for name, value in sent.headers.items()}
        data = None
        if sent.body is not None:
            headers["Content-Type"] = "application/json"
            data = jsonlib.dumps(sent.body, default=http_errors.reveal).encode()
        timeout = aiohttp.ClientTimeout(total=remaining, sock_connect=CONNECT_SECONDS)
        session = self._lone_session() if fresh else await self._pooled_session()
        try:
            async with session.request(
                sent.method,
                sent.url,
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                trace_request_ctx=sent,
            ) as response:
                body = await _bounded(response, sent)
                return http_errors.reply(sent, response.status, response.headers, body)
        finally:
            if fresh:
                await session.close()

    async def _pooled_session(self) -> aiohttp.ClientSession:
        # A worker runs one asyncio.run after another; a session works in its own loop alone.
        await self._forget_dead_loops()
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = _session(aiohttp.TCPConnector(limit=20))
        return session

    def _lone_session(self) -> aiohttp.ClientSession:
        return _session(aiohttp.TCPConnector(force_close=True), _never_again)

    async def _forget_dead_loops(self) -> None:
        for loop, session in list(self._sessions.items()):
            if loop.is_closed():
                self._sessions.pop(loop, None)
                await session.close()


class _ConnectionLost(aiohttp.ClientError):
    """A connection that broke after it stood, in a form that aiohttp does not retry."""


async def _never_again(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # aiohttp by itself sends a PUT or a DELETE a second time when the connection breaks.
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionLost(str(error)) from error


def _session(
    connector: aiohttp.TCPConnector, *middlewares: aiohttp.ClientMiddlewareType
) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_mark_left)
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": "opsbot"},
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
        middlewares=middlewares,
    )


async def _mark_left(session: aiohttp.ClientSession, ctx: SimpleNamespace, params: object) -> None:
    # From the moment a connection stands, nobody here can tell what reached the backend.
    ctx.trace_request_ctx.left = True


async def _bounded(response: aiohttp.ClientResponse, sent: Sent) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise InvalidCall(
                f"{sent}: the answer is over {MAX_BODY_BYTES // 1024 // 1024} MiB; ask for less"
            )
    return bytes(body)


def _wanted(reply: Reply, allow: tuple[int, ...]) -> bool:
    # A 404 in HTML is some proxy's: it proves nothing about what the backend holds.
    return reply.status < 300 or (reply.status in allow and not isinstance(reply.body, str))


def _remaining(ctx: Context) -> float:
    return (ctx.deadline - datetime.now(UTC)).total_seconds()
