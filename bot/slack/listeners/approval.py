"""Approve, Reject and Check again."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper
from bot.slack.views.reject import reject_view

log = logging.getLogger(__name__)
_NOT_OURS = "This button is not one of mine any more. Look for a newer message in the thread."


def register(app: AsyncApp, deps: Deps) -> None:
    """Approve decides at once; Reject asks for a reason first."""

    async def press(
        client: AsyncWebClient,
        place: tuple[str, str | None],
        user: str,
        value: str,
        act: Callable[[ids.PlanRef], Awaitable[object]],
    ) -> None:
        ref = ids.PlanRef.unpack(value)
        channel, thread = place
        if ref is None:
            await whisper(client, channel, user, _NOT_OURS, thread)
            return
        try:
            await act(ref)
        except CommandRefusedError as refused:
            text = await told(refused, deps.directory)
            await whisper(client, channel, user, text, thread)
        except Exception as error:
            log.exception("%s by %s failed", ref, user)
            await whisper(client, channel, user, failed(error), thread)

    @app.action(ids.APPROVE)
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await _decide(deps, ref, "approve", user)

        await press(client, _place(body), user, _value(body), act)

    @app.action(ids.REJECT)
    async def reject(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user = _place(body), body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            await deps.approvals.consider(ref.incident, ref.plan, ref.digest, "reject", user)
            return await client.views_open(
                trigger_id=body["trigger_id"], view=reject_view(ref, place)
            )

        await press(client, place, user, _value(body), act)

    @app.view(ids.REJECT_VIEW)
    async def rejected(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        reason = body["view"]["state"]["values"]["reason"]["text"]["value"] or ""
        if not reason.strip():
            await ack(response_action="errors", errors={"reason": "Say why, in a few words."})
            return
        await ack()
        channel, thread, value = json.loads(body["view"]["private_metadata"])
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await _decide(deps, ref, "reject", user, reason.strip()[:500])

        await press(client, (channel, thread), user, value, act)

    @app.action(ids.ASK_AGAIN)
    async def ask_again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await deps.approvals.ask_again(ref.incident, ref.plan, user)

        await press(client, _place(body), user, _value(body), act)

    @app.action(ids.OPEN_APPROVAL)
    async def open_approval(ack: AsyncAck) -> None:
        """A link: Slack opens it by itself and still wants an acknowledgement."""
        await ack()


async def _decide(
    deps: Deps,
    ref: ids.PlanRef,
    choice: Literal["approve", "reject"],
    user: str,
    reason: str = "",
) -> object:
    return await deps.approvals.decide(ref.incident, ref.plan, ref.digest, choice, user, reason)


def _value(body: dict[str, Any]) -> str:
    return str(body["actions"][0].get("value") or "")


def _place(body: dict[str, Any]) -> tuple[str, str | None]:
    container = body.get("container") or {}
    return str(container.get("channel_id") or body["user"]["id"]), container.get("thread_ts")
