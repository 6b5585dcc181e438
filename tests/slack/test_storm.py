"""Many incidents at once are one card, one call for each rung, and nothing is lost in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_inbox import RedisInbox
from bot.domain import events as e
from bot.domain.values import Alert
from bot.incidents.calling import Calling
from bot.incidents.intake import Intake
from bot.policy.inventory import Inventory
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack import ids
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk, Message
from tests.slack.scenes import DEV, WORK, called, diagnosed, opened, proposed, resolved

NOBODY_KNOWS = "the cause is not known"


async def storm(desk: Desk, count: int, *more: Any, first: int = 1) -> list[str]:
    names = [f"INC-{number}" for number in range(first, first + count)]
    for name in names:
        await desk.happens(
            opened(fingerprint=name, title=f"job {name} failed"), *more, incident=name
        )
    return names


async def roots(desk: Desk) -> dict[str, Message]:
    """Messages of ours in the channel itself, by whose they are."""
    history = await desk.client.conversations_history(
        channel=CHANNEL, limit=200, include_all_metadata=True
    )
    found = {}
    for message in history["messages"]:
        payload = message.get("metadata", {}).get("event_payload", {})
        found[payload.get("incident", "")] = message
    return found


async def in_the_storm(desk: Desk, name: str = "STORM-1") -> list[Message]:
    root = (await roots(desk)).get(name)
    if root is None:
        return []
    answer = await desk.client.conversations_replies(
        channel=CHANNEL, ts=root["ts"], limit=200, include_all_metadata=True
    )
    messages: list[Message] = answer["messages"]
    return messages


def words(message: Message) -> str:
    return str(message["blocks"])


def is_storm(message: SeenMessage) -> bool:
    return any(button.action_id == ids.STORM_TAKE for button in message.buttons)


@pytest.mark.usefixtures("hurried")
async def test_five_incidents_are_one_card_and_four_are_four(desk: Desk) -> None:
    await storm(desk, 4)
    desk.project()
    await desk.settled()
    assert set(await roots(desk)) == {"INC-1", "INC-2", "INC-3", "INC-4"}
    await storm(desk, 8, first=5)
    await desk.settled()
    there = await roots(desk)
    assert set(there) == {"INC-1", "INC-2", "INC-3", "INC-4", "STORM-1"}
    card = words(there["STORM-1"])
    assert "Storm · Investigating · 12 of 12 incidents open" in card
    assert "2 more: 2 investigating" in card
    for name in ("INC-1", "INC-2", "INC-3", "INC-4"):
        link = (await desk.client.chat_getPermalink(
            channel=CHANNEL, message_ts=there[name]["ts"]
        ))["permalink"]  # fmt: skip
        assert f"<{link}|{name}>" in card
    assert "Investigating · INC-5 · job INC-5 failed" in card


@pytest.mark.usefixtures("hurried")
async def test_the_most_severe_come_first_and_its_rows_change_in_place(desk: Desk) -> None:
    await storm(desk, 6)
    await desk.happens(opened(fingerprint="x", severity="sev1", title="all down"), incident="INC-7")
    desk.project()
    await desk.settled()
    before = (await roots(desk))["STORM-1"]
    lines = before["blocks"][1]["text"]["text"].splitlines()
    assert lines[0] == "*SEV1* Investigating · INC-7 · all down"
    await desk.happens(resolved(), incident="INC-7")
    for number in range(1, 7):
        await desk.happens(resolved(), incident=f"INC-{number}")
    await desk.settled()
    after = (await roots(desk))["STORM-1"]
    assert after["ts"] == before["ts"]
    assert "Storm · Resolved · 0 of 7 incidents open" in words(after)
    assert "actions" not in {block["type"] for block in after["blocks"]}
    assert set(await roots(desk)) == {"STORM-1"}


@pytest.mark.usefixtures("hurried")
async def test_an_incident_gets_its_own_card_once_something_in_it_needs_a_decision(
    desk: Desk,
) -> None:
    await storm(desk, 6)
    desk.project()
    await desk.settled()
    assert set(await roots(desk)) == {"STORM-1"}
    await desk.ledger.note("INC-3", *WORK)
    await desk.happens(diagnosed(), proposed(), incident="INC-3")
    await desk.settled()
    assert set(await roots(desk)) == {"STORM-1", "INC-3"}
    assert await desk.posted("INC-3") == ["card", "investigation", "diagnosis", "approval:P1"]
    assert "|INC-3> · job INC-3 failed" in words((await roots(desk))["STORM-1"])
    await desk.happens(story.voided("expired"), called("nobody decided", "P1"), incident="INC-3")
    await desk.settled()
    assert "escalation:1" in await desk.posted("INC-3"), "a call for its own fix is its own"
    assert len(await in_the_storm(desk)) == 1


@pytest.mark.usefixtures("hurried")
async def test_a_person_asks_for_the_thread_of_one_and_takes_all_with_one_button(
    desk: Desk, slack: LocalSlack
) -> None:
    await storm(desk, 6, called(NOBODY_KNOWS))
    await desk.connect()
    async with Person(slack.page_url, "dev") as dev:
        card = await dev.wait_for(is_storm)
        await dev.use(card, ids.STORM_OPEN, "INC-5")

        async def own() -> bool:
            return "INC-5" in await roots(desk)

        await until(own)
        await desk.settled()
        assert await desk.posted("INC-5") == ["card"], "its call is the storm's"
        await dev.click(await dev.wait_for(is_storm), ids.STORM_TAKE)
        await dev.wait_for(lambda m: "Dev is on it" in str(m.blocks))
    taken = [(await desk.ledger.load(f"INC-{n}")).taken_by for n in range(1, 7)]
    assert taken == [DEV] * 6
    await desk.settled()
    assert "I'm on it" not in words((await roots(desk))["STORM-1"])


@pytest.mark.usefixtures("hurried")
async def test_a_guest_who_takes_a_storm_is_told_why_not(desk: Desk, slack: LocalSlack) -> None:
    await storm(desk, 5)
    await desk.connect()
    async with Person(slack.page_url, "guest") as guest:
        await guest.click(await guest.wait_for(is_storm), ids.STORM_TAKE)
        await guest.wait_for(lambda m: m.ephemeral and "Only full members" in m.text)
    assert (await desk.ledger.load("INC-1")).taken_by is None


@pytest.mark.invariant(24)
@pytest.mark.usefixtures("hurried")
async def test_fifty_incidents_call_each_rung_once_and_never_nobody(desk: Desk) -> None:
    desk.now = story.at(60)
    nobody = diagnosed(hypotheses=())
    names = await storm(desk, 50, nobody, called(NOBODY_KNOWS))
    desk.project()
    await desk.settled(60)
    [card, call] = await in_the_storm(desk)
    assert "50 of 50 incidents open" in words(card)
    assert "<!subteam^S0DATAONCA|@data-oncall> STORM-1 needs you: 50 incidents" in words(call)
    assert set(await roots(desk)) == {"STORM-1"}
    calling = Calling(desk.incidents, ("@dba-oncall",), Inventory())
    desk.now += timedelta(minutes=5)
    again = [w for w in await desk.ledger.due(desk.now, 1000) if w.kind == "call_again"]
    assert sorted(w.incident for w in again) == sorted(names)
    for work in again:
        await calling.call_again(work)
    await desk.settled(60)
    [_, first, second] = await in_the_storm(desk)
    assert first["ts"] == call["ts"]
    assert "<!subteam^S0DBAONCAL|@dba-oncall> STORM-1 needs you: 50 incidents" in words(second)
    direct = [c for c in desk.slack.calls if str(c.body.get("channel", "")).startswith("U0")]
    assert len(direct) == 3, "Maya and Dev at first, then Sam"


@pytest.mark.usefixtures("hurried")
async def test_calls_of_others_than_those_who_were_called_ring_anew(desk: Desk) -> None:
    await storm(desk, 5, called(NOBODY_KNOWS))
    other = called("the disk is full").model_copy(update={"to": ("@data-oncall", "@dba-oncall")})
    await storm(desk, 1, other, first=6)
    desk.project()
    await desk.settled()
    [_, first, second] = await in_the_storm(desk)
    assert "6 incidents, the first INC-1" in words(first)
    assert "@dba-oncall> STORM-1 needs you: INC-6: the disk is full" in words(second)


@pytest.mark.usefixtures("hurried")
async def test_a_call_after_all_were_answered_rings_anew(desk: Desk) -> None:
    names = await storm(desk, 5, called(NOBODY_KNOWS))
    for name in names:
        await desk.happens(e.IncidentTaken(at=story.at(90), actor=DEV), incident=name)
    late = called(NOBODY_KNOWS).model_copy(update={"at": story.at(200)})
    await storm(desk, 1, late, first=6)
    desk.project()
    await desk.settled()
    [_, call] = await in_the_storm(desk)
    assert "STORM-1 needs you: INC-6: the cause is not known" in words(call)


@pytest.mark.usefixtures("hurried")
async def test_two_replicas_and_a_restart_show_one_storm(
    desk: Desk, slack: LocalSlack, redis: Redis
) -> None:
    other = Desk(slack, redis)
    desk.project()
    other.project()
    names = await storm(desk, 20, called(NOBODY_KNOWS))
    await desk.settled(60)
    await other.close()
    again = Desk(slack, redis)
    again.project()
    for name in names[:10]:
        await desk.happens(resolved(), incident=name)
    await desk.settled(60)
    await again.close()
    posted = [c for c in slack.calls if c.method == "chat.postMessage" and c.error is None]
    slots = [str(c.body.get("metadata") or {}) for c in posted]
    assert len(slots) == len(set(slots))
    assert "10 of 20 incidents open" in words((await roots(desk))["STORM-1"])


async def test_fifty_alerts_in_a_minute_are_one_card_and_nothing_is_lost_to_a_429(
    desk: Desk, slack: LocalSlack, redis: Redis
) -> None:
    slack.enforce_rates(True)
    inbox = RedisInbox(redis, sync_each_put=False)
    intake = Intake(inbox, desk.incidents, Inventory())
    desk.project()
    alerts = [
        Alert(
            fingerprint=f"fp-{n}", source="alertmanager", status="firing", title=f"alert {n}",
            starts_at=story.at(n), service=f"service-{n}", environment="production",
        )
        for n in range(50)
    ]  # fmt: skip
    for alert in alerts:
        await inbox.put([alert])
        await intake.drain(wait_seconds=0.01)
    await desk.settled(60)
    there = await roots(desk)
    assert len(there) <= 5, "those that had a card before it was a storm, and its own"
    assert "50 of 50 incidents open" in words(there["STORM-1"])
    assert len(await desk.ledger.open_incidents()) == 50
    assert not [c for c in slack.calls if c.error]
