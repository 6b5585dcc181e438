"""Each API can be made to fail, in each way a backend fails, and is well again afterwards."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import ClientSession, ClientTimeout

from bot.sandbox.company import Company

SYSTEMS = ("elasticsearch", "prometheus", "grafana", "jaeger", "airflow", "jira")


@pytest.fixture
def company(idle_company: Company) -> Company:
    return idle_company


@pytest.mark.parametrize("system", SYSTEMS)
async def test_an_api_fails_as_told_and_is_well_again_at_the_same_address(
    company: Company, session: ClientSession, system: str
) -> None:
    url = company.endpoints[system].url + "/api/v2/version"
    async with session.get(url) as answer:
        usual = answer.status

    await company.fail(system, "unavailable")
    async with session.get(url) as answer:
        assert answer.status == 503

    await company.fail(system, "timeout")
    with pytest.raises(TimeoutError):
        await session.get(url, timeout=ClientTimeout(total=0.2))

    await company.fail(system, "refused")
    with pytest.raises(aiohttp.ClientConnectionError):
        await session.get(url)

    await company.fail(system, None)
    async with session.get(url) as answer:
        assert answer.status == usual == 401


async def test_one_failing_api_leaves_the_others_alone(
    company: Company, session: ClientSession
) -> None:
    await company.fail("jira", "refused")

    for system in ("elasticsearch", "prometheus", "airflow"):
        async with session.get(company.endpoints[system].url + "/api/v2/version") as answer:
            assert answer.status == 401


async def test_the_company_stops_while_an_api_hangs(
    company: Company, session: ClientSession
) -> None:
    await company.fail("airflow", "timeout")
    with pytest.raises(TimeoutError):
        url = company.endpoints["airflow"].url
        await session.get(url, timeout=ClientTimeout(total=0.1))

    await company.stop()

    with pytest.raises(aiohttp.ClientConnectionError):
        await session.get(url)
