"""Shortcuts on a message over real Bolt: an incident from it, a timeline, a catch-up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain.events import NoteAdded
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.sandbox.slack.manifest import shipped_app
from bot.sandbox.slack.workspace import DEV as DEV_USER
from bot.sandbox.slack.workspace import MAYA as MAYA_USER
from bot.sandbox.slack.workspace import OPSBOT, Channel, Workspace
from bot.slack import ids
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import DEV, MAYA, diagnosed, opened, resolved

pytestmark = pytest.mark.usefixtures("hurried")
DATA, SECRET = "C0DATATEAM", "C0SECRET01"
SAYS = "etl is stuck since 2 a.m.\nask @maya about the lag"


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """With a private channel that opsbot is not in."""
    secret = Channel(
        id=SECRET, name="hr-matters", is_private=True, members=(MAYA_USER.id, DEV_USER.id)
    )
    async with LocalSlack(
        Workspace(app=shipped_app(), channels=(*Workspace().channels, secret))
    ) as running:
        yield running


@pytest.fixture
async def desk(slack: LocalSlack, redis: Redis) -> AsyncIterator[Desk]:
    made = Desk(slack, redis)
    await made.connect()
    yield made
    await made.close()


async def said(person: Person, channel: str, text: str = SAYS) -> SeenMessage:
    """A message of that person's."""
    ts = await person.say(channel, text)
    return await person.wait_for(lambda m: m.ts == ts)


async def window(person: Person, shortcut: str, message: SeenMessage) -> Any:
    """The modal that it opens."""
    await person.shortcut(shortcut, message)
    return await person.wait_for_view()


def filled(view: Any, **changes: str) -> dict[str, dict[str, Any]]:
    """What stands in the modal, and these."""
    values: dict[str, dict[str, Any]] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        first = (element.get("initial_option") or {}).get("value") or element.get("initial_value")
        values[block["block_id"]] = {"value": changes.get(block["block_id"], first)}
    return values


async def whispered(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: m.ephemeral and words in m.text)


async def notes(desk: Desk, incident: str = "INC-1") -> tuple[NoteAdded, ...]:
    return (await desk.ledger.load(incident)).notes


async def open_incident(desk: Desk, number: int = 1, **changes: Any) -> None:
    await desk.happens(opened(fingerprint=f"fp-{number}", **changes), incident=f"INC-{number}")
    await desk.redis.set("opsbot:counter", number)


async def card(desk: Desk, person: Person, incident: str = "INC-1") -> SeenMessage:
    await until(lambda: desk.thread(incident))
    ts = (await desk.thread(incident))[0]["ts"]
    return await person.wait_for(lambda m: m.ts == ts)


async def test_a_message_becomes_an_incident_with_a_link_both_ways(
    desk: Desk, maya: Person, dev: Person
) -> None:
    message = await said(dev, DATA)
    view = await window(maya, ids.OPEN_INCIDENT, message)
    values = filled(view)
    assert values["title"]["value"] == "etl is stuck since 2 a.m."
    assert values["text"]["value"].endswith("ask @Maya about the lag")
    assert (values["severity"]["value"], values["service"]["value"]) == ("sev3", "etl")
    assert "private" not in view["blocks"][0]["text"]["text"]
    assert "<#C0INCIDENT>" in view["blocks"][0]["text"]["text"]

    await maya.submit(view["id"], filled(view, severity="sev1", title="The ETL is stuck"))
    reply = await dev.wait_for(lambda m: m.thread_ts == message.ts and "opened" in m.text)
    incident = await desk.ledger.load("INC-1")
    assert (incident.title, incident.severity) == ("The ETL is stuck", "sev1")
    assert (incident.service, incident.source) == ("etl", "slack")
    [note] = incident.notes
    assert (note.actor, note.author) == (MAYA, DEV)
    assert f"/archives/{DATA}/p{message.ts.replace('.', '')}" in note.url
    root = await card(desk, maya)
    assert reply.text.startswith("Maya opened <http")
    assert f"/archives/{CHANNEL}/p{root.ts.replace('.', '')}|INC-1>" in reply.text


