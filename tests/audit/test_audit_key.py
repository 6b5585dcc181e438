"""The audit key: made once, shared by all, never in Redis, and missed where it differs."""

from __future__ import annotations

import asyncio
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bot import settings, wiring
from bot.adapters import keys
from bot.adapters.audit_key import AuditKeyError, begin, read_key, signed_since
from bot.adapters.redis_ledger import RedisLedger
from bot.domain.chain import Trail
from bot.domain.incident import Incident
from bot.domain.seal import Seal
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.story import diagnosed, opened

OURS, THEIRS = Seal("a key of this test"), Seal("another machine's key")
pytestmark = pytest.mark.invariant(21)


def made(data: str) -> str:
    return read_key(None, Path(data), make=True)


class TestTheFile:
    def test_it_is_made_once_for_this_user_alone(self, tmp_path: Path) -> None:
        key = made(str(tmp_path / "new"))
        path = tmp_path / "new" / "audit.key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert made(str(tmp_path / "new")) == key
        assert len(key) == 64
        assert list(path.parent.iterdir()) == [path]

    def test_processes_that_start_together_share_it(self, tmp_path: Path) -> None:
        with ProcessPoolExecutor(4) as pool:
            assert len(set(pool.map(made, [str(tmp_path)] * 16))) == 1

    def test_the_setting_wins_and_no_file_is_made(self, tmp_path: Path) -> None:
        assert read_key(SecretStr("k" * 16), tmp_path, make=True) == "k" * 16
        assert list(tmp_path.iterdir()) == []

    def test_who_only_reads_makes_none_and_is_told_what_to_set(self, tmp_path: Path) -> None:
        with pytest.raises(AuditKeyError, match=r"audit\.key.*OPSBOT_AUDIT_KEY.*OPSBOT_DATA"):
            read_key(None, tmp_path, make=False)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("text", ["", "\n", "\xff\xfe"])
    def test_one_that_holds_no_key_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "audit.key").write_text(text, encoding="latin-1")
        with pytest.raises(AuditKeyError, match="OPSBOT_AUDIT_KEY"):
            made(str(tmp_path))


class TestTheMark:
    async def test_it_remembers_which_incidents_are_older(self, redis: Redis) -> None:
        await redis.set(keys.COUNTER, 7)
        assert await signed_since(redis, OURS) is None
        await begin(redis, OURS)
        await redis.set(keys.COUNTER, 9)
        await begin(redis, OURS)
        assert await signed_since(redis, OURS) == 7

    async def test_another_key_is_told_what_to_copy(self, redis: Redis) -> None:
        await begin(redis, OURS)
        with pytest.raises(AuditKeyError, match=r"OPSBOT_AUDIT_KEY.*audit\.key into OPSBOT_DATA"):
            await begin(redis, THEIRS)

    async def test_of_two_machines_that_start_first_together_one_is_told(
        self, redis: Redis
    ) -> None:
        both = [begin(redis, seal) for seal in (OURS, THEIRS) for _ in range(5)]
        answers = await asyncio.gather(*both, return_exceptions=True)
        assert [isinstance(a, AuditKeyError) for a in answers].count(True) == 5

    @pytest.mark.parametrize("claim", ["9", "0", "", "many"])
    async def test_one_moved_without_the_key_is_refused(self, redis: Redis, claim: str) -> None:
        await redis.set(keys.COUNTER, 7)
        await begin(redis, OURS)
        signature = str(await redis.get(keys.CHAINING)).partition(" ")[2]
        await redis.set(keys.CHAINING, f"{claim} {signature}")
        with pytest.raises(AuditKeyError, match="tampered with"):
            await begin(redis, OURS)


async def committed(given: settings.Settings, name: str) -> Trail:
    async with wiring.core(given, wiring.prepare(given)) as core:
        first = await core.ledger.commit(Incident(id=name), [opened()])
        await core.ledger.commit(first, [diagnosed()])
        return await core.ledger.trail(name)


async def test_every_commit_of_a_wired_opsbot_is_signed_with_the_key_of_its_folder(
    redis: Redis, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    given = settings.read({"REDIS_URL": valkey.url, "OPSBOT_DATA": str(tmp_path)}, tmp_path / "no")
    trail = await committed(given, "INC-1")
    key = (tmp_path / "audit.key").read_text().strip()
    assert trail.flaws(Seal(key), signed_from_first=True) == []
    assert len(trail.entries) == 2


async def test_the_key_is_redacted_also_where_no_setting_names_it(
    redis: Redis, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    given = settings.read({"REDIS_URL": valkey.url, "OPSBOT_DATA": str(tmp_path)}, tmp_path / "no")
    async with wiring.core(given, wiring.prepare(given)) as core:
        key = (tmp_path / "audit.key").read_text().strip()
        assert key not in core.redactor.clean(f"the key is {key}")


async def test_a_second_machine_without_the_key_does_not_start(
    redis: Redis, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    url = {"REDIS_URL": valkey.url}
    first = settings.read({**url, "OPSBOT_DATA": str(tmp_path / "a")}, tmp_path / "no")
    await committed(first, "INC-1")
    second = settings.read({**url, "OPSBOT_DATA": str(tmp_path / "b")}, tmp_path / "no")
    with pytest.raises(AuditKeyError, match="OPSBOT_AUDIT_KEY"):
        await committed(second, "INC-2")
    key = (tmp_path / "a" / "audit.key").read_text().strip()
    copied = settings.read(
        {**url, "OPSBOT_DATA": str(tmp_path / "b"), "OPSBOT_AUDIT_KEY": key}, tmp_path / "no"
    )
    assert (await committed(copied, "INC-2")).flaws(Seal(key), signed_from_first=True) == []


async def test_of_twenty_at_once_the_winner_alone_is_in_the_chain(redis: Redis) -> None:
    ledger = RedisLedger(redis, sync_each_commit=False, seal=OURS)
    before = await ledger.commit(Incident(id="INC-1"), [opened()])
    await asyncio.gather(
        *(ledger.commit(before, [diagnosed()]) for _ in range(20)), return_exceptions=True
    )
    after = await ledger.load("INC-1")
    await ledger.commit(after, [diagnosed()])
    trail = await ledger.trail("INC-1")
    assert trail.flaws(OURS, signed_from_first=True) == []
    assert len(trail.entries) == 3
