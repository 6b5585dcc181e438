"""Slack's events and interactions over signed HTTP."""

from __future__ import annotations

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest


def add_slack_route(site: web.Application, app: AsyncApp) -> None:
    """Everything Slack sends comes to `/slack/events`; Bolt checks its signature."""

    async def take(request: web.Request) -> web.Response:
        body = (await request.read()).decode("utf-8", "replace")
        answer = await app.async_dispatch(
            AsyncBoltRequest(
                body=body,
                query=request.query_string,
                headers={name: request.headers.getall(name) for name in request.headers},
            )
        )
        return web.Response(
            status=answer.status,
            text=answer.body,
            headers={name: values[0] for name, values in answer.headers.items()},
        )

    site.router.add_post("/slack/events", take)
