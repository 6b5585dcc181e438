"""Slack's events and interactions over signed HTTP."""

from __future__ import annotations

import logging

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

log = logging.getLogger(__name__)


def add_slack_route(site: web.Application, app: AsyncApp) -> None:
    """Everything Slack sends comes to `/slack/events`; Bolt checks its signature.

    The check raises on what no signer of Slack's would send; that is refused like any other.
    """

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            answer = await app.async_dispatch(
                AsyncBoltRequest(
                    body=body.decode(),
                    query=request.query_string,
                    headers={name: request.headers.getall(name) for name in request.headers},
                )
            )
        except (ValueError, TypeError):
            log.warning("a request to /slack/events can't be read", exc_info=True)
            return web.json_response({"error": "invalid request"}, status=401)
        return web.Response(
            status=answer.status,
            text=answer.body,
            headers={name: values[0] for name, values in answer.headers.items()},
        )

    site.router.add_post("/slack/events", take)
