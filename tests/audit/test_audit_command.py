"""`opsbot audit`, on what the use cases wrote to a real Valkey and what was done to it since."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.__main__ import main
from bot.adapters import keys
from bot.adapters.audit_key import begin
from bot.domain import events as e
from bot.domain.chain import chained
from bot.domain.seal import Seal
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.house import AUDIT_KEY, SEAL, House
from tests.fakes.story import at, opened, proposed, started

Fields = dict[str, str]
Entries = list[tuple[str, Fields]]
Opsbot = Callable[..., Awaitable[tuple[int, str, str]]]
STREAM = keys.decisions("INC-1")
pytestmark = pytest.mark.invariant(21)


@pytest.fixture
def opsbot(
    valkey: EmbeddedValkey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Opsbot:
    """Runs a command as a person would; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", valkey.url)
    monkeypatch.setenv("OPSBOT_AUDIT_KEY", AUDIT_KEY)

    async def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
async def solved(house: House) -> House:
    """One incident, mended by an approved plan, all of it signed."""
    await begin(house.redis, SEAL)
    await house.approved()
    await house.work()
    return house


async def stored(redis: Redis) -> Entries:
    found: Any = await redis.xrange(STREAM)
    return list(found)


async def written(redis: Redis, entries: Entries) -> None:
    """Put the stream there anew, as somebody with a shell on Redis can."""
    await redis.delete(STREAM)
    for version, fields in entries:
        await redis.xadd(STREAM, fields, id=version)  # type: ignore[arg-type]


def lie(fields: Fields) -> Fields:
    return {**fields, "events": fields["events"].replace('"U1"', '"U2"')}


async def index_of(redis: Redis, kind: str) -> int:
    return next(i for i, (_, f) in enumerate(await stored(redis)) if f'"{kind}"' in f["events"])


