"""Slack's events and interactions over signed HTTP."""

from __future__ import annotations

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest


def add_slack_route(site: web.Application, app: AsyncApp) -> None:
    """Everything Slack sends comes to `/slack/events`; Bolt checks its signature."""

    async def take(request: web.Request) -> web.Response:
        if not _could_be_signed(request):
            return _refused()
        try:
            asked = AsyncBoltRequest(
                body=(await request.read()).decode(),
                query=request.query_string,
                headers={name: request.headers.getall(name) for name in request.headers},
            )
        except ValueError:
            return _refused()
        answer = await app.async_dispatch(asked)
        return web.Response(
            status=answer.status,
            text=answer.body,
            headers={name: values[0] for name, values in answer.headers.items()},
        )

    site.router.add_post("/slack/events", take)


def _could_be_signed(request: web.Request) -> bool:
    """False for what makes the SDK's verifier raise, which Bolt would answer with 500."""
    at = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    return at.isascii() and at.isdigit() and len(at) <= 12 and signature.isascii()


def _refused() -> web.Response:
    return web.json_response({"error": "invalid request"}, status=401)
