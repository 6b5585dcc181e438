"""Approve, Reject and Check again."""

from __future__ import annotations

from typing import Any, Literal

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, press, value_of
from bot.slack.views.reject import reject_view


def register(app: AsyncApp, deps: Deps) -> None:
    """Approve decides at once; Reject asks for a reason first."""

    @app.action(ids.APPROVE)
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await _decide(deps, ref, "approve", user)

        await press(deps, client, place_of(body), user, value_of(body), act)

    @app.action(ids.REJECT)
    async def reject(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user = place_of(body), body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            await deps.approvals.consider(ref.incident, ref.plan, ref.digest, "reject", user)
            return await client.views_open(
                trigger_id=body["trigger_id"], view=reject_view(ref, place)
            )

        await press(deps, client, place, user, value_of(body), act)

    @app.view(ids.REJECT_VIEW)
    async def rejected(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        reason = body["view"]["state"]["values"]["reason"]["text"]["value"] or ""
        if not reason.strip():
            await ack(response_action="errors", errors={"reason": "Say why, in a few words."})
            return
        await ack()
        place, [value] = ids.kept(body["view"])
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await _decide(deps, ref, "reject", user, reason.strip()[:500])

        await press(deps, client, place, user, value, act)

    @app.action(ids.ASK_AGAIN)
    async def ask_again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await deps.approvals.ask_again(ref.incident, ref.plan, user)

        await press(deps, client, place_of(body), user, value_of(body), act)

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