class TestVerify:
    async def test_what_opsbot_wrote_is_whole(self, solved: House, opsbot: Opsbot) -> None:
        incident = await solved.incident()
        code, told, then = await opsbot("audit", "verify")
        assert code == 0
        assert told.splitlines() == [
            f"✓  INC-1     {incident.version} entries, head {incident.head[:8]}",
            f"1 whole, every effect approved or allowed; signed with key {SEAL.name}.",
        ]
        assert f"--head INC-1:{incident.version}:{incident.head[:8]}" in then

    async def test_an_edited_approval_is_found(self, solved: House, opsbot: Opsbot) -> None:
        entries = await stored(solved.redis)
        i = await index_of(solved.redis, "approval.decided")
        entries[i] = (entries[i][0], lie(entries[i][1]))
        await written(solved.redis, entries)
        code, told, then = await opsbot("audit", "verify")
        assert code == 1
        assert f"✗  INC-1     entry {i + 1}: edited after it was written" in told
        assert "not what opsbot wrote" in then

    async def test_a_removed_entry_is_found(self, solved: House, opsbot: Opsbot) -> None:
        await solved.redis.xdel(STREAM, "3-0", "4-0")
        code, told, _ = await opsbot("audit", "verify", "inc-1")
        assert code == 1
        assert "entries 3 to 4: missing" in told

    async def test_swapped_entries_are_found(self, solved: House, opsbot: Opsbot) -> None:
        entries = await stored(solved.redis)
        (three, a), (four, b) = entries[2:4]
        entries[2:4] = [(three, b), (four, a)]
        await written(solved.redis, entries)
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "entry 3: out of its place: it was written as entry 4" in told

    @pytest.mark.parametrize(
        ("seal", "words"),
        [
            (None, "not signed, though chaining had begun"),
            (Seal("guessed"), "signed with another audit key"),
        ],
        ids=["unsigned", "another key"],
    )
    async def test_a_whole_chain_written_anew_is_found(
        self, solved: House, opsbot: Opsbot, seal: Seal | None, words: str
    ) -> None:
        head, forged = "", []
        for number, (version, fields) in enumerate(await stored(solved.redis), start=1):
            entry = chained("INC-1", head, number, lie(fields)["events"], seal)
            head = entry.hash
            forged.append((version, {"events": entry.body, "hash": head, "seal": entry.seal}))
        await written(solved.redis, forged)
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert f"all {len(forged)} entries: {words}" in told

    async def test_one_stripped_of_every_signature_does_not_pass_for_an_old_one(
        self, solved: House, opsbot: Opsbot
    ) -> None:
        bare = [(v, {"events": lie(f)["events"]}) for v, f in await stored(solved.redis)]
        await written(solved.redis, bare)
        assert (await opsbot("audit", "verify"))[0] == 1
        await solved.redis.delete(keys.CHAINING)
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "the mark was removed" in told

    async def test_a_trail_that_is_gone_is_found(self, solved: House, opsbot: Opsbot) -> None:
        await solved.redis.delete(STREAM)
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "✗  INC-1     the whole trail is gone" in told

    async def test_a_cut_off_end_is_found(self, solved: House, opsbot: Opsbot) -> None:
        last = (await solved.incident()).version
        await solved.redis.xdel(STREAM, f"{last}-0")
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert f"entry {last}: missing" in told

    async def test_one_cut_off_cleverly_is_found_by_the_head_that_slack_holds(
        self, solved: House, opsbot: Opsbot
    ) -> None:
        incident = await solved.incident()
        head = f"INC-1:{incident.version}:{incident.head[:8]}"
        assert (await opsbot("audit", "verify", "--head", head))[0] == 0
        entries = await stored(solved.redis)
        await written(solved.redis, entries[:-2])
        assert (await opsbot("audit", "verify"))[0] == 0
        code, told, _ = await opsbot("audit", "verify", "--head", head)
        assert code == 1
        assert "cut off: there is no entry" in told

    async def test_a_head_that_differs_is_found(self, solved: House, opsbot: Opsbot) -> None:
        code, told, _ = await opsbot("audit", "verify", "--head", "INC-1:3:00000000")
        assert code == 1
        assert "entry 3: written anew: its head is" in told

    async def test_without_the_key_it_says_what_to_set(
        self, solved: House, opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPSBOT_AUDIT_KEY")
        code, _, then = await opsbot("audit", "verify")
        assert code == 1
        assert "set OPSBOT_AUDIT_KEY" in then
        monkeypatch.setenv("OPSBOT_AUDIT_KEY", "another machine's key")
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "set OPSBOT_AUDIT_KEY to the one of the machine on which opsbot ran first" in told

    async def test_what_opsbot_never_wrote_is_found(self, solved: House, opsbot: Opsbot) -> None:
        entries = await stored(solved.redis)
        await written(solved.redis, [*entries, ("99-0", {"events": "not json"})])
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "entry 99: holds what no opsbot writes" in told

    async def test_an_incident_nobody_knows_is_not_called_tampered(
        self, solved: House, opsbot: Opsbot
    ) -> None:
        code, _, then = await opsbot("audit", "verify", "INC-9")
        assert (code, "there is no incident 'INC-9'" in then) == (1, True)

    @pytest.mark.invariant(9)
    async def test_an_effect_that_nobody_let_start_is_found_though_the_chain_is_whole(
        self, house: House, opsbot: Opsbot
    ) -> None:
        await begin(house.redis, SEAL)
        for events in ([opened()], proposed(), [started()]):
            await house.ledger.commit(await house.incident(), events)
        code, told, _ = await opsbot("audit", "verify")
        assert code == 1
        assert "✗  INC-1     entry 3: step 1 of P1 started with 0 of 1 approvals" in told


class TestExport:
    async def test_each_event_is_a_line_that_says_all(self, solved: House, opsbot: Opsbot) -> None:
        code, told, _ = await opsbot("audit", "export")
        lines = [json.loads(line) for line in told.splitlines()]
        assert code == 0
        assert [line["type"] for line in lines] == await solved.events()
        incident, fix = await solved.incident(), await solved.fix()
        assert lines[-1]["hash"] == incident.head
        decided = next(line for line in lines if line["type"] == "approval.decided")
        assert (decided["actor"], decided["digest"]) == ("U1", fix.digest)
        for kind in ("plan.proposed", "action.started"):
            of_fix = [x for x in lines if x["type"] == kind and "books" not in json.dumps(x)]
            assert [(x["rule"], x["policy"], x["digest"]) for x in of_fix] == [
                ("change", solved.policy.revision, fix.digest)
            ]
        twins = [line for line in lines if line["version"] == decided["version"]]
        assert [line["sequence"] for line in twins] == list(range(len(twins)))

    async def test_since_leaves_out_what_was_before(self, solved: House, opsbot: Opsbot) -> None:
        solved.clock.advance(60)
        later = at(60).isoformat()
        alert = e.BooksSkipped(at=at(60), actor="opsbot", milestone="open", reason="late")
        await solved.ledger.commit(await solved.incident(), [alert])
        _, told, _ = await opsbot("audit", "export", "INC-1", "--since", later)
        assert [json.loads(line)["type"] for line in told.splitlines()] == ["books.skipped"]

    async def test_one_that_cannot_be_read_is_named_and_the_rest_is_there(
        self, solved: House, opsbot: Opsbot
    ) -> None:
        await solved.redis.zadd(keys.INCIDENTS, {"INC-0": 0})
        await solved.redis.xadd(keys.decisions("INC-0"), {"events": "not json"}, id="1-0")
        code, told, then = await opsbot("audit", "export")
        assert code == 1
        assert "INC-0: it holds what no opsbot writes" in then
        assert len(told.splitlines()) == len(await solved.events())


async def test_incidents_show_says_the_head(solved: House, opsbot: Opsbot) -> None:
    incident = await solved.incident()
    _, told, _ = await opsbot("incidents", "show", "INC-1")
    assert f"Audit: {incident.version} entries, head {incident.head[:8]}" in told
    _, told, _ = await opsbot("incidents", "show", "INC-1", "--json")
    assert json.loads(told)["audit"] == {"entries": incident.version, "head": incident.head}


async def test_doctor_says_whose_key_signs_and_what_to_copy_where_it_is_another(
    solved: House, opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, told, _ = await opsbot("doctor")
    assert f"✓  audit      key {SEAL.name} of OPSBOT_AUDIT_KEY signs this ledger" in told
    monkeypatch.setenv("OPSBOT_AUDIT_KEY", "another machine's key")
    code, told, _ = await opsbot("doctor")
    assert code == 1
    assert "✗  audit      this ledger is signed with another audit key" in told
    monkeypatch.delenv("OPSBOT_AUDIT_KEY")
    _, told, _ = await opsbot("doctor")
    assert "✓  audit      a key is made in '.opsbot/audit.key' at the first start" in told
    assert not (tmp_path / ".opsbot").exists()


async def test_a_stop_and_a_resumption_from_a_terminal_are_signed_as_well(
    house: House, opsbot: Opsbot
) -> None:
    await begin(house.redis, SEAL)
    await house.approved()
    assert (await opsbot("stop", "INC-1", "--reason", "a bad deploy"))[0] == 0
    assert (await opsbot("resume", "INC-1", "--reason", "mended"))[0] == 0
    code, out, _ = await opsbot("audit", "verify")
    assert code == 0, out


async def test_without_the_key_an_incident_stays_as_it_is_and_everything_still_stops(
    house: House, opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(house.redis, SEAL)
    await house.approved()
    monkeypatch.setenv("OPSBOT_AUDIT_KEY", "another key than the one that signed")
    code, _, err = await opsbot("stop", "INC-1", "--reason", "a bad deploy")
    assert (code, (await house.incident()).stop) == (1, None)
    assert "signed with another audit key" in err
    assert (await opsbot("stop", "all", "--reason", "a bad deploy"))[0] == 0
    assert set(await house.controls.stopped()) == {"all"}
