"""Thirty minutes away: a real Alertmanager fired meanwhile, and gave up telling."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.adapters.redis_standing import RedisStanding
from bot.domain.values import Alert
from bot.incidents.catchup import CatchUp
from bot.web.delivery import Delivery
from bot.web.sources import alertmanager
from bot.web.standing import ApiSender
from tests.fakes.house import INVENTORY, House
from tests.fakes.poll import until
from tools.alerts.alertmanager import Alertmanager, AlertmanagerSettings
from tools.kit.errors import Unavailable

pytestmark = pytest.mark.invariant(3)
BINARY = shutil.which("prometheus-alertmanager")
LABELS = {"alertname": "LampRed", "service": "lamps", "severity": "critical"}


class Counterpart:
    """A real Alertmanager whose receiver is not there."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def fires(self, labels: dict[str, str], since: datetime) -> None:
        """As Prometheus tells it: until further notice."""
        ends = datetime.now(UTC) + timedelta(minutes=5)
        await self._post("alerts", [_told(labels, since, ends)])

    async def ends(self, labels: dict[str, str], since: datetime) -> None:
        await self._post("alerts", [_told(labels, since, datetime.now(UTC))])

    async def silence(self, labels: dict[str, str]) -> None:
        now = datetime.now(UTC)
        matchers = [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ]
        body = {"matchers": matchers, "createdBy": "a test", "comment": "quiet"}
        ends = {"startsAt": _iso(now), "endsAt": _iso(now + timedelta(hours=1))}
        await self._post("silences", {**body, **ends})

    async def states(self) -> list[str]:
        async with self.session.get(f"{self.url}/api/v2/alerts") as answer:
            return [each["status"]["state"] for each in await answer.json()]

    async def _post(self, what: str, body: Any) -> None:
        async with self.session.post(f"{self.url}/api/v2/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _told(labels: dict[str, str], since: datetime, until: datetime) -> dict[str, Any]:
    annotations = {"summary": "the lamp is red"}
    moments = {"startsAt": _iso(since), "endsAt": _iso(until)}
    return {"labels": labels, "annotations": annotations, **moments, "generatorURL": "http://p/"}


@pytest.fixture
async def counterpart(tmp_path: Path) -> AsyncIterator[Counterpart]:
    if BINARY is None:
        pytest.skip("prometheus-alertmanager is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = tmp_path / "alertmanager.yml"
    config.write_text(
        "route: {receiver: opsbot}\nreceivers:\n- name: opsbot\n  webhook_configs:\n"
        "  - url: http://127.0.0.1:1/\n- name: others\n"
    )
    process = await asyncio.create_subprocess_exec(
        BINARY,
        f"--config.file={config}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            try:
                async with session.get(f"{url}/-/ready") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        try:
            await until(ready)
            yield Counterpart(url, session)
        finally:
            process.kill()
            await process.wait()


def parsed(body: bytes) -> list[Alert]:
    return alertmanager.parse(Delivery(body, (), datetime.now(UTC)), INVENTORY)


def sender(url: str, **more: Any) -> ApiSender:
    settings = AlertmanagerSettings.model_validate({"url": url, **more})
    return ApiSender("alertmanager", Alertmanager(settings), parsed)


def starts(redis: Redis) -> House:
    """opsbot as it comes up, at the hour it is."""
    house = House(redis)
    house.clock.now = datetime.now(UTC)
    return house


async def look(house: House, asked: ApiSender) -> None:
    catch_up = CatchUp([asked], house.inbox, house.ledger, RedisStanding(house.redis), house.clock)
    await catch_up.look(asked, at_once=True)
    await house.receive()


def webhook(labels: dict[str, str], since: datetime, fingerprint: str) -> bytes:
    """What its webhook said of it, kept by some proxy and delivered late; to the nanosecond."""
    precise = f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond:06}789Z"
    alert = {"status": "firing", "labels": labels, "startsAt": precise, "fingerprint": fingerprint}
    return json.dumps({"version": "4", "alerts": [alert]}).encode()


async def test_the_start_finds_what_fired_and_a_late_webhook_opens_nothing_new(
    counterpart: Counterpart, redis: Redis
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=30)
    await counterpart.fires(LABELS, since)
    house = starts(redis)
    await look(house, sender(counterpart.url))
    assert await house.ledger.open_incidents() == ["INC-1"]
    [held] = (await house.incident()).alerts.values()
    assert (held.title, held.service, held.severity) == ("the lamp is red", "lamps", "sev2")

    fingerprint = held.fingerprint.removeprefix("alertmanager:")
    late = parsed(webhook(LABELS, since, fingerprint))
    await house.receive(*late)
    await look(house, sender(counterpart.url))
    assert await house.ledger.recent_incidents(9) == ["INC-1"]


async def test_a_webhook_that_comes_when_it_is_over_opens_nothing_either(
    counterpart: Counterpart, redis: Redis
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=30)
    await counterpart.fires(LABELS, since)
    house = starts(redis)
    await look(house, sender(counterpart.url))
    [held] = (await house.incident()).alerts.values()
    await house.receive(held.model_copy(update={"status": "resolved"}))
    fingerprint = held.fingerprint.removeprefix("alertmanager:")
    late = parsed(webhook(LABELS, since, fingerprint))
    await house.receive(*late)
    await look(house, sender(counterpart.url))
    assert await house.ledger.recent_incidents(9) == ["INC-1"]
    assert await house.ledger.open_incidents() == []


async def test_what_ended_meanwhile_is_cleared_at_the_second_look(
    counterpart: Counterpart, redis: Redis
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    await counterpart.fires(LABELS, since)
    house = starts(redis)
    await look(house, sender(counterpart.url))
    await counterpart.ends(LABELS, since)

    async def gone() -> bool:
        return await counterpart.states() == []

    await until(gone)
    for _ in range(2):
        house.clock.advance(180)
        await look(house, sender(counterpart.url))
    assert await house.ledger.open_incidents() == []


async def test_what_is_silenced_or_for_others_is_left_alone(
    counterpart: Counterpart, redis: Redis
) -> None:
    await counterpart.silence(LABELS)
    await counterpart.fires(LABELS, datetime.now(UTC))

    async def suppressed() -> bool:
        return await counterpart.states() == ["suppressed"]

    await until(suppressed)
    await counterpart.fires({**LABELS, "alertname": "Bell"}, datetime.now(UTC))
    house = starts(redis)
    await look(house, sender(counterpart.url, receiver="others"))
    assert await house.ledger.recent_incidents(9) == []
    await look(house, sender(counterpart.url, receiver="opsbot"))
    assert await house.ledger.open_incidents() == ["INC-1"]
    assert {a.labels["alertname"] for a in (await house.incident()).alerts.values()} == {"Bell"}


async def test_one_that_is_away_is_no_empty_answer() -> None:
    with pytest.raises(Unavailable):
        await sender("http://127.0.0.1:1").standing()
