"""The card's buttons, its menu and the windows behind it: real Bolt, the local Slack."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack import ids
from bot.slack.views.people import LEVEL, USER, WORDS
from tests.fakes import story
from tests.slack.desk import Desk
from tests.slack.scenes import DEV, MAYA, alert, approved, diagnosed, opened, proposed

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened(), diagnosed(), proposed())
    await desk.connect()
    await desk.settled()
    return desk


async def card(person: Person, words: str = "") -> SeenMessage:
    return await person.wait_for(
        lambda m: not m.ephemeral and "*Now:*" in str(m.blocks) and words in str(m.blocks)
    )


async def heard(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks))


async def choose(person: Person, label: str) -> dict[str, Any]:
    """Pick it in the card's menu; the window that opens."""
    seen = await card(person)
    [menu] = [
        element
        for block in seen.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == ids.MENU
    ]
    [option] = [o for o in menu["options"] if o["text"]["text"] == label]
    await person.use(seen, ids.MENU, option["value"])
    view: dict[str, Any] = await person.wait_for_view()
    return view


async def test_catch_me_up_is_for_one_alone(asking: Desk, maya: Person, dev: Person) -> None:
    await maya.click(await card(maya), "Catch me up")
    answer = await heard(maya, "*Waiting for:*")
    assert answer.ephemeral
    assert len(answer.blocks[0]["text"]["text"].split("\n")) <= 8
    assert not [m for m in await dev.messages() if "*Waiting for:*" in str(m.blocks)]


async def test_severity_is_set_in_a_window_and_the_thread_says_so(
    asking: Desk, maya: Person, dev: Person
) -> None:
    view = await choose(maya, "Change severity")
    level = {LEVEL: "sev1"}
    ack = await maya.submit(view["id"], {LEVEL: level, WORDS: {WORDS: "  "}})
    assert list(ack.errors) == [WORDS]
    await maya.submit(view["id"], {LEVEL: level, WORDS: {WORDS: "customers see <!here>"}})
    line = await heard(dev, "*INC-1 is SEV1 now* (was SEV2")
    assert "customers see &lt;!here&gt;" in str(line.blocks)
    await card(dev, "SEV1 · Needs approval")
    [change] = (await asking.ledger.load("INC-1")).severity_changes
    assert change.actor == MAYA


async def test_command_is_taken_by_picking_oneself(asking: Desk, maya: Person) -> None:
    view = await choose(maya, "Set commander")
    await maya.submit(view["id"], {USER: {USER: MAYA}})
    await heard(maya, "You command INC-1.")
    await card(maya, "Commander Maya")


async def test_a_hand_over_is_the_catch_up_and_waits_for_accept(
    asking: Desk, maya: Person, dev: Person
) -> None:
    await asking.happens(e.CommandTaken(at=story.at(9), actor=MAYA))
    await asking.settled()
    view = await choose(maya, "Hand over command")
    await maya.submit(view["id"], {USER: {USER: DEV}})
    await heard(maya, "Dev is asked to command INC-1. Until Dev accepts, Maya commands.")
    asked = await dev.wait_for(
        lambda m: m.channel.startswith("D") and "asks you to command" in str(m.blocks)
    )
    assert "*Waiting for:*" in str(asked.blocks)
    public = await heard(maya, f"<@{DEV}> Maya asks you to command INC-1")
    await maya.click(public, "Accept")
    # Whoever holds it presses in vain.
    assert (await asking.ledger.load("INC-1")).commander == MAYA
    await dev.click(asked, "Accept")
    await heard(dev, "You command INC-1.")
    await heard(maya, "Dev commands INC-1 since")
    await card(maya, "Commander Dev")


async def test_nobody_else_accepts(asking: Desk, slack: LocalSlack, maya: Person) -> None:
    await asking.happens(e.HandoverOffered(at=story.at(9), actor=MAYA, to=DEV))
    async with Person(slack.page_url, "sam") as sam:
        await sam.click(await heard(sam, "asks you to command"), "Accept")
        await heard(sam, "You were not asked to command, or no longer are.")
    assert (await asking.ledger.load("INC-1")).commander is None


async def test_a_bot_is_not_asked_to_command(asking: Desk, slack: LocalSlack, maya: Person) -> None:
    view = await choose(maya, "Set commander")
    bot = slack.workspace.app.user
    await maya.submit(view["id"], {USER: {USER: bot}})
    await heard(maya, "Only a full member of the workspace can command.")
    assert (await asking.ledger.load("INC-1")).offered_to is None


async def test_resolve_shows_what_would_be_void_and_reopen_gives_it_back(
    asking: Desk, maya: Person
) -> None:
    view = await choose(maya, "Resolve")
    assert "*What waits will be void and run nothing:*" in str(view["blocks"])
    await maya.submit(view["id"], {WORDS: {WORDS: "painted by hand"}})
    await heard(maya, "What waited for it is void and ran nothing")
    await card(maya, "✅ Resolved")
    view = await choose(maya, "Reopen")
    await maya.submit(view["id"], {WORDS: {WORDS: "it is red again"}})
    await heard(maya, "*Reopened* by Maya")
    await card(maya, "✋ Needs a person")
    assert (await asking.ledger.load("INC-1")).taken_by == MAYA


async def test_a_fix_that_runs_is_not_resolved_over(asking: Desk, maya: Person) -> None:
    view = await choose(maya, "Resolve")
    await asking.happens(approved(), story.started())
    await maya.submit(view["id"], {WORDS: {WORDS: "enough"}})
    await heard(maya, "is under way: wait for its end, or stop it first")
    assert (await asking.ledger.load("INC-1")).resolved_at is None


async def test_a_guest_resolves_nothing_by_its_window(asking: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        view = await choose(guest, "Resolve")
        await guest.submit(view["id"], {WORDS: {WORDS: "over"}})
        await heard(guest, "Only full members of the workspace can do that.")
    incident = await asking.ledger.load("INC-1")
    assert incident.resolved_at is None


async def test_a_proposed_severity_is_set_by_a_person_with_a_reason(
    desk: Desk, maya: Person
) -> None:
    other = alert(fingerprint="fp-2", service="checkout")
    joined = e.AlertJoined(at=story.at(5), actor="alertmanager", alert=other)
    await desk.happens(opened(severity="sev3"), joined)
    await desk.connect()
    seen = await card(maya, "opsbot proposes SEV2: 2 services fire")
    await maya.click(seen, "Set SEV2")
    view = await maya.wait_for_view()
    assert "2 services fire" in str(view["blocks"])
    level = {LEVEL: "sev2"}
    await maya.submit(view["id"], {LEVEL: level, WORDS: {WORDS: "2 services fire"}})
    shown = await card(maya, "SEV2 · ")
    assert "opsbot proposes" not in str(shown.blocks)


async def test_follow_is_a_button_of_the_card(asking: Desk, maya: Person) -> None:
    await maya.click(await card(maya), "Follow")
    await maya.wait_for(lambda m: m.ephemeral and "You follow INC-1" in m.text)
