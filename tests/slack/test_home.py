"""The Home tab over real Bolt: what waits for me, what is open, and that it stays fresh."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain import events as e
from bot.domain.values import COMMANDER, ApprovalGroup
from bot.sandbox.slack import LocalSlack, Person
from bot.sandbox.slack.manifest import shipped_app
from bot.sandbox.slack.workspace import GUEST, Channel, Workspace
from bot.slack import homes, ids
from bot.slack.views.text import Block
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import (
    DEV,
    MAYA,
    WORK,
    approved,
    diagnosed,
    opened,
    plan,
    proposed,
    resolved,
)

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(homes, "_PERSON_SECONDS", 0.05)
    monkeypatch.setattr(homes, "_WORKSPACE_SECONDS", 0.01)


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened(), diagnosed(), proposed())
    await desk.connect()
    return desk


async def tab(person: Person) -> list[Block]:
    view = (await person.state())["home"]
    return list(view["blocks"]) if view else []


async def home(person: Person) -> str:
    """The tab as it stands, a line each, `[labels]` for buttons; empty while there is none."""
    lines: list[str] = []
    for block in await tab(person):
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        lines += [text["text"] for text in texts]
        lines += [f"[{block['accessory']['text']['text']}]"] if "accessory" in block else []
    return "\n".join(lines)


async def shows(person: Person, *words: str) -> str:
    """The tab, once it says all of these."""
    seen = ""

    async def says() -> bool:
        nonlocal seen
        seen = await home(person)
        return all(word in seen for word in words)

    try:
        await until(says)
    except TimeoutError:
        raise AssertionError(f"{words} are not all in:\n{seen}") from None
    return seen


async def opens(desk: Desk, number: int, **changes: Any) -> None:
    await desk.happens(opened(fingerprint=f"fp-{number}", **changes), incident=f"INC-{number}")


async def test_it_says_when_nothing_waits_and_nothing_is_open(desk: Desk, maya: Person) -> None:
    await desk.connect()
    await maya.open_home()
    seen = await shows(maya, "Nothing waits for you.")
    assert "None. All is quiet." in seen
    assert "You command" not in seen


async def test_what_waits_for_me_leads_to_the_message_that_is_approved(
    asking: Desk, maya: Person
) -> None:
    await maya.open_home()
    seen = await shows(maya, "[Review]", "/archives/C0INCIDENT/")
    assert "source: replica-2 → replica-1" in seen
    assert "expires 02:02" in seen
    review = next(b["accessory"] for b in await tab(maya) if "accessory" in b)
    message = await maya.wait_for(lambda m: any(b.action_id == ids.APPROVE for b in m.buttons))
    assert f"p{message.ts.replace('.', '')}" in review["url"]
    view = (await maya.state())["home"]
    answer = await maya.use_in_view(view["id"], review["action_id"])
    assert answer.ack_ms is not None


@pytest.mark.parametrize("person", ["sam", "olga"])
async def test_who_may_not_decide_is_shown_the_incident_alone(
    asking: Desk, slack: LocalSlack, person: str
) -> None:
    async with Person(slack.page_url, person) as other:
        await other.open_home()
        seen = await shows(other, "Nothing waits for you.", "✋ Needs approval")
        assert "[Review]" not in seen
        assert "SEV2 · ETL job" in seen


async def test_who_asked_for_it_is_told_that_somebody_else_has_to_approve(
    desk: Desk, slack: LocalSlack, maya: Person
) -> None:
    await desk.happens(opened(), diagnosed(), proposed(plan(requester=MAYA)))
    await desk.connect()
    await maya.open_home()
    await shows(maya, "[Review]", "You asked for it yourself: you can reject it")
    async with Person(slack.page_url, "dev") as dev:
        await dev.open_home()
        assert "yourself" not in await shows(dev, "[Review]")


async def test_who_has_approved_is_not_waited_for_any_more(
    desk: Desk, slack: LocalSlack, maya: Person
) -> None:
    await desk.happens(opened(), diagnosed(), proposed(approvals=2), approved(by=MAYA))
    await desk.connect()
    await maya.open_home()
    await shows(maya, "Nothing waits for you.")
    async with Person(slack.page_url, "dev") as dev:
        await dev.open_home()
        await shows(dev, "[Review]")


async def test_a_team_whose_part_is_given_is_not_waited_for_any_more(
    desk: Desk, slack: LocalSlack, maya: Person
) -> None:
    teams = tuple(ApprovalGroup(approvers=(t,)) for t in ("@data-oncall", "@dba-oncall"))
    both = ("@data-oncall", "@dba-oncall")
    yes = approved(by=DEV).model_copy(update={"via": ("@data-oncall",)})
    asked = proposed(approvals=2, approvers=both, groups=teams)
    await desk.happens(opened(), diagnosed(), asked, yes)
    await desk.connect()
    await maya.open_home()
    await shows(maya, "Nothing waits for you.")
    async with Person(slack.page_url, "sam") as sam:
        await sam.open_home()
        await shows(sam, "[Review]")


async def test_who_leads_an_incident_is_shown_the_approval_of_its_commander(
    desk: Desk, slack: LocalSlack, maya: Person
) -> None:
    taken = e.CommandTaken(at=story.at(5), actor=MAYA)
    await desk.happens(opened(), diagnosed(), proposed(approvers=(COMMANDER,)), taken)
    await desk.connect()
    await maya.open_home()
    await shows(maya, "[Review]")
    async with Person(slack.page_url, "dev") as dev:
        await dev.open_home()
        await shows(dev, "Nothing waits for you.", "Commander Maya")


async def test_it_lists_what_i_command_and_the_worst_first(desk: Desk, maya: Person) -> None:
    for number in range(1, 13):
        await opens(desk, number, severity="sev1" if number == 12 else "sev3")
    taken = e.CommandTaken(at=story.at(5), actor=MAYA)
    await desk.happens(taken, incident="INC-7")
    await desk.connect()
    await maya.open_home()
    seen = await shows(maya, "You command", "2 more, in <#C0INCIDENT>")
    commanded, _, listed = seen.partition("Open incidents")
    assert "INC-7" in commanded
    assert "INC-1" not in commanded
    rows = [line.partition(" · ")[0] for line in listed.split("\n") if " · SEV" in line]
    assert [re.search(r"INC-\d+", row)[0] for row in rows[:3]] == ["INC-12", "INC-1", "INC-2"]  # type: ignore[index]
    assert len(rows) == 10
    assert "Commander Maya" in listed


async def test_it_follows_what_happens_for_an_hour_after_a_look(asking: Desk, maya: Person) -> None:
    await maya.open_home()
    await shows(maya, "[Review]")
    await maya.click(await maya.wait_for(lambda m: "Approve" in str(m.buttons)), "Approve")
    await shows(maya, "Nothing waits for you.", "⚙️ Fixing")
    await opens(asking, 2)
    await shows(maya, "INC-2")
    await asking.happens(resolved())
    await until(lambda: _gone(maya, "INC-1"))

    asking.now += timedelta(minutes=61)
    before = len(asking.calls("views.publish"))
    await opens(asking, 3)
    await asking.settled()
    await asyncio.sleep(0.5)
    assert len(asking.calls("views.publish")) == before


async def _gone(person: Person, words: str) -> bool:
    return words not in await home(person)


async def test_what_changes_nothing_in_it_publishes_nothing(asking: Desk, maya: Person) -> None:
    await maya.open_home()
    await shows(maya, "[Review]", "/archives/C0INCIDENT/")
    await asking.settled()
    await asyncio.sleep(0.3)
    before = len(asking.calls("views.publish"))
    await asking.ledger.note("INC-1", *WORK)
    await asking.settled()
    await asyncio.sleep(0.5)
    assert len(asking.calls("views.publish")) == before


async def test_many_changes_at_once_are_few_versions(
    desk: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "_PERSON_SECONDS", 1.0)
    await desk.connect()
    await maya.open_home()
    await shows(maya, "Nothing waits for you.")
    for number in range(1, 21):
        await opens(desk, number)
        await asyncio.sleep(0.05)
    await shows(maya, "10 more")
    assert len(desk.calls("views.publish")) <= 6


async def test_any_replica_keeps_it_fresh(
    asking: Desk, slack: LocalSlack, redis: Redis, maya: Person
) -> None:
    await maya.open_home()
    await shows(maya, "[Review]")
    await asking.close()
    other = Desk(slack, redis)
    try:
        await other.connect()
        await opens(other, 2)
        await shows(maya, "INC-2")
    finally:
        await other.close()


async def test_a_guest_sees_what_their_channel_shows_and_no_approval(
    desk: Desk, slack: LocalSlack
) -> None:
    # Whatever group somebody put the guest in.
    await desk.happens(opened(), diagnosed(), proposed(approvers=("@data-oncall", GUEST.id)))
    await desk.connect()
    async with Person(slack.page_url, "guest") as guest:
        await guest.open_home()
        seen = await shows(guest, "SEV2 · ETL job")
        assert "Waiting for you" not in seen
        assert "[Review]" not in seen
        assert "Quiet hours" not in seen


@pytest.mark.parametrize(("private", "person"), [(False, "guest"), (True, "olga")])
async def test_who_is_not_let_into_the_channel_sees_no_incident(
    redis: Redis, private: bool, person: str
) -> None:
    inside = tuple(u.id for u in Workspace().users if u.name not in ("guest", "olga"))
    channel = Channel(id=CHANNEL, name="incidents", members=inside, is_private=private)
    async with LocalSlack(Workspace(app=shipped_app(), channels=(channel,))) as slack:
        desk = Desk(slack, redis)
        try:
            await desk.happens(opened(), diagnosed(), proposed())
            await desk.connect()
            async with Person(slack.page_url, person) as other:
                await other.open_home()
                seen = await shows(other, "once you are in the channel")
                assert "ETL job" not in seen
        finally:
            await desk.close()


async def test_quiet_hours_are_changed_there(desk: Desk, maya: Person) -> None:
    await desk.connect()
    await maya.open_home()
    await shows(maya, "None: what you follow reaches you at any hour.")
    view = (await maya.state())["home"]
    await maya.use_in_view(view["id"], ids.QUIET)
    modal = await maya.wait_for_view()
    wrong = await maya.submit(modal["id"], {"hours": {"value": "at night"}})
    assert "type them as `22:00-07:00`" in wrong.errors["hours"]
    await maya.submit(modal["id"], {"hours": {"value": "22:00-07:00"}})
    await shows(maya, "22:00-07:00")
    await maya.use_in_view(view["id"], ids.QUIET)
    modal = await maya.wait_for_view()
    await maya.submit(modal["id"], {"hours": {"value": ""}})
    await shows(maya, "None: what you follow reaches you at any hour.")


async def test_what_i_follow_stands_there(asking: Desk, maya: Person) -> None:
    await asking.deps.following.follow(MAYA, "etl")
    await maya.open_home()
    await shows(maya, "• etl · milestones · you")


async def test_where_nothing_can_be_read_it_says_so(
    asking: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> Any:
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(asking.ledger, "open_incidents", broken)
    await maya.open_home()
    await shows(maya, "doesn't answer. Open this tab again soon.")
    monkeypatch.undo()
    await maya.open_home()
    await shows(maya, "[Review]")


async def test_the_messages_tab_is_not_the_home_tab(desk: Desk, maya: Person) -> None:
    await desk.connect()
    await maya.open_messages()
    await asyncio.sleep(0.3)
    assert desk.calls("views.publish") == []
