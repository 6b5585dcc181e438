"""A server before somebody else's: passes everything on, and keeps what was asked."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from tests.fakes.http_server import Handler

_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def forwarding(
    session: aiohttp.ClientSession, port: int, *, gets_are_posts: bool = False
) -> Handler:
    """`gets_are_posts`: a query becomes a form, for a server that knows but one of the two."""

    async def forward(request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _OURS}
        method, path, body = request.method, request.path_qs, await request.read()
        if gets_are_posts and method == "GET":
            method, path, body = "POST", request.path, request.query_string.encode()
            headers |= _FORM
        url = f"http://127.0.0.1:{port}{path}"
        async with session.request(method, url, data=body, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _OURS}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            except aiohttp.ClientError:
                # It cut the connection, so that is what its client has to see.
                assert request.transport is not None
                request.transport.close()
            return response

    return forward
