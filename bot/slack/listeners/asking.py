"""Ask: a question about an approval; it and its answer go to the thread, and the clock runs on."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, press, value_of
from bot.slack.listeners.question import about
from bot.slack.views.ask import ask_view, question_lead


def register(app: AsyncApp, deps: Deps) -> None:
    @app.action(ids.ASK)
    async def ask(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user = place_of(body), body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            _, state, _ = await deps.approvals.shown(ref.incident, ref.plan)
            view = ask_view(ref, state, place)
            return await client.views_open(trigger_id=body["trigger_id"], view=view)

        await press(deps, client, place, user, value_of(body), act)

    @app.view(ids.ASK_VIEW)
    async def asked(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        view, user = body["view"], body["user"]["id"]
        text = str(view["state"]["values"]["question"]["text"]["value"] or "").strip()
        if not text:
            await ack(response_action="errors", errors={"question": "Ask something."})
            return
        await ack()
        place, [value] = ids.kept(view)

        async def act(ref: ids.PlanRef) -> None:
            question = Question(
                id=view["id"],
                by=user,
                channel=place[0],
                thread_ts=place[1] or "",
                text=text[:2000],
                incident=ref.incident,
            )
            await answer(deps, question)

        await press(deps, client, place, user, value, act)


async def answer(deps: Deps, question: Question) -> None:
    """Have it answered as if it had been asked in the incident's thread, question and all."""
    [incident] = await deps.answers.matches(question)
    people = await deps.directory.people({question.by})
    await about(deps, question, incident, question_lead(people.name(question.by), question.text))
