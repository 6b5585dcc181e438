"""Alerts between their acknowledgement and their incident."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_inbox import RedisInbox
from tests.fakes.story import alert


@pytest.fixture
def inbox(redis: Redis) -> RedisInbox:
    return RedisInbox(redis, sync_each_put=True)


async def test_they_come_out_in_the_order_they_came(inbox: RedisInbox) -> None:
    await inbox.put([alert("1"), alert("2")])
    await inbox.put([alert("3")])
    taken = await inbox.take(10, 1)
    assert [a for _, a in taken] == [alert("1"), alert("2"), alert("3")]


async def test_what_is_not_done_is_taken_again(inbox: RedisInbox) -> None:
    await inbox.put([alert("1"), alert("2")])
    (first, _), _ = await inbox.take(10, 1)
    await inbox.done(first)
    assert [a.fingerprint for _, a in await inbox.take(10, 1)] == ["2"]


async def test_no_more_are_taken_than_asked_for(inbox: RedisInbox) -> None:
    await inbox.put([alert(str(i)) for i in range(5)])
    assert len(await inbox.take(3, 1)) == 3


async def test_an_empty_one_waits_for_the_first(inbox: RedisInbox) -> None:
    waiting = asyncio.ensure_future(inbox.take(10, 5))
    await asyncio.sleep(0)
    await inbox.put([alert()])
    assert len(await asyncio.wait_for(waiting, 2)) == 1


async def test_an_empty_one_is_empty_in_the_end(inbox: RedisInbox) -> None:
    assert await inbox.take(10, 0.01) == []


async def test_an_alert_of_a_later_release_is_still_taken(inbox: RedisInbox, redis: Redis) -> None:
    grown = alert().model_dump_json().removesuffix("}") + ',"since_v9":1}'
    await redis.xadd(keys.INBOX, {"alert": grown})
    assert [a for _, a in await inbox.take(10, 1)] == [alert()]
