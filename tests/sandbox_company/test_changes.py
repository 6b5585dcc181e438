"""The company's Grafana tells what was changed, whoever changed it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.company import Company

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Airflow

SOURCE = "daily_revenue_aggregation.source"


class Grafana:
    def __init__(self, session: ClientSession, settings: dict[str, str]) -> None:
        self._session = session
        self._url = f"{settings['OPSBOT_GRAFANA_URL']}/api/annotations"
        self._headers = {"Authorization": f"Bearer {settings['OPSBOT_GRAFANA_TOKEN']}"}

    async def texts(self, *tags: str, **query: str) -> list[str]:
        asked = [("tags", tag) for tag in tags] + list(query.items())
        async with self._session.get(self._url, params=asked, headers=self._headers) as answer:
            assert answer.status == 200
            return [one["text"] for one in await answer.json()]

    async def annotate(self, body: Any) -> tuple[int, Any]:
        async with self._session.post(self._url, json=body, headers=self._headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
def grafana(idle_company: Company, session: ClientSession) -> Grafana:
    return Grafana(session, idle_company.environment())


async def test_some_days_of_ordinary_changes_are_there_newest_first(grafana: Grafana) -> None:
    texts = await grafana.texts()
    assert len(texts) > 5
    assert texts[0] == "checkout v5.12.0 → v5.13.0"


async def test_a_window_holds_what_was_changed_in_it(grafana: Grafana) -> None:
    since = int((time.time() - 6 * 3600) * 1000)
    until = int((time.time() - 3 * 3600) * 1000)
    assert await grafana.texts(**{"from": str(since), "to": str(until)}) == [
        "churn-scoring v1.18.0 → v1.18.1"
    ]


async def test_all_tags_must_be_there_or_any_of_them(grafana: Grafana) -> None:
    tags = ("service:etl", "service:checkout")
    assert await grafana.texts(*tags) == []
    assert len(await grafana.texts(*tags, matchAny="true")) == 3
    assert len(await grafana.texts(*tags, matchAny="true", limit="1")) == 1


async def test_a_parameter_changed_through_airflow_is_told_once(
    company: Company, airflow: Airflow, session: ClientSession
) -> None:
    grafana = Grafana(session, company.environment())
    for value in ("replica-1", "replica-1"):
        body = {"key": SOURCE, "value": value}
        await airflow("PATCH", f"/variables/{SOURCE}", body, update_mask="value")

    texts = await grafana.texts("job:daily_revenue_aggregation", "service:etl")

    assert texts == ["daily_revenue_aggregation: source replica-2 → replica-1"]


async def test_an_annotation_can_be_added_and_an_empty_one_cannot(grafana: Grafana) -> None:
    assert (await grafana.annotate({"text": "drill", "tags": ["drill"]}))[0] == 200
    assert await grafana.texts("drill") == ["drill"]
    assert (await grafana.annotate({"tags": ["drill"]}))[0] == 400


async def test_a_query_that_is_no_number_is_refused(grafana: Grafana) -> None:
    with pytest.raises(AssertionError):
        await grafana.texts(**{"from": "yesterday"})
