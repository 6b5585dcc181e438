"""A question outside any incident: looked into, and an incident where one wants."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import events as e
from bot.incidents.question import Question
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack.views.thinking import BUSY
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA
from tools.kit.types import Evidence

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def looking(desk: Desk) -> Desk:
    """No incident is open, no model is set, and a worker looks."""

    async def think(question: Question) -> str:
        stream = f"ASK-{question.id}"
        seen = Evidence(
            tool="look", query="q", summary="1 g", url="https://grafana.example.com/dust"
        )
        begun = e.CheckStarted(at=story.at(1), actor="opsbot", check="sweep.logs", title="Dust")
        found = e.EvidenceRecorded(
            at=story.at(2), actor="opsbot", id="sweep.logs", check="sweep.logs", title="Dust",
            finding="1 g of dust <!here>", evidence=seen,
        )  # fmt: skip
        await desk.ledger.note(stream, begun, found)
        return "No trouble that a runbook knows shows in 1 checks."

    desk.bench.think = think
    await desk.connect()
    return desk


async def said(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks), 15)


async def test_a_service_is_looked_into_and_nothing_is_changed(looking: Desk, maya: Person) -> None:
    ts = await maya.say(CHANNEL, "@opsbot are the lamps ok?")
    answer = await said(maya, "Nothing was changed.")
    assert answer.thread_ts == ts
    text = next(b for b in answer.blocks if b["type"] == "section")["text"]["text"]
    assert text == (
        "No trouble that a runbook knows shows in 1 checks.\n"
        "• <https://grafana.example.com/dust|1 g of dust &lt;!here&gt;>\n"
        "Nothing was changed."
    )
    assert [b.text for b in answer.buttons] == ["Open an incident"]
    assert looking.bench.asked[0].service == "lamps"
    assert await looking.ledger.open_incidents() == []


async def test_it_becomes_an_incident_that_carries_what_was_found_once(
    looking: Desk, maya: Person
) -> None:
    ts = await maya.say(CHANNEL, "@opsbot are the lamps ok?")
    answer = await said(maya, "Nothing was changed.")
    await maya.click(answer, "Open an incident")
    await said(maya, "Opened: INC-1, by Maya.")
    incident = await looking.ledger.load("INC-1")
    assert (incident.title, incident.service, incident.severity) == (
        "are the lamps ok?",
        "lamps",
        "sev3",
    )
    seen = [w for w in await looking.ledger.work("INC-1") if isinstance(w, e.EvidenceRecorded)]
    assert [w.id for w in seen] == [f"ASK-{ts}/sweep.logs"]
    opened = (await looking.ledger.decisions("INC-1"))[0]
    assert opened.actor == MAYA
    await maya.click(answer, "Open an incident")
    await said(maya, "Opened before: INC-1")
    assert await looking.ledger.open_incidents() == ["INC-1"]
    await maya.say(CHANNEL, "@opsbot since when?", thread_ts=ts)
    await said(maya, "so far, since")


async def test_a_guest_opens_none(looking: Desk, maya: Person, slack: LocalSlack) -> None:
    await maya.say(CHANNEL, "@opsbot are the lamps ok?")
    answer = await said(maya, "Nothing was changed.")
    async with Person(slack.page_url, "guest") as guest:
        await guest.click(answer, "Open an incident")
        await guest.wait_for(lambda m: m.ephemeral and "Only full members" in m.text)
    assert await looking.ledger.open_incidents() == []


async def test_nothing_is_looked_into_for_a_guest(looking: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        await guest.say(CHANNEL, "@opsbot are the lamps ok?")
        await said(guest, "No incident matches that")
    assert looking.bench.asked == []


async def asked_twice(desk: Desk) -> bool:
    return len(desk.bench.asked) == 2


async def begun(desk: Desk) -> bool:
    return bool(desk.bench.asked)


async def test_one_at_a_time_in_a_thread(looking: Desk, maya: Person) -> None:
    gate = asyncio.Event()

    async def think(_: Question) -> str:
        await gate.wait()
        return "fine"

    looking.bench.think = think
    ts = await maya.say(CHANNEL, "@opsbot are the lamps ok?")
    await until(lambda: begun(looking))
    await maya.say(CHANNEL, "@opsbot and the bells?", thread_ts=ts)
    await said(maya, BUSY.split("`")[0].strip())
    gate.set()
    await said(maya, "Nothing was changed.")
    assert len(looking.bench.asked) == 1
    await maya.say(CHANNEL, "@opsbot and the bells?", thread_ts=ts)
    await until(lambda: asked_twice(looking))


async def test_one_person_has_so_many_looks(looking: Desk, maya: Person) -> None:
    for _ in range(10):
        await looking.questions.admit(
            Question(id="x", by=MAYA, channel="C9", thread_ts="1", text="")
        )
    await maya.say(CHANNEL, "@opsbot are the lamps ok?")
    await said(maya, "ask again in ten minutes")
    assert looking.bench.asked == []


async def test_what_names_nothing_known_is_not_looked_into(looking: Desk, maya: Person) -> None:
    await maya.say(CHANNEL, "@opsbot is the coffee machine ok?")
    await said(maya, "No incident matches that.")
    assert looking.bench.asked == []
