"""Each request that opsbot sends to Opsgenie is one that its own specification takes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from tests.contracts import vendor_specs
from tests.fakes.http_server import FakeServer, Seen
from tests.fakes.oncall import OPSGENIE_KEY, FakeOpsgenie
from tools.kit.http import within
from tools.oncall.opsgenie import Opsgenie, OpsgenieSettings


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return vendor_specs.load("opsgenie.openapi.json")


async def sent() -> list[Seen]:
    """Everything opsbot asks of Opsgenie."""
    fake = FakeOpsgenie()
    async with FakeServer(fake.handle) as server:
        backend = Opsgenie(
            OpsgenieSettings(url=server.url, api_key=SecretStr(OPSGENIE_KEY), heartbeat="opsbot")
        )
        await backend.check()
        await backend.on_call("primary", within(5))
        await backend.standing(within(5))
        assert backend.heartbeat is not None
        await backend.heartbeat.beat()
        await backend.close()
        return server.seen


async def test_every_request_is_one_the_specification_takes(spec: dict[str, Any]) -> None:
    seen = await sent()
    assert {each.path for each in seen} == {
        "/v2/alerts",
        "/v2/heartbeats/opsbot",
        "/v2/heartbeats/opsbot/ping",
        "/v2/schedules/primary/on-calls",
    }
    for each in seen:
        assert vendor_specs.faults(spec, each) == [], f"{each.method} {each.path}"
    assert spec["securityDefinitions"]["GenieKey"]["name"] == "Authorization"
    assert {each.headers["Authorization"] for each in seen} == {f"GenieKey {OPSGENIE_KEY}"}


@pytest.mark.parametrize(
    ("method", "path", "query", "words"),
    [
        ("POST", "/v2/heartbeats/opsbot/ping", {}, "knows no POST"),
        ("GET", "/v2/heartbeat/opsbot/ping", {}, "no such path"),
        ("GET", "/v2/alerts", {"status": ["open"]}, "unknown query parameter 'status'"),
    ],
)
def test_a_request_with_a_fault_is_refused(
    spec: dict[str, Any], method: str, path: str, query: dict[str, list[str]], words: str
) -> None:
    faults = vendor_specs.faults(spec, Seen(method, path, query, {}, None, 0))
    assert words in " ".join(faults)
