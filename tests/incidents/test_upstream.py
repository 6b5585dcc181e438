"""opsbot never silences the sender's own escalation: if it dies, the pager still rings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

import tools.alerts
import tools.oncall
from bot.adapters.redis_standing import RedisStanding
from bot.domain.values import Alert, Status
from bot.incidents.catchup import CatchUp
from bot.web.standing import ApiSender
from tests.fakes.house import House
from tests.fakes.http_server import FakeServer
from tests.fakes.oncall import PAGERDUTY_TOKEN, FakePagerDuty
from tests.fakes.story import alert
from tools.oncall.pagerduty import PagerDuty, PagerDutySettings

pytestmark = pytest.mark.invariant(24)


def parse(body: bytes) -> list[Alert]:
    data = json.loads(body)["event"]["data"]
    return [alert(f"pagerduty:{data['id']}", source="pagerduty", title=data["title"])]


async def test_from_alert_to_end_nothing_but_questions_reaches_the_sender(house: House) -> None:
    pager = FakePagerDuty()
    pager.triggers(1)
    async with FakeServer(pager.handle) as server:
        settings = PagerDutySettings(url=server.url, token=SecretStr(PAGERDUTY_TOKEN))
        backend = PagerDuty(settings)
        sender = ApiSender("pagerduty", backend, parse)
        store = RedisStanding(house.redis)
        catch_up = CatchUp([sender], house.inbox, house.ledger, store, house.clock)

        async def look() -> None:
            await catch_up.look(sender, at_once=True)
            await house.receive()

        await backend.check()
        await look()
        await house.work()
        await look()
        await house.decide("approve")
        await house.later(60)
        await look()
        assert (await house.incident()).status is Status.RESOLVED
        await house.later(3600)
        await backend.close()
    assert server.writes() == []
    assert len(server.seen) >= 5
    assert [each["status"] for each in pager.incidents] == ["triggered"]


@pytest.mark.parametrize("room", [tools.alerts, tools.oncall], ids=lambda room: room.__name__)
def test_no_backend_of_a_sender_knows_how_to_write(room: object) -> None:
    [folder] = room.__path__  # type: ignore[attr-defined]
    for path in Path(folder).glob("*.py"):
        assert ".write(" not in path.read_text(encoding="utf-8"), path.name