async def test_one_message_opens_one_incident_whoever_asks_how_often(
    desk: Desk, maya: Person, dev: Person
) -> None:
    message = await said(dev, DATA)
    hers = await window(maya, ids.OPEN_INCIDENT, message)
    his = await window(dev, ids.OPEN_INCIDENT, message)
    await maya.submit(hers["id"], filled(hers))
    await dev.wait_for(lambda m: m.thread_ts == message.ts and "Maya opened" in m.text)
    await dev.submit(his["id"], filled(his))
    await whispered(dev, "|INC-1> was opened from this message already.")
    await desk.happens(resolved())
    await dev.shortcut(ids.OPEN_INCIDENT, message)
    await whispered(dev, "from this message already. It is resolved.")
    assert (await dev.state())["views"] == []
    assert await desk.ledger.recent_incidents(9) == ["INC-1"]
    assert len(await notes(desk)) == 1


async def test_a_window_without_a_title_comes_back(desk: Desk, maya: Person) -> None:
    view = await window(maya, ids.OPEN_INCIDENT, await said(maya, DATA))
    answer = await maya.submit(view["id"], filled(view, title="  "))
    assert list(answer.errors) == ["title"]
    assert await desk.ledger.open_incidents() == []


@pytest.mark.parametrize("shortcut", [ids.OPEN_INCIDENT, ids.ATTACH_INCIDENT, ids.ADD_TO_TIMELINE])
async def test_a_guest_changes_nothing_by_a_shortcut(desk: Desk, shortcut: str) -> None:
    await open_incident(desk)
    async with Person(desk.slack.page_url, "guest") as guest:
        message = await said(guest, CHANNEL)
        await guest.shortcut(shortcut, message)
        await whispered(guest, "Only full members of the workspace")
        assert (await guest.state())["views"] == []
        await guest.shortcut(shortcut, await card(desk, guest))
        await until(lambda: _heard(guest, "Only full members", 2))
    assert await notes(desk) == ()


async def _heard(person: Person, words: str, times: int) -> bool:
    return sum(m.ephemeral and words in m.text for m in await person.messages()) >= times


async def test_of_a_private_message_others_see_what_the_person_left_of_it(
    desk: Desk, maya: Person, dev: Person
) -> None:
    message = await said(dev, SECRET, "payroll of Jane is wrong\nshe earns 5000")
    view = await window(maya, ids.OPEN_INCIDENT, message)
    warning = view["blocks"][0]["text"]["text"]
    assert "from a private conversation" in warning
    assert "visible to everyone in <#C0INCIDENT>" in warning
    await maya.submit(view["id"], filled(view, title="Payroll is wrong", text=""))
    # opsbot can't answer there, so the person is told directly.
    told = await maya.wait_for(lambda m: "INC-1> is open." in m.text)
    assert told.channel.startswith("D")
    incident = await desk.ledger.load("INC-1")
    assert "Jane" not in incident.model_dump_json()
    [note] = incident.notes
    assert note.text == "Payroll is wrong"
    assert note.url == f"https://sample-company.slack.com/archives/{SECRET}/p" + message.ts.replace(
        ".", ""
    )


@pytest.mark.parametrize("shortcut", [ids.ATTACH_INCIDENT, ids.ADD_TO_TIMELINE])
async def test_a_message_from_elsewhere_is_put_on_the_timeline_that_is_picked(
    desk: Desk, maya: Person, dev: Person, shortcut: str
) -> None:
    for number in (1, 2, 3):
        await open_incident(desk, number)
    message = await said(dev, DATA)
    view = await window(maya, shortcut, message)
    [menu] = [b["element"] for b in view["blocks"] if b.get("block_id") == "incident"]
    assert [option["value"] for option in menu["options"]] == ["INC-3", "INC-2", "INC-1"]
    empty = await maya.submit(view["id"], filled(view, text=" "))
    assert list(empty.errors) == ["text"]
    await maya.submit(view["id"], filled(view, incident="INC-2"))
    await whispered(maya, "Added to INC-2's timeline.")
    [note] = await notes(desk, "INC-2")
    assert (note.author, note.text) == (DEV, "etl is stuck since 2 a.m.\nask @Maya about the lag")
    assert note.url.endswith(message.ts.replace(".", ""))

    again = await window(dev, shortcut, message)
    await dev.submit(again["id"], filled(again, incident="INC-2"))
    await whispered(dev, "It is in INC-2's timeline already.")
    assert len(await notes(desk, "INC-2")) == 1


