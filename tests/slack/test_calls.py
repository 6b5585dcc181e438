"""Who is called in Slack, by which rota, and who may approve by one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError

from bot.adapters.rota import BackendRotas
from bot.domain import events as e
from bot.domain.ports import Posted, RotaUnreadableError
from bot.incidents.approvals import NotAllowedError
from bot.incidents.brakes import MembersBrakes
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack import ids
from tests.fakes import story
from tests.fakes.http_server import FakeServer
from tests.fakes.oncall import PAGERDUTY_TOKEN, FakePagerDuty
from tests.slack.desk import Desk
from tests.slack.scenes import (
    DEV,
    MAYA,
    PEOPLE,
    called,
    diagnosed,
    opened,
    proposed,
    scene,
    shown,
    slot,
)
from tools.oncall.pagerduty import PagerDuty, PagerDutySettings

pytestmark = pytest.mark.usefixtures("hurried")
ROTA = "rota:PRIMARY"
DEV_ON_CALL = [("Dev", "dev@sample-company.test")]


class Rostered(Desk):
    """A desk whose rotas are PagerDuty's."""

    def __init__(self, slack: LocalSlack, redis: Redis, url: str) -> None:
        settings = PagerDutySettings(url=url, token=SecretStr(PAGERDUTY_TOKEN))
        self.backend = PagerDuty(settings)
        super().__init__(slack, redis, rotas=BackendRotas(self.backend), approvers=("@dba-oncall",))

    async def close(self) -> None:
        await super().close()
        await self.backend.close()

    async def direct(self, user: str) -> list[str]:
        """What the bot told somebody alone."""
        place = self.slack.state.directory.open_dm(user)
        found = await self.client.conversations_history(channel=place.id)
        return [m["text"] for m in found["messages"]]

    async def said(self, slot_id: str) -> str:
        for message in await self.thread():
            payload = message.get("metadata", {}).get("event_payload", {})
            if payload.get("slot") == slot_id:
                return str(message["blocks"])
        raise AssertionError(f"{slot_id} is not posted")


@pytest.fixture
async def pager() -> AsyncIterator[tuple[FakePagerDuty, str]]:
    fake = FakePagerDuty()
    async with FakeServer(fake.handle) as server:
        yield fake, server.url


@pytest.fixture
async def rostered(
    slack: LocalSlack, redis: Redis, pager: tuple[FakePagerDuty, str]
) -> AsyncIterator[Rostered]:
    made = Rostered(slack, redis, pager[1])
    yield made
    await made.close()


def calling(to: str = ROTA, **changes: Any) -> e.PersonCalled:
    return called("the cause is not known").model_copy(update={"to": (to,), **changes})


async def test_a_rota_calls_the_person_who_is_on_call(rostered: Rostered) -> None:
    await rostered.happens(opened(), calling())
    rostered.project()
    await rostered.settled()
    assert f"<@{MAYA}> INC-1 needs you: the cause is not known" in await rostered.said(
        "escalation:1"
    )
    assert await rostered.posted() == ["card", "escalation:1"]
    assert (await rostered.slots.all("INC-1")).keys() >= {f"escalation:1:{MAYA}"}


async def test_a_direct_call_whose_answer_was_lost_holds_up_nothing(rostered: Rostered) -> None:
    await rostered.happens(opened(), calling())
    lost = Posted(status="posting", channel=MAYA)
    await rostered.slots.save("INC-1", f"escalation:1:{MAYA}", lost)
    rostered.project()
    await rostered.settled()
    assert len(await rostered.direct(MAYA)) == 1


