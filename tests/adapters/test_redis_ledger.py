"""The ledger on a real Valkey: one commit wins, and all of it or nothing is there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError
from bot.domain.work import Work
from tests.fakes.story import START, alert, at, diagnosed, opened, proposed, resolved, skipped


async def committed(
    ledger: RedisLedger, name: str, *commits: Sequence[e.IncidentEvent], **options: Any
) -> Incident:
    incident = await ledger.load(name)
    for events in commits:
        incident = await ledger.commit(incident, events, **options)
    return incident


def claim(fingerprint: str = "fp-1", *, release: bool = False) -> Claim:
    return Claim(fingerprint=fingerprint, starts_at=START, release=release)


class TestCommits:
    async def test_what_was_committed_is_what_loads(self, ledger: RedisLedger) -> None:
        written = await committed(ledger, "INC-1", [opened()], [diagnosed(), *proposed()])
        assert await ledger.load("INC-1") == written
        assert written.version == 2
        assert await ledger.decisions("INC-1") == [opened(), diagnosed(), *proposed()]

    async def test_what_is_not_there_has_version_0(self, ledger: RedisLedger) -> None:
        assert await ledger.load("INC-9") == Incident(id="INC-9")

    async def test_of_twenty_at_once_one_wins(self, ledger: RedisLedger) -> None:
        before = await committed(ledger, "INC-1", [opened()])
        answers = await asyncio.gather(
            *(ledger.commit(before, [diagnosed()]) for _ in range(20)), return_exceptions=True
        )
        assert sum(isinstance(a, Incident) for a in answers) == 1
        assert sum(isinstance(a, ConflictError) for a in answers) == 19
        assert (await ledger.load("INC-1")).version == 2

    @pytest.mark.invariant(21)
    async def test_what_does_not_follow_the_stored_head_is_not_committed(
        self, ledger: RedisLedger
    ) -> None:
        await committed(ledger, "INC-1", [opened()])
        made_up = (await ledger.load("INC-1")).model_copy(update={"head": "0" * 64})
        with pytest.raises(ConflictError, match="the head is"):
            await ledger.commit(made_up, [diagnosed()])

    async def test_a_lost_race_leaves_no_trace(self, ledger: RedisLedger, redis: Redis) -> None:
        before = await committed(ledger, "INC-1", [opened()])
        await ledger.commit(before, [skipped("open")])
        feed, due = await redis.get(keys.FEED_SEQUENCE), await redis.zrange(keys.DUE, 0, -1)
        with pytest.raises(ConflictError, match="version is 2"):
            await ledger.commit(before, [diagnosed()], claims=[claim("fp-9")])
        assert await redis.get(keys.FEED_SEQUENCE) == feed
        assert await redis.zrange(keys.DUE, 0, -1) == due
        assert await ledger.holder("fp-9") is None

    async def test_notes_and_decisions_do_not_get_in_each_others_way(
        self, ledger: RedisLedger
    ) -> None:
        before = await committed(ledger, "INC-1", [opened()])
        notes = [
            e.CheckStarted(at=at(i), actor="opsbot", check=str(i), title=f"check {i}")
            for i in range(30)
        ]
        await asyncio.gather(
            *(ledger.note("INC-1", note) for note in notes), ledger.commit(before, [diagnosed()])
        )
        assert {n.check for n in await ledger.work("INC-1") if isinstance(n, e.CheckStarted)} == {
            str(i) for i in range(30)
        }
        assert (await ledger.load("INC-1")).version == 2

    async def test_a_commit_is_on_disk_where_the_server_syncs_once_a_second(
        self, redis: Redis
    ) -> None:
        await redis.config_set("appendfsync", "everysec")
        try:
            ledger = RedisLedger(redis, sync_each_commit=True)
            await asyncio.gather(*(committed(ledger, f"INC-{i}", [opened()]) for i in range(20)))
            assert len(await ledger.open_incidents()) == 20
        finally:
            await redis.config_set("appendfsync", "always")

    async def test_ids_are_never_given_twice(self, ledger: RedisLedger) -> None:
        ids = await asyncio.gather(*(ledger.new_id() for _ in range(50)))
        assert len(set(ids)) == 50


class TestDueWork:
    async def test_it_is_due_when_its_time_has_come(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened(), diagnosed(), skipped("open"), *proposed()])
        assert "expire" not in [w.kind for w in await ledger.due(at(901), 10)]
        assert "INC-1|expire|P1" in [w.key for w in await ledger.due(at(902), 10)]

    async def test_what_is_no_longer_waited_for_is_no_longer_due(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened(), skipped("open")])
        assert [w.kind for w in await ledger.due(at(0), 10)] == ["investigate"]
        await committed(ledger, "INC-1", [diagnosed(), *proposed()])
        assert {w.kind for w in await ledger.due(at(9999), 10)} == {"expire", "call_again"}

    async def test_deferred_work_is_due_later(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened(), skipped("open")])
        work = (await ledger.due(at(0), 10))[0]
        await ledger.defer(work, at(60))
        assert await ledger.due(at(59), 10) == []
        assert (await ledger.due(at(60), 10))[0].due == at(60)

    async def test_another_commit_does_not_bring_deferred_work_forward(
        self, ledger: RedisLedger
    ) -> None:
        await committed(ledger, "INC-1", [opened(), skipped("open")])
        await ledger.defer((await ledger.due(at(0), 10))[0], at(60))
        joined = e.AlertJoined(at=at(1), actor="x", alert=alert("fp-2"))
        await committed(ledger, "INC-1", [joined])
        assert await ledger.due(at(59), 10) == []

    async def test_deferring_what_nobody_waits_for_has_no_effect(self, ledger: RedisLedger) -> None:
        await ledger.defer(Work(incident="INC-1", kind="report", due=at(0)), at(0))
        assert await ledger.due(at(9999), 10) == []

    async def test_work_of_a_later_release_does_not_hide_our_own(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await committed(ledger, "INC-1", [opened(), skipped("open")])
        await redis.zadd(keys.DUE, {"INC-2|dance|": 0, "nonsense": 0})
        assert [w.key for w in await ledger.due(at(0), 10)] == ["INC-1|investigate|"]


class TestClaims:
    async def test_a_fingerprint_is_taken_with_the_commit(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened()], claims=[claim()])
        holder = await ledger.holder("fp-1")
        assert holder is not None
        assert (holder.incident, holder.starts_at, holder.open) == ("INC-1", START, True)

    async def test_another_incident_cannot_take_it(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened()], claims=[claim()])
        with pytest.raises(ConflictError, match="is held by INC-1"):
            await committed(ledger, "INC-2", [opened()], claims=[claim()])
        assert not (await ledger.load("INC-2")).exists

    async def test_released_it_is_remembered_and_free(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await committed(ledger, "INC-1", [opened()], claims=[claim()])
        await committed(ledger, "INC-1", [resolved()], claims=[claim(release=True)])
        holder = await ledger.holder("fp-1")
        assert holder is not None
        assert (holder.incident, holder.open) == ("INC-1", False)
        assert 29 < await redis.ttl(keys.fingerprint("fp-1")) / 86_400 <= 30
        await committed(ledger, "INC-2", [opened()], claims=[claim()])
        assert await redis.ttl(keys.fingerprint("fp-1")) == -1

    async def test_what_cleared_later_than_it_was_taken_is_remembered_as_that(
        self, ledger: RedisLedger
    ) -> None:
        await committed(ledger, "INC-1", [opened()], claims=[claim()])
        later = claim(release=True).model_copy(update={"starts_at": at(60)})
        await committed(ledger, "INC-1", [resolved()], claims=[later])
        holder = await ledger.holder("fp-1")
        assert holder is not None
        assert (holder.starts_at, holder.open) == (at(60), False)

    async def test_nobody_holds_what_was_never_seen(self, ledger: RedisLedger) -> None:
        assert await ledger.holder("fp-1") is None


class TestLists:
    async def test_open_incidents_are_the_unresolved_oldest_first(
        self, ledger: RedisLedger
    ) -> None:
        for name in ("INC-1", "INC-2", "INC-3"):
            await committed(ledger, name, [opened()])
            await asyncio.sleep(0.002)
        await committed(ledger, "INC-2", [resolved()])
        assert await ledger.open_incidents() == ["INC-1", "INC-3"]
        assert await ledger.recent_incidents(2) == ["INC-3", "INC-2"]


class TestFeed:
    async def test_every_commit_and_note_is_in_it_longest_waiting_first(
        self, ledger: RedisLedger
    ) -> None:
        await committed(ledger, "INC-1", [opened()])
        await committed(ledger, "INC-2", [opened()])
        note = e.ProgressNoted(at=at(1), actor="opsbot", plan_id="P1", summary="drying")
        await ledger.note("INC-1", note)
        assert [incident for incident, _ in await ledger.changed(10)] == ["INC-2", "INC-1"]

    async def test_what_is_shown_leaves_it(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened()])
        for incident, sequence in await ledger.changed(10):
            await ledger.projected(incident, sequence)
        assert await ledger.changed(10) == []

    async def test_a_change_while_it_is_being_shown_is_not_lost(self, ledger: RedisLedger) -> None:
        await committed(ledger, "INC-1", [opened()])
        [(incident, sequence)] = await ledger.changed(10)
        await committed(ledger, "INC-1", [diagnosed()])
        await ledger.projected(incident, sequence)
        assert [incident for incident, _ in await ledger.changed(10)] == ["INC-1"]

    async def test_a_large_sequence_is_still_told_apart(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await redis.set(keys.FEED_SEQUENCE, 10**15)
        await committed(ledger, "INC-1", [opened()])
        [(incident, sequence)] = await ledger.changed(10)
        await ledger.projected(incident, sequence)
        assert await ledger.changed(10) == []

    async def test_it_wakes_whoever_listens(self, ledger: RedisLedger, redis: Redis) -> None:
        wakes = ledger.wakes()
        assert await asyncio.wait_for(anext(wakes), 5) == "", "it listens now"
        await committed(ledger, "INC-1", [opened()])
        assert await asyncio.wait_for(anext(wakes), 5) == "INC-1"
        await wakes.aclose()  # type: ignore[attr-defined]
