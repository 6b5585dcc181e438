"""The addresses where an app answers an interaction without a token."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.interactions import app_answer
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.state import SlackState


async def respond(state: SlackState, request: web.Request) -> web.Response:
    """Takes one answer: a new message, or a change of the one that was clicked."""
    try:
        body = await request.json()
    except ValueError:
        return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
    if not isinstance(body, dict):
        return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
    try:
        _apply(state, request.match_info["secret"], body)
    except SlackError as error:
        status = 404 if error.code in ("expired_url", "used_url") else 400
        answer = {"ok": False, "error": error.code, **error.extra}
        return web.json_response(answer, status=status)
    return web.Response(text="ok")


def _apply(state: SlackState, secret: str, body: Json) -> None:
    url = state.grants.use_response_url(secret)
    original = url.message
    if body.get("delete_original") and original is not None:
        state.history.delete(_still_there(state, original))
        return
    if body.get("replace_original") and original is not None:
        message = _still_there(state, original)
        state.history.edit(
            message,
            by=state.workspace.app.user,
            marked=False,
            text=str(body.get("text") or ""),
            blocks=accept_blocks(body.get("blocks") or [], "message"),
        )
        return
    public = body.get("response_type") == "in_channel"
    app_answer(state, url.channel, None if public else url.user, body)


def _still_there(state: SlackState, message: Message) -> Message:
    kept = state.history.get(message.channel, message.ts)
    if kept is None:
        raise SlackError("message_not_found")
    return kept