async def test_a_call_stays_with_whom_it_reached_when_the_rota_turns(
    rostered: Rostered, pager: tuple[FakePagerDuty, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.directory._ROTA_SECONDS", 0.0)
    await rostered.happens(opened(), calling())
    rostered.project()
    await rostered.settled()
    pager[0].schedules["PRIMARY"] = DEV_ON_CALL
    await rostered.happens(calling(at=story.at(400)))
    await rostered.settled()
    assert MAYA in await rostered.said("escalation:1")
    assert DEV not in await rostered.said("escalation:1")
    assert DEV in await rostered.said("escalation:2")
    assert not (await rostered.slots.all("INC-1")).keys() & {f"escalation:1:{DEV}"}


@pytest.mark.parametrize("fault", ["down", "a gap", "unknown in Slack"])
async def test_where_a_rota_gives_nobody_the_approvers_are_called_and_it_says_why(
    rostered: Rostered, pager: tuple[FakePagerDuty, str], fault: str
) -> None:
    pager[0].down = fault == "down"
    if fault != "down":
        strangers = [] if fault == "a gap" else [("X", "x@elsewhere.test")]
        pager[0].schedules["PRIMARY"] = strangers
    await rostered.happens(opened(), calling())
    rostered.project()
    await rostered.settled()
    said = await rostered.said("escalation:1")
    assert "<@U0SAM00001> INC-1 needs you" in said
    assert "the approvers are called instead" in said
    assert ("can't be read" if fault == "down" else "nobody is behind rota:PRIMARY") in said


async def test_where_slack_tells_no_group_the_thread_opens_and_somebody_is_called(
    slack: LocalSlack, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(slack, redis, approvers=(MAYA,))

    async def refused(**_: Any) -> Any:
        raise SlackApiError("no", {"ok": False, "error": "missing_scope"})  # type: ignore[no-untyped-call]

    monkeypatch.setattr(desk.client, "usergroups_list", refused)
    try:
        await desk.happens(opened(), calling("@data-oncall"))
        desk.project()
        await desk.settled()
        assert await desk.posted() == ["card", "escalation:1"]
        said = str((await desk.thread())[-1]["blocks"])
        assert f"<@{MAYA}> INC-1 needs you" in said
        assert "@data-oncall can't be read: Slack refuses: missing_scope" in said
    finally:
        await desk.close()


async def test_a_group_with_nobody_behind_it_is_made_up_for_too(rostered: Rostered) -> None:
    await rostered.happens(opened(), calling("@no-such-group"))
    rostered.project()
    await rostered.settled()
    assert "<@U0SAM00001> INC-1 needs you" in await rostered.said("escalation:1")


async def test_whoever_is_on_call_at_the_click_may_approve_and_nobody_else(
    rostered: Rostered, pager: tuple[FakePagerDuty, str]
) -> None:
    await rostered.happens(opened(), diagnosed(), proposed(approvers=(ROTA,)))
    incident = await rostered.ledger.load("INC-1")
    await rostered.deps.approvals.require(incident, "P1", MAYA)
    with pytest.raises(NotAllowedError, match="needs rota:PRIMARY"):
        await rostered.deps.approvals.require(incident, "P1", DEV)
    pager[0].schedules["PRIMARY"] = DEV_ON_CALL
    await rostered.deps.approvals.require(incident, "P1", DEV)
    with pytest.raises(NotAllowedError):
        await rostered.deps.approvals.require(incident, "P1", MAYA)


async def test_a_rota_that_cannot_be_read_lets_nobody_approve_and_says_so(
    rostered: Rostered, pager: tuple[FakePagerDuty, str], slack: LocalSlack
) -> None:
    await rostered.happens(opened(), diagnosed(), proposed(approvers=(ROTA,)))
    await rostered.connect()
    async with Person(slack.page_url, "maya") as maya:
        asked = await maya.wait_for(lambda m: any(b.action_id == ids.APPROVE for b in m.buttons))
        pager[0].down = True
        await maya.click(asked, "Approve")
        told = await maya.wait_for(lambda m: m.ephemeral and "can't approve" in m.text)
    assert "Who that is can't be told now: rota 'PRIMARY' can't be read" in told.text
    assert (await rostered.ledger.load("INC-1")).fixes[0].decisions == ()


async def test_a_rota_that_cannot_be_read_takes_nothing_from_those_named_besides(
    rostered: Rostered, pager: tuple[FakePagerDuty, str]
) -> None:
    pager[0].down = True
    await rostered.happens(opened(), diagnosed(), proposed(approvers=(ROTA, "@data-oncall")))
    await rostered.deps.approvals.require(await rostered.ledger.load("INC-1"), "P1", DEV)


async def test_a_rota_that_cannot_be_read_keeps_no_other_approver_from_resuming(
    rostered: Rostered, pager: tuple[FakePagerDuty, str]
) -> None:
    pager[0].down = True
    brakes = MembersBrakes(rostered.deps.brakes.brakes, rostered.directory, (ROTA, "@data-oncall"))
    await brakes.stop("etl", DEV, "a bad deploy")
    await brakes.resume("etl", DEV, "mended")
    assert await rostered.controls.stopped() == {}
    with pytest.raises(NotAllowedError, match="rota 'PRIMARY' can't be read"):
        await brakes.resume("etl", "U0SAM00001", "mended")


async def test_without_a_rota_configured_its_name_is_nobodys(desk: Desk) -> None:
    with pytest.raises(RotaUnreadableError, match="none is configured"):
        await desk.directory.members(ROTA)


def mine(message: SeenMessage) -> bool:
    return any(b.action_id == ids.TAKE for b in message.buttons)


async def test_whoever_takes_it_is_named_and_the_button_goes(desk: Desk, slack: LocalSlack) -> None:
    await desk.happens(opened(), called("the cause is not known"))
    await desk.connect()
    async with Person(slack.page_url, "dev") as dev:
        await dev.click(await dev.wait_for(mine), "I'm on it")
        await dev.wait_for(lambda m: "Dev is on it." in str(m.blocks))
        assert not [m for m in await dev.messages() if mine(m)]
    assert (await desk.ledger.load("INC-1")).taken_by == DEV


async def test_a_guest_who_presses_it_is_told_why_not(desk: Desk, slack: LocalSlack) -> None:
    await desk.happens(opened(), called("the cause is not known"))
    await desk.connect()
    async with Person(slack.page_url, "guest") as guest:
        await guest.click(await guest.wait_for(mine), "I'm on it")
        await guest.wait_for(lambda m: m.ephemeral and "Only full members" in m.text)
    assert (await desk.ledger.load("INC-1")).taken_by is None


def test_a_call_says_who_is_next_and_when() -> None:
    again = calling("@data-oncall", rung=1, then=(DEV,), at=story.at(360))
    asked = scene(called("the cause is not known"), again)
    line = shown(slot(asked, "escalation:2"))
    assert line.startswith(f"{PEOPLE.mention('@data-oncall')} INC-1 needs you: ")
    assert "the cause is not known. Dev is asked at 01:58." in line
    taken = e.IncidentTaken(at=story.at(400) + timedelta(0), actor=MAYA)
    after = shown(slot(scene(called("why"), again, taken), "escalation:2"))
    assert "asked at" not in after
    assert "Maya is on it." in after
