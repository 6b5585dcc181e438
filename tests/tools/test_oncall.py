"""Who is on call, and what is open: asked of PagerDuty and of Opsgenie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.fakes.http_server import FakeServer
from tests.fakes.oncall import MOMENT, OPSGENIE_KEY, PAGERDUTY_TOKEN, FakeOpsgenie, FakePagerDuty
from tools.kit.conformance import ReadCase, check_read_tool
from tools.kit.errors import InvalidCall, Refused, Unavailable
from tools.kit.http import within
from tools.oncall import pagerduty
from tools.oncall.opsgenie import Opsgenie, OpsgenieSettings
from tools.oncall.pagerduty import PagerDuty, PagerDutySettings
from tools.oncall.port import Person
from tools.oncall.tools import GetOncall, GetOncallParams


def genie(url: str, **more: Any) -> Opsgenie:
    given = {"url": url, "api_key": SecretStr(OPSGENIE_KEY), **more}
    return Opsgenie(OpsgenieSettings.model_validate(given))


def duty(url: str, **more: Any) -> PagerDuty:
    given = {"url": url, "token": SecretStr(PAGERDUTY_TOKEN), **more}
    return PagerDuty(PagerDutySettings.model_validate(given))


@pytest.fixture
async def opsgenie() -> AsyncIterator[tuple[FakeOpsgenie, FakeServer]]:
    fake = FakeOpsgenie()
    async with FakeServer(fake.handle) as server:
        yield fake, server


@pytest.fixture
async def pager() -> AsyncIterator[tuple[FakePagerDuty, FakeServer]]:
    fake = FakePagerDuty()
    async with FakeServer(fake.handle) as server:
        yield fake, server


async def test_get_oncall_over_pagerduty(pager: tuple[FakePagerDuty, FakeServer]) -> None:
    found, empty = GetOncallParams(schedule="PRIMARY"), GetOncallParams(schedule="EMPTY")
    await check_read_tool(ReadCase(duty, GetOncall, pager[1].url, found, empty))


async def test_get_oncall_over_opsgenie(opsgenie: tuple[FakeOpsgenie, FakeServer]) -> None:
    found, empty = GetOncallParams(schedule="primary"), GetOncallParams(schedule="empty")
    await check_read_tool(ReadCase(genie, GetOncall, opsgenie[1].url, found, empty))


async def test_whoever_has_two_levels_of_a_schedule_is_one_person(
    pager: tuple[FakePagerDuty, FakeServer],
) -> None:
    backend = duty(pager[1].url)
    found = await backend.on_call("PRIMARY", within(5))
    await backend.close()
    assert found.people == (Person("Maya", "maya@sample-company.test"),)
    assert pager[1].seen[0].headers["Accept"] == "application/vnd.pagerduty+json;version=2"


async def test_a_schedule_that_there_is_not_is_the_callers_to_mend(
    opsgenie: tuple[FakeOpsgenie, FakeServer],
) -> None:
    backend = genie(opsgenie[1].url)
    with pytest.raises(InvalidCall, match="No resource found"):
        await backend.on_call("nowhere", within(5))
    await backend.close()


async def test_a_wrong_key_names_the_setting(pager: tuple[FakePagerDuty, FakeServer]) -> None:
    backend = duty(pager[1].url, token=SecretStr("wrong-token"))
    with pytest.raises(Refused, match="OPSBOT_PAGERDUTY_TOKEN"):
        await backend.check()
    await backend.close()


async def test_what_is_open_in_pagerduty_is_told_as_its_webhook_would(
    pager: tuple[FakePagerDuty, FakeServer],
) -> None:
    fake, server = pager
    fake.page = 2
    for number, status in enumerate(["triggered", "acknowledged", "triggered", "resolved"], 1):
        fake.triggers(number, status)
    fake.triggers(9, service="POTHER")
    backend = duty(server.url, services="PSVC, PMORE")
    standing = await backend.standing(within(5))
    await backend.close()
    data = [body["event"]["data"] for body in standing.told]
    assert [(each["id"], each["status"]) for each in data] == [
        ("Q1", "triggered"),
        ("Q2", "acknowledged"),
        ("Q3", "triggered"),
    ]
    assert {body["event"]["event_type"] for body in standing.told} == {"incident.triggered"}
    assert (data[0]["created_at"], data[0]["number"]) == (MOMENT, 1)
    assert data[0]["assignees"] == [{"id": "PU", "summary": "Maya"}]


async def test_more_than_can_be_counted_is_no_answer_rather_than_a_part_of_one(
    pager: tuple[FakePagerDuty, FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagerduty, "MOST", 2)
    fake, server = pager
    fake.page = 1
    for number in range(4):
        fake.triggers(number)
    backend = duty(server.url)
    with pytest.raises(Refused, match="name fewer services"):
        await backend.standing(within(5))
    await backend.close()


async def test_what_is_open_in_opsgenie_is_told_as_its_webhook_would(
    opsgenie: tuple[FakeOpsgenie, FakeServer],
) -> None:
    fake, server = opsgenie
    for number in range(103):
        fake.creates(number)
    fake.creates(500, "closed")
    backend = genie(server.url)
    standing = await backend.standing(within(5))
    await backend.close()
    assert len(standing.told) == 103
    first = standing.told[0]
    assert (first["action"], first["alert"]["message"]) == ("Create", "alert 0")
    assert first["alert"]["alertId"] == "70413a06-38d6-4c85-92b8-5ebc900d0000"
    assert first["alert"]["createdAt"] == 1795398420123


async def test_the_heartbeat_goes_out_under_the_key(
    opsgenie: tuple[FakeOpsgenie, FakeServer],
) -> None:
    fake, server = opsgenie
    backend = genie(server.url, heartbeat="opsbot alive")
    assert "heartbeat 'opsbot alive' is enabled" in await backend.check()
    assert backend.heartbeat is not None
    await backend.heartbeat.beat()
    await backend.close()
    assert fake.pings == ["opsbot alive"]
    assert server.seen[-1].headers["Authorization"] == f"GenieKey {OPSGENIE_KEY}"


@pytest.mark.parametrize("fault", ["down", "wrong key"])
async def test_a_heartbeat_that_is_not_taken_says_so_without_the_key(
    opsgenie: tuple[FakeOpsgenie, FakeServer], fault: str
) -> None:
    fake, server = opsgenie
    fake.down = fault == "down"
    key = SecretStr("another-key-of-mine") if fault == "wrong key" else SecretStr(OPSGENIE_KEY)
    heartbeat = genie(server.url, heartbeat="opsbot", api_key=key).heartbeat
    assert heartbeat is not None
    with pytest.raises(Unavailable, match="heartbeat 'opsbot' was not taken") as error:
        await heartbeat.beat()
    assert key.get_secret_value() not in str(error.value)
    assert fake.pings == []
