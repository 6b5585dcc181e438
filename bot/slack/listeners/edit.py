"""Edit: a modal with what may shrink, then a fresh dry run and a new approval."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.incidents.narrowing import Edit
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, place_of, press, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.window import tell_in_window
from bot.slack.views.edit import answer_view, edit_view, replaced_words, waiting_view
from bot.slack.views.edited import read_edit

log = logging.getLogger(__name__)


def register(app: AsyncApp, deps: Deps) -> None:
    """Who may is asked at the click and again at the submit; nothing a modal carries is a proof."""

    @app.action(ids.EDIT)
    async def edit(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user = place_of(body), body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            offer = await deps.narrowing.consider(ref.incident, ref.plan, ref.digest, user)
            view = edit_view(ref, offer, place)
            return await client.views_open(trigger_id=body["trigger_id"], view=view)

        await press(deps, client, place, user, value_of(body), act)

    @app.view(ids.EDIT_VIEW)
    async def edited(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        view, user = body["view"], body["user"]["id"]
        place, [value] = ids.kept(view)
        ref = ids.PlanRef.unpack(value)
        if ref is None:
            await ack(response_action="update", view=answer_view(NOT_OURS))
            return
        try:
            offer = await deps.narrowing.offer(ref.incident, ref.plan, ref.digest)
            wanted, errors = read_edit(offer, view["state"]["values"])
        except CommandRefusedError as refused:
            words = await told(refused, deps.directory)
            await ack(response_action="update", view=answer_view(words))
            return
        except Exception as error:
            log.exception("%s can't be read for %s", ref, user)
            await ack(response_action="update", view=answer_view(failed(error)))
            return
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await ack(response_action="update", view=waiting_view(ref))
        work = _narrowed(deps, ref, wanted, user)
        await tell_in_window(client, view["id"], place, user, work, answer_view)


async def _narrowed(deps: Deps, ref: ids.PlanRef, wanted: Edit, user: str) -> str:
    """What came of it, in words for whoever asked."""
    try:
        incident = await deps.narrowing.narrow(ref.incident, ref.plan, ref.digest, wanted, user)
    except CommandRefusedError as refused:
        return f"Nothing was changed. {await told(refused, deps.directory)}"
    except Exception as error:
        log.exception("%s could not be made smaller by %s", ref, user)
        return failed(error)
    return replaced_words(incident)
