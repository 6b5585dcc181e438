"""Following: what stakeholders are told, where, when not, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_follows import RedisFollows
from bot.domain import events as e
from bot.domain.following import Subscription
from bot.domain.ports import Posted
from bot.incidents.following import MOST_FOLLOWED
from bot.sandbox.slack import LocalSlack, Workspace
from bot.sandbox.slack.manifest import shipped_app
from bot.sandbox.slack.workspace import Channel
from bot.slack.listeners import follow
from tests.fakes import story
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import DEV, MAYA, approved, diagnosed, opened, proposed

pytestmark = pytest.mark.usefixtures("hurried")
USUAL = Workspace()
GUEST = "U0GUEST001"
SAM = next(user.id for user in USUAL.users if user.name == "sam")
SECRET = Channel(id="C0SECRET01", name="secret", members=(MAYA, USUAL.app.user), is_private=True)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    workspace = Workspace(app=shipped_app(), channels=(*USUAL.channels, SECRET))
    async with LocalSlack(workspace) as running:
        yield running


async def heard(desk: Desk, user: str, verb: str, rest: str = "") -> str:
    deps = desk.deps
    return await follow.heard(deps, user, verb, rest)


async def direct(desk: Desk, user: str) -> list[str]:
    """What opsbot told somebody alone, oldest first."""
    return await told(desk, desk.slack.state.directory.open_dm(user).id)


async def told(desk: Desk, channel: str) -> list[str]:
    found = await desk.client.conversations_history(channel=channel)
    notices = [m for m in found["messages"] if "You follow this" in str(m.get("blocks"))]
    return [str(m["blocks"]) for m in reversed(notices)]


def resolved() -> e.IncidentResolved:
    return e.IncidentResolved(at=story.at(300), actor="U1", summary="switched <!channel> *back*")


def raised() -> e.SeverityChanged:
    return e.SeverityChanged(
        at=story.at(60), actor="U1", severity="sev1", before="sev2", reason="customers see it"
    )


async def later(desk: Desk, seconds: float) -> None:
    desk.now = story.at(seconds)
    await desk.courier.round()


async def test_a_follower_hears_of_each_milestone_once_and_not_of_the_past(desk: Desk) -> None:
    desk.now = story.at(5)
    await desk.happens(opened(), diagnosed())
    assert "You follow INC-1: I tell you when a fix is" in await heard(
        desk, SAM, "follow", "inc-1"
    ), "it is open already"
    await desk.happens(proposed(), approved())
    await later(desk, 30)
    await later(desk, 60)
    (first,) = await direct(desk, SAM)
    assert "a fix was approved" in first
    assert "opened" not in first
    await desk.happens(resolved())
    await later(desk, 320)
    _, last = await direct(desk, SAM)
    assert "resolved: switched &lt;!channel&gt;" in last


async def test_who_follows_a_service_hears_of_what_opens_there_later(desk: Desk) -> None:
    desk.now = story.at(-60)
    assert "I tell you when an incident of it opens, a fix is" in await heard(
        desk, SAM, "follow", "etl"
    )
    await desk.happens(opened())
    await later(desk, 10)
    (only,) = await direct(desk, SAM)
    assert "opened, SEV2: ETL job" in only


async def test_two_ways_to_follow_the_same_tell_it_once(desk: Desk) -> None:
    desk.now = story.at(-60)
    await desk.happens(opened())
    await heard(desk, SAM, "follow", "etl")
    await heard(desk, SAM, "follow", "INC-1")
    await later(desk, 10)
    assert len(await direct(desk, SAM)) == 1


async def test_a_channel_follows_every_step(desk: Desk) -> None:
    desk.now = story.at(-60)
    assert "<#C0DATATEAM>" in await heard(desk, MAYA, "follow", "etl <#C0DATATEAM|data> all")
    await desk.happens(opened(), diagnosed())
    await later(desk, 10)
    (only,) = await told(desk, "C0DATATEAM")
    assert "opened, SEV2" in only
    assert "cause: " in only


async def test_quiet_hours_keep_it_for_the_morning_in_one_message(desk: Desk) -> None:
    desk.now = story.at(-60)
    await heard(desk, SAM, "follow", "etl")
    assert "From 22:00 to 07:00 (" in await heard(desk, SAM, "quiet", "22:00-07:00")
    await desk.happens(opened(), diagnosed(), proposed(), approved(), resolved())
    await later(desk, 400)
    assert await direct(desk, SAM) == []
    desk.now = story.START.replace(hour=7)
    await desk.courier.round()
    (digest,) = await direct(desk, SAM)
    for words in ("opened, SEV2", "a fix was approved", "resolved: "):
        assert words in digest


@pytest.mark.parametrize("why", ["sev1", "command", "decided"])
async def test_some_are_told_in_quiet_hours_all_the_same(desk: Desk, why: str) -> None:
    desk.now = story.at(-60)
    await heard(desk, DEV, "follow", "etl")
    await heard(desk, DEV, "quiet", "22:00-07:00")
    await desk.happens(opened(), diagnosed(), proposed())
    match why:
        case "sev1":
            await desk.happens(raised())
        case "command":
            await desk.happens(e.CommandTaken(at=story.at(20), actor=DEV))
        case _:
            await desk.happens(approved().model_copy(update={"actor": DEV}))
    await later(desk, 100)
    assert len(await direct(desk, DEV)) == 1


async def test_who_no_longer_follows_is_not_told(desk: Desk) -> None:
    desk.now = story.at(-60)
    await heard(desk, SAM, "follow", "etl")
    assert await heard(desk, SAM, "unfollow", "etl") == "You no longer follow etl."
    await desk.happens(opened())
    await later(desk, 10)
    assert await direct(desk, SAM) == []
    assert await heard(desk, SAM, "unfollow", "all") == "You did not follow all."


async def test_a_message_whose_noting_was_lost_is_not_sent_again(desk: Desk, redis: Redis) -> None:
    desk.now = story.at(-60)
    await heard(desk, MAYA, "follow", "etl <#C0DATATEAM>")
    await desk.happens(opened())
    await later(desk, 10)
    # As if it had died after Slack took the message and before anything was noted.
    await redis.delete("opsbot:told:C0DATATEAM:INC-1")
    for slot, posted in (await desk.slots.all("INC-1")).items():
        if slot.startswith("notice:"):
            lost = Posted(status="posting", channel=posted.channel)
            await desk.slots.save("INC-1", slot, lost)
    await later(desk, 20)
    assert len(await told(desk, "C0DATATEAM")) == 1
    assert await RedisFollows(redis).told("C0DATATEAM", "INC-1")


async def test_while_slack_is_down_nothing_is_lost(desk: Desk) -> None:
    desk.now = story.at(-60)
    await heard(desk, SAM, "follow", "etl")
    await desk.happens(opened())
    desk.slack.outage(True)
    await later(desk, 10)
    desk.slack.outage(False)
    await later(desk, 30)
    assert len(await direct(desk, SAM)) == 1


async def test_a_channel_that_opsbot_left_does_not_hold_up_the_others(
    desk: Desk, redis: Redis
) -> None:
    desk.now = story.at(-60)
    follows = RedisFollows(redis)
    await heard(desk, SAM, "follow", "etl")
    gone = (await follows.all())[0].model_copy(update={"place": "C0GONE0000"})
    await follows.add(gone)
    await desk.happens(opened())
    await later(desk, 10)
    await later(desk, 30)
    assert len(await direct(desk, SAM)) == 1
    assert await follows.told("C0GONE0000", "INC-1"), "it is tried once"


@pytest.mark.parametrize(
    ("user", "rest", "why"),
    [
        (GUEST, "etl", "Only full members"),
        (SAM, "etl <#C0SECRET01>", "You are not in that channel"),
        (SAM, "nosuchservice", "is no incident and no service that I know"),
        (SAM, "INC-99", "is no incident"),
        (SAM, "etl warehouse", "One thing at a time"),
        (SAM, "etl #data", "is no channel that I can see"),
    ],
)
async def test_what_can_not_be_followed_says_why(
    desk: Desk, user: str, rest: str, why: str
) -> None:
    answer = await heard(desk, user, "follow", rest)
    assert why.lower() in answer.lower()
    assert await desk.deps.following.followed(user) == ()


async def test_who_lost_sight_of_a_private_channel_is_told_no_more(
    slack: LocalSlack, redis: Redis
) -> None:
    desk = Desk(slack, redis)
    directory = desk.directory
    assert await directory.may_see(MAYA, SECRET.id)
    assert not await directory.may_see(SAM, SECRET.id)
    assert not await directory.may_see(MAYA, "C0NOWHERE0")
    assert await directory.may_see(SAM, CHANNEL)
    assert not await directory.may_see(GUEST, CHANNEL)


async def test_the_list_of_what_i_follow(desk: Desk) -> None:
    assert (await heard(desk, SAM, "follow")).startswith("You follow nothing.")
    await desk.happens(opened())
    await heard(desk, SAM, "follow", "INC-1")
    await heard(desk, SAM, "follow", "etl all")
    assert await heard(desk, SAM, "follow") == (
        "You follow:\n• INC-1 · milestones · you\n• etl · all · you"
    )


async def test_quiet_hours_that_are_none_say_what_to_type(desk: Desk) -> None:
    assert "type them as" in await heard(desk, SAM, "quiet", "late")
    assert (await heard(desk, SAM, "quiet")).startswith("You have no quiet hours.")
    await heard(desk, SAM, "quiet", "23:00-06:00")
    assert "From 23:00 to 06:00" in await heard(desk, SAM, "quiet")
    assert (await heard(desk, SAM, "quiet", "off")).startswith("You have no quiet hours.")


async def test_a_partner_in_the_channel_ends_what_is_told_there(desk: Desk) -> None:
    desk.now = story.at(-60)
    assert "You follow etl" in await heard(desk, MAYA, "follow", "etl <#C0DATATEAM|data>")
    place = desk.slack.state.directory.conversations["C0DATATEAM"]
    place.is_ext_shared = True
    await desk.happens(opened())
    await later(desk, 10)
    assert await told(desk, "C0DATATEAM") == []
    refused = await heard(desk, MAYA, "follow", "etl <#C0DATATEAM|data> all")
    assert "People of another organisation read that channel" in refused


async def test_a_channel_is_told_no_more_than_who_had_it_told_there_may_hear(desk: Desk) -> None:
    desk.now = story.at(-60)
    await heard(desk, MAYA, "follow", "etl <#C0DATATEAM|data>")
    users = desk.slack.state.directory.users
    users[MAYA] = users[MAYA].model_copy(update={"deleted": True})
    await desk.happens(opened())
    await later(desk, 10)
    assert await told(desk, "C0DATATEAM") == []


async def test_one_person_follows_so_many_things(desk: Desk) -> None:
    await desk.happens(opened())
    for n in range(MOST_FOLLOWED):
        add = Subscription(user=SAM, target=f"s{n}", place=SAM, pace="all", since=story.at(0))
        await RedisFollows(desk.redis).add(add)
    assert "unfollow one first" in await heard(desk, SAM, "follow", "etl")
    assert "You follow etl" in await heard(desk, DEV, "follow", "etl")
