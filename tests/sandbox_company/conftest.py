"""A running sample company, a session to speak to it, and a receiver for its alerts."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import BasicAuth, ClientSession, web

from bot.sandbox.company import Company


class Receiver:
    """Keeps the notifications it is sent; answers with `answers` first, then with 200."""

    def __init__(self) -> None:
        self.token = "receiver-token"
        self.url = ""
        self.answers: list[int] = []
        self.headers: list[dict[str, str]] = []
        self._got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self._got.put_nowait(await request.json())
        return web.Response(status=status)

    async def next(self, seconds: float = 10) -> dict[str, Any]:
        return await asyncio.wait_for(self._got.get(), seconds)

    def empty(self) -> bool:
        return self._got.empty()


async def until(holds: Callable[[], Any], seconds: float = 5) -> None:
    """Look again and again until it holds; TimeoutError where it never does."""
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if await found if inspect.isawaitable(found) else found:
                return
            await asyncio.sleep(0.02)


class Airflow:
    """Speaks to the company's Airflow as a client would, token and all."""

    def __init__(self, session: ClientSession, settings: dict[str, str]) -> None:
        self._session = session
        self._settings = settings
        self._token = ""

    async def __call__(
        self, method: str, path: str, body: Any = None, **query: Any
    ) -> tuple[int, Any]:
        base = self._settings["OPSBOT_AIRFLOW_URL"]
        if not self._token:
            login = {
                "username": self._settings["OPSBOT_AIRFLOW_USERNAME"],
                "password": self._settings["OPSBOT_AIRFLOW_PASSWORD"],
            }
            async with self._session.post(f"{base}/auth/token", json=login) as answer:
                assert answer.status == 201
                self._token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{base}/api/v2{path}"
        async with self._session.request(
            method, url, json=body, params=query, headers=headers
        ) as answer:
            return answer.status, (await answer.json() if answer.status != 204 else None)

    async def ended(self, job: str, run_id: str, seconds: float = 15) -> dict[str, Any]:
        """Poll a run until it succeeded or failed."""
        run: dict[str, Any] = {}

        async def over() -> bool:
            status, found = await self("GET", f"/dags/{job}/dagRuns/{run_id}")
            assert status == 200
            run.update(found)
            return run["state"] in ("success", "failed")

        await until(over, seconds)
        return run


class Reader:
    """Searches logs, metrics and tickets over HTTP with the right credentials."""

    def __init__(self, session: ClientSession, settings: dict[str, str]) -> None:
        self._session = session
        self._settings = settings

    async def search(
        self, body: Any, index: str = "logs-*", verb: str = "_search"
    ) -> tuple[int, Any]:
        url = f"{self._settings['OPSBOT_ELASTICSEARCH_URL']}/{index}/{verb}"
        key = self._settings["OPSBOT_ELASTICSEARCH_API_KEY"]
        headers = {"Authorization": f"ApiKey {key}"}
        async with self._session.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def messages(self, query: Any) -> list[str]:
        status, found = await self.search({"query": query, "size": 100, "sort": ["@timestamp"]})
        assert status == 200, found
        return [hit["_source"]["message"] for hit in found["hits"]["hits"]]

    async def prometheus(self, path: str, **query: Any) -> tuple[int, Any]:
        url = f"{self._settings['OPSBOT_PROMETHEUS_URL']}{path}"
        headers = {"Authorization": f"Bearer {self._settings['OPSBOT_PROMETHEUS_TOKEN']}"}
        async with self._session.get(url, params=query, headers=headers) as answer:
            return answer.status, await answer.json()

    async def metric(self, expression: str) -> dict[str, float]:
        """Value by instance, job or nothing, of an instant query."""
        status, body = await self.prometheus("/api/v1/query", query=expression)
        assert status == 200, body
        assert body["data"]["resultType"] == "vector"
        return {
            row["metric"].get("instance") or row["metric"].get("job", ""): float(row["value"][1])
            for row in body["data"]["result"]
        }

    async def jira(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        url = f"{self._settings['OPSBOT_JIRA_URL']}/rest/api/3{path}"
        auth = BasicAuth(self._settings["OPSBOT_JIRA_EMAIL"], self._settings["OPSBOT_JIRA_TOKEN"])
        async with self._session.request(method, url, json=body, params=query, auth=auth) as answer:
            return answer.status, (await answer.json() if answer.status != 204 else None)


@pytest.fixture(name="until")
def polling() -> Callable[..., Any]:
    return until


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    running = Company(tmp_path / "company")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def idle_company(tmp_path: Path) -> AsyncIterator[Company]:
    """Its APIs alone, for what needs no process to be running."""
    idle = Company(tmp_path / "company")
    for endpoint in idle.endpoints.values():
        await endpoint.start()
    yield idle
    await idle.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as client:
        yield client


@pytest.fixture
def airflow(company: Company, session: ClientSession) -> Airflow:
    return Airflow(session, company.environment())


@pytest.fixture
def reader(company: Company, session: ClientSession) -> Reader:
    return Reader(session, company.environment())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/alerts", taking.take)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taking.url = f"http://127.0.0.1:{runner.addresses[0][1]}/alerts"
    yield taking
    await runner.cleanup()