async def test_in_an_incidents_thread_it_is_on_its_timeline_at_once(
    desk: Desk, maya: Person, dev: Person
) -> None:
    await open_incident(desk)
    root = await card(desk, dev)
    ts = await dev.say(CHANNEL, "I restarted replica-2", thread_ts=root.ts)
    message = await dev.wait_for(lambda m: m.ts == ts)
    await maya.shortcut(ids.ADD_TO_TIMELINE, message)
    told = await whispered(maya, "Added to INC-1's timeline.")
    assert told.thread_ts == root.ts
    [note] = await notes(desk)
    assert (note.actor, note.author, note.text) == (MAYA, DEV, "I restarted replica-2")
    assert (await maya.state())["views"] == []


async def test_where_nothing_is_open_there_is_nothing_to_attach_to(
    desk: Desk, maya: Person
) -> None:
    await maya.shortcut(ids.ATTACH_INCIDENT, await said(maya, DATA))
    await whispered(maya, "No incident is open; choose Open incident to open one.")
    assert (await maya.state())["views"] == []


async def test_a_direct_message_is_private_as_well(desk: Desk, maya: Person) -> None:
    await open_incident(desk)
    channel = await maya.open_messages()
    view = await window(maya, ids.ATTACH_INCIDENT, await said(maya, channel, "hm"))
    assert "from a private conversation" in view["blocks"][0]["text"]["text"]
    await maya.submit(view["id"], filled(view, text="not for others, but this is"))
    await whispered(maya, "Added to INC-1's timeline.")
    assert [note.text for note in await notes(desk)] == ["not for others, but this is"]


async def test_catching_up_in_a_thread_is_for_that_person_alone(
    desk: Desk, maya: Person, dev: Person
) -> None:
    await desk.happens(opened(), diagnosed())
    root = await card(desk, maya)
    await maya.shortcut(ids.CATCH_ME_UP, root)
    await whispered(maya, "· Needs a person")
    assert not [m for m in await dev.messages() if "· Needs a person" in m.text]


async def test_catching_up_elsewhere_asks_which_incident(desk: Desk, maya: Person) -> None:
    await desk.happens(opened(), diagnosed())
    view = await window(maya, ids.CATCH_ME_UP, await said(maya, DATA))
    await maya.submit(view["id"], filled(view))
    told = await whispered(maya, "· Needs a person")
    assert told.channel == DATA


async def test_who_was_shut_out_since_the_window_opened_is_told_nothing(
    desk: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.happens(opened(), diagnosed())
    view = await window(maya, ids.CATCH_ME_UP, await said(maya, DATA))

    async def nobody(user: str, channel: str) -> bool:
        return False

    monkeypatch.setattr(desk.directory, "may_see", nobody)
    await maya.submit(view["id"], filled(view))
    await whispered(maya, "Only those who can see the incidents' channel")
    assert not [m for m in await maya.messages() if "· Needs a person" in m.text]


@pytest.mark.parametrize("shortcut", [ids.ATTACH_INCIDENT, ids.CATCH_ME_UP])
async def test_who_is_not_let_into_the_channel_chooses_no_incident(
    redis: Redis, shortcut: str
) -> None:
    inside = Channel(
        id=CHANNEL, name="incidents", is_private=True, members=(MAYA_USER.id, OPSBOT.id)
    )
    other = Channel(id=DATA, name="data", members=(DEV_USER.id, OPSBOT.id))
    async with LocalSlack(Workspace(app=shipped_app(), channels=(inside, other))) as slack:
        desk = Desk(slack, redis)
        try:
            await open_incident(desk)
            await desk.connect()
            async with Person(slack.page_url, "dev") as dev:
                await dev.shortcut(shortcut, await said(dev, DATA))
                await whispered(dev, "You can't see the channel in which incidents are")
                assert (await dev.state())["views"] == []
        finally:
            await desk.close()


async def test_what_broke_is_said(
    desk: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("lost its way")

    monkeypatch.setattr(desk.deps.opening, "by_hand", broken)
    view = await window(maya, ids.OPEN_INCIDENT, await said(maya, DATA))
    await maya.submit(view["id"], filled(view))
    await whispered(maya, "That didn't work, nothing was changed.")
