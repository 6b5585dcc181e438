"""The ledger on Redis Streams: a stream's id is the version, one Lua script is a commit.

Longer than other files on purpose: it is one port, over keys that change together.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys, reservations
from bot.adapters.store import on_a_replica, on_disk
from bot.domain.chain import Entry, Trail, chained, head
from bot.domain.controls import Resumed, Stopped
from bot.domain.events import IncidentEvent, WorkEvent, dump, load_decisions, load_work
from bot.domain.incident import Incident
from bot.domain.ports import (
    Claim,
    ConflictError,
    Failure,
    Holder,
    NotConfirmedError,
    Reservation,
)
from bot.domain.seal import Seal
from bot.domain.storm import Opening
from bot.domain.work import Work, next_work

_REMEMBER_MS = 30 * 86_400_000
"""How long a resolved alert's start time is kept, to tell a late "firing" from a new one."""

_REMEMBER_FAILURES_SECONDS = 86_400

_NOTE = """
redis.call('XADD', KEYS[1], '*', 'events', ARGV[2])
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[1])
"""
_TOUCH = """
redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[2]), ARGV[1])
redis.call('PUBLISH', KEYS[1], ARGV[1])
"""
_DEFER = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
_EXTEND = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_PROJECTED = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
"""


class RedisLedger:
    """Every commit is whole or absent, and on disk when `commit` returns.

    Weakness: a failover to a replica can lose what was acknowledged; that a start is on a replica
    before its effect leaves narrows that, and doesn't end it.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        sync_each_commit: bool,
        seal: Seal | None = None,
        clean: Callable[[Sequence[Any]], list[Any]] = list,
    ) -> None:
        """`sync_each_commit`: the server doesn't fsync by itself, so ask it to (WAITAOF).

        `seal`: signs each commit; who only reads needs none. `clean`: takes secrets out of events
        before they are kept.
        """
        self._clean = clean
        self._redis = redis
        self._sync = sync_each_commit
        self._seal = seal
        self._commit = redis.register_script(
            files("bot.adapters").joinpath("commit.lua").read_text(encoding="utf-8")
        )
        self._note = redis.register_script(_NOTE)
        self._defer = redis.register_script(_DEFER)
        self._release = redis.register_script(_RELEASE)
        self._extend = redis.register_script(_EXTEND)
        self._projected = redis.register_script(_PROJECTED)
        self._touch = redis.register_script(_TOUCH)

    async def new_id(self) -> str:
        return f"INC-{await self._redis.incr(keys.COUNTER)}"

    async def load(self, incident_id: str) -> Incident:
        entries = await self._entries(incident_id)
        incident = Incident.fold(incident_id, (load_decisions(e.body) for e in entries))
        return incident.model_copy(update={"head": head(incident_id, entries)})

    async def trail(self, incident_id: str) -> Trail:
        """Its decisions as they are stored, for whoever checks them."""
        entries = await self._entries(incident_id)
        if not entries:
            return Trail(stream=incident_id, entries=(), last=0)
        told: Any = await self._redis.xinfo_stream(keys.decisions(incident_id))
        last = int(str(told["last-generated-id"]).partition("-")[0])
        return Trail(stream=incident_id, entries=tuple(entries), last=last)

    async def _entries(self, incident_id: str) -> list[Entry]:
        stored: Any = await self._redis.xrange(keys.decisions(incident_id))
        return [_entry(at, fields) for at, fields in stored]

    async def decisions(self, incident_id: str) -> list[IncidentEvent]:
        commits: Any = await self._redis.xrange(keys.decisions(incident_id))
        return [event for _, c in commits for event in load_decisions(c["events"])]

    async def work(self, incident_id: str) -> list[WorkEvent]:
        entries: Any = await self._redis.xrange(keys.work(incident_id))
        return [event for _, entry in entries for event in load_work(entry["events"])]

    async def commit(
        self,
        before: Incident,
        events: Sequence[IncidentEvent],
        *,
        reservation: Reservation | None = None,
        claims: Sequence[Claim] = (),
        failures: Sequence[Failure] = (),
        controls: Sequence[Stopped | Resumed] = (),
    ) -> Incident:
        after, events = before, self._clean(events)
        for event in events:
            after = after.evolve(event)
        entry = chained(before.id, before.head, before.version + 1, dump(events), self._seal)
        after = after.model_copy(update={"version": entry.version, "head": entry.hash})
        waited = {work.key for work in next_work(before)}
        waits = {work.key: work.due.timestamp() for work in next_work(after)}
        answer = await self._whole(
            before.id,
            {
                "incident": before.id,
                "after": before.version,
                "head": before.head,
                "entry": _fields(entry),
                "due": [[k, due] for k, due in waits.items() if k not in waited],
                "no_longer_due": sorted(waited - set(waits)),
                "open": after.resolved_at is None,
                **({"reservation": reservations.request(reservation)} if reservation else {}),
                "claims": [_claim(claim) for claim in claims],
                "failures": [_failure(failure) for failure in failures],
                "controls": [_control(control) for control in self._clean(controls)],
                "remember_ms": _REMEMBER_MS,
            },
            acts=reservation is not None,
        )
        if answer[0] == "conflict":
            raise ConflictError(f"{before.id}: {answer[1]}")
        if answer[0] != "ok":
            raise reservations.refusal(reservation or Reservation(lease="", token=""), *answer)
        return after

    async def _whole(self, incident_id: str, commit: dict[str, Any], *, acts: bool) -> list[str]:
        """Run the commit script, and wait for the disk where the server doesn't by itself.

        `acts`: an effect follows, so a replica has to have it too.
        """
        stored = [
            keys.decisions(incident_id),
            keys.FEED,
            keys.FEED_SEQUENCE,
            keys.DUE,
            keys.OPEN,
            keys.INCIDENTS,
            keys.work(incident_id),
            keys.STOPS,
            keys.BREAKERS,
            keys.CONTROLS,
        ]
        arguments = [json.dumps(commit)]
        answer: list[str]
        if not self._sync and not acts:
            answer = await self._commit(keys=stored, args=arguments)
            return answer
        # WAITAOF and WAIT speak of what their own connection wrote.
        async with self._redis.client() as connection:
            answer = await self._commit(keys=stored, args=arguments, client=connection)
            if answer[0] != "ok":
                return answer
            if self._sync and not await on_disk(connection):
                raise NotConfirmedError("Redis didn't confirm the commit on disk within 2 s")
            if acts and not await on_a_replica(connection):
                raise NotConfirmedError("no replica confirmed the commit within 2 s")
        return answer

    async def note(self, incident_id: str, *events: WorkEvent) -> None:
        await self._note(
            keys=[keys.work(incident_id), keys.FEED, keys.FEED_SEQUENCE],
            args=[incident_id, dump(self._clean(events))],
        )

    async def holder(self, fingerprint: str) -> Holder | None:
        found: Any = await self._redis.hgetall(keys.fingerprint(fingerprint))
        if not found:
            return None
        return Holder(
            incident=found["incident"],
            starts_at=datetime.fromisoformat(found["starts_at"]),
            open=found["open"] == "1",
        )

    async def open_incidents(self) -> list[str]:
        found: Any = await self._redis.zrange(keys.OPEN, 0, -1)
        return list(found)

    async def all_incidents(self) -> list[str]:
        """Ids, oldest first."""
        found: Any = await self._redis.zrange(keys.INCIDENTS, 0, -1)
        return list(found)

    async def recent_incidents(self, count: int) -> list[str]:
        found: Any = await self._redis.zrevrange(keys.INCIDENTS, 0, count - 1)
        return list(found)

    async def openings(self, since: datetime) -> list[Opening]:
        """What opened then or later, in its order and by the server's clock."""
        found: Any = await self._redis.zrange(
            keys.INCIDENTS, int(since.timestamp() * 1000), "+inf", byscore=True, withscores=True
        )
        return [
            Opening(incident=name, at=datetime.fromtimestamp(at / 1000, UTC)) for name, at in found
        ]

    async def versions(self, incident_ids: Sequence[str]) -> list[int]:
        """How far each has come, in their order."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for incident_id in incident_ids:
                pipe.xrevrange(keys.decisions(incident_id), count=1)
            found: Any = await pipe.execute()
        return [int(last[0][0].partition("-")[0]) if last else 0 for last in found]

    async def due(self, now: datetime, count: int) -> list[Work]:
        found: Any = await self._redis.zrange(
            keys.DUE, "-inf", now.timestamp(), byscore=True, offset=0, num=count, withscores=True
        )
        return [work for key, at in found if (work := _work(key, datetime.fromtimestamp(at, UTC)))]

    async def defer(self, work: Work, until: datetime) -> None:
        await self._defer(keys=[keys.DUE], args=[work.key, until.timestamp()])

    async def failed(self, work: Work) -> int:
        key = keys.failures(work.key)
        times = int(await self._redis.incr(key))
        await self._redis.expire(key, _REMEMBER_FAILURES_SECONDS)
        return times

    async def acquire(self, lease: str, seconds: float) -> str | None:
        token = secrets.token_hex(8)
        taken = await self._redis.set(keys.lease(lease), token, nx=True, px=int(seconds * 1000))
        return token if taken else None

    async def release(self, lease: str, token: str) -> None:
        await self._release(keys=[keys.lease(lease)], args=[token])

    async def extend(self, lease: str, token: str, seconds: float) -> bool:
        held = await self._extend(keys=[keys.lease(lease)], args=[token, int(seconds * 1000)])
        return bool(held)

    async def changed(self, count: int) -> list[tuple[str, float]]:
        """Incidents with something not yet shown, longest waiting first, and how far they are."""
        found: Any = await self._redis.zrange(keys.FEED, 0, count - 1, withscores=True)
        return [(incident, sequence) for incident, sequence in found]

    async def wakes(self) -> AsyncIterator[str]:
        """The incident of each commit or note from now on; a lost connection raises.

        Empty at first, once it listens: what came before was not heard.
        """
        async with self._redis.pubsub() as channel:
            await channel.subscribe(keys.FEED)
            async for message in channel.listen():
                if message["type"] == "message":
                    yield str(message["data"])
                elif message["type"] == "subscribe":
                    yield ""

    async def touch(self, name: str) -> None:
        """Something of that name is to be shown anew: a storm, whose incidents changed."""
        await self._touch(keys=[keys.FEED, keys.FEED_SEQUENCE], args=[name])

    async def projected(self, incident_id: str, sequence: float) -> None:
        """Everything up to `sequence` is shown; what came later stays in the feed."""
        await self._projected(keys=[keys.FEED], args=[incident_id, f"{sequence:.0f}"])


def _work(key: str, due: datetime) -> Work | None:
    """None for work of another release: that one will do it."""
    try:
        return Work.parse(key, due)
    except ValueError:
        return None


def _entry(at: str, fields: dict[str, str]) -> Entry:
    return Entry(
        version=int(at.partition("-")[0]),
        body=fields.get("events", ""),
        hash=fields.get("hash", ""),
        seal=fields.get("seal", ""),
    )


def _fields(entry: Entry) -> list[str]:
    fields = ["events", entry.body, "hash", entry.hash]
    return [*fields, "seal", entry.seal] if entry.seal else fields


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "key": keys.failed_actions(failure.trip.scope),
        "service": failure.trip.scope,
        "action": failure.action,
        "count": failure.count,
        "milliseconds": int(failure.seconds * 1000),
        "event": failure.trip.model_dump_json(),
    }


def _control(control: Stopped | Resumed) -> dict[str, Any]:
    return {
        "scope": control.scope,
        "stops": isinstance(control, Stopped),
        "event": control.model_dump_json(),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "key": keys.fingerprint(claim.fingerprint),
        "starts_at": claim.starts_at.isoformat(),
        "release": claim.release,
    }
