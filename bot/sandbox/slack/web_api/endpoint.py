"""The address every Web API call arrives at: tokens, limits, and the right method."""

from __future__ import annotations

import hmac

from aiohttp import web

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.web_api import (
    chat,
    conversations,
    people,
    reactions,
    sessions,
    streams,
    views,
)
from bot.sandbox.slack.web_api.arguments import Call, Method, read_body

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **people.METHODS,
    **reactions.METHODS,
    **sessions.METHODS,
    **streams.METHODS,
    **views.METHODS,
}


async def answer(state: SlackState, request: web.Request) -> web.Response:
    """Answers one call as Slack does: 200 with `ok`, 429, or 503 during an outage."""
    name = request.match_info["method"]
    if state.traffic.down:
        state.traffic.record(name, {}, "service_unavailable")
        return web.json_response({"ok": False, "error": "service_unavailable"}, status=503)
    body: Json = {}
    error: str | None = None
    wait = 0
    try:
        body = await read_body(request)
        known = None if name in state.traffic.forgotten else METHODS.get(name)
        method = _authorized(state, request, body, known, name)
        wait = state.traffic.retry_after(name, str(body.get("channel", "")), method.per_minute)
        if wait:
            error = "ratelimited"
            headers = {"Retry-After": str(wait)}
            return web.json_response({"ok": False, "error": error}, status=429, headers=headers)
        _check_scope(state, method)
        result = {"ok": True, **await method.handler(Call(state, body))}
    except SlackError as refusal:
        error = refusal.code
        result = {"ok": False, "error": refusal.code, **refusal.extra}
    finally:
        state.traffic.record(name, body, error, wait)
    scopes = ",".join(state.workspace.app.scopes)
    return web.json_response(result, headers={"x-oauth-scopes": scopes})


def _authorized(
    state: SlackState, request: web.Request, body: Json, method: Method | None, name: str
) -> Method:
    header = request.headers.get("Authorization", "")
    given = header.removeprefix("Bearer ").strip() if header else str(body.get("token", ""))
    if not given:
        raise SlackError("not_authed")
    kinds = {"bot": state.bot_token, "app": state.app_token}
    matching = [
        kind
        for kind, token in kinds.items()
        if hmac.compare_digest(given.encode(errors="replace"), token.encode())
    ]
    if not matching:
        raise SlackError("invalid_auth")
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    if method.caller not in matching:
        raise SlackError("not_allowed_token_type")
    return method


def _check_scope(state: SlackState, method: Method) -> None:
    granted = state.workspace.app.scopes
    if method.caller == "bot" and method.scopes and not set(method.scopes) & set(granted):
        raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(granted))
