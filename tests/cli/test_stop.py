"""Stopping and resuming from a terminal, where Slack may be what is broken."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.__main__ import main
from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.domain.controls import ControlEvent, Stopped
from bot.domain.incident import Incident
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.story import opened

INVENTORY = "services: {etl: {environment: production, jobs: [daily]}, billing: {environment: x}}"


@pytest.fixture(autouse=True)
def terminal(valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is logged in, beside an opsbot whose INC-1 is open."""
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(INVENTORY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", valkey.url)
    monkeypatch.setenv("OPSBOT_INVENTORY", str(inventory))
    monkeypatch.setenv("LOGNAME", "maya")
    monkeypatch.setenv("OPSBOT_AUDIT_KEY", "a key of these tests")

    async def fresh() -> None:
        redis = client(valkey)
        await redis.flushall()
        await RedisLedger(redis, sync_each_commit=False).commit(Incident(id="INC-1"), [opened()])
        await redis.aclose()

    asyncio.run(fresh())


def client(valkey: EmbeddedValkey) -> Redis:
    return Redis.from_url(valkey.url, decode_responses=True, protocol=2)


def recorded(valkey: EmbeddedValkey) -> list[ControlEvent]:
    async def read() -> list[ControlEvent]:
        redis = client(valkey)
        try:
            return await RedisControls(redis, sync_each_write=False).history()
        finally:
            await redis.aclose()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("word", "scope"), [("all", "all"), ("etl", "etl"), ("daily", "etl"), ("inc-1", "INC-1")]
)
def test_a_stop_stands_until_it_is_resumed_and_both_are_recorded(
    valkey: EmbeddedValkey, capsys: pytest.CaptureFixture[str], word: str, scope: str
) -> None:
    assert main(["stop", word, "--reason", "a bad deploy"]) == 0
    assert "by maya" in capsys.readouterr().out
    assert main(["stop", "--list", "--json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["scope"], listed["actor"]) == (scope, "cli:maya")
    assert main(["resume", word, "--reason", "mended"]) == 0
    assert "may go on" in capsys.readouterr().out
    assert main(["stop", "--list"]) == 0
    assert "Nothing is stopped" in capsys.readouterr().err
    told = [(e.type, e.scope, e.actor, e.reason) for e in recorded(valkey)]
    assert told == [
        ("control.stopped", scope, "cli:maya", "a bad deploy"),
        ("control.resumed", scope, "cli:maya", "mended"),
    ]


def test_who_stops_what_is_stopped_is_told_by_whom(
    valkey: EmbeddedValkey, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["stop", "etl", "--reason", "a bad deploy"])
    monkeypatch.setenv("LOGNAME", "dev")
    assert main(["stop", "etl", "--reason", "me too"]) == 0
    assert "by maya" in capsys.readouterr().out.splitlines()[-1]
    assert [type(e) for e in recorded(valkey)] == [Stopped]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["stop", "elt", "--reason", "typo"], "(billing, etl)"),
        (["stop", "INC-9", "--reason", "typo"], "there is no incident 'INC-9'"),
        (["stop", "etl"], "say what to stop and why"),
        (["stop", "etl", "--reason", " "], "say what to stop and why"),
        (["stop"], "say what to stop and why"),
        (["resume", "elt", "--reason", "typo"], "(billing, etl)"),
    ],
)
def test_what_is_not_known_is_refused_and_nothing_is_stopped(
    valkey: EmbeddedValkey, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(arguments) == 1
    assert words in capsys.readouterr().err
    assert recorded(valkey) == []


def test_a_stopped_incident_says_so_where_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["stop", "INC-1", "--reason", "a bad deploy"])
    capsys.readouterr()
    assert main(["incidents", "show", "INC-1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("Stopped by maya ")]
    assert any("incident.stopped" in line and "Stopped by maya" in line for line in shown)


@pytest.mark.invariant(22)
@pytest.mark.parametrize("scope", ["all", "etl", "INC-1"])
def test_a_secret_in_the_reason_is_kept_nowhere(valkey: EmbeddedValkey, scope: str) -> None:
    assert main(["stop", scope, "--reason", "it logs password=hunter2hunter2"]) == 0
    [stop] = recorded(valkey)
    assert stop.reason.startswith("it logs password=[secret ")
    assert main(["resume", scope, "--reason", "no more password=hunter2hunter2"]) == 0
    assert not [told for told in recorded(valkey) if "hunter2" in told.model_dump_json()]
