"""The web server on loopback, over a real Valkey."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.adapters.redis_inbox import RedisInbox
from bot.domain.ports import Inbox
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.server import WebServer
from bot.web.sns_proof import SnsProof
from tests.fakes import amazon
from tests.fakes import senders as fake
from tests.fakes.amazon import TOPIC, Amazon
from tests.fakes.story import at
from tests.fakes.valkey import redis, valkey

__all__ = ["inbox", "redis", "serve", "valkey"]

TOKEN = "a-token-of-this-test"
INVENTORY = Inventory.model_validate(
    {"services": {"etl": {"environment": "production", "jobs": ["nightly"]}}}
)


class Sender:
    """Somebody who sends webhooks, with the right token unless told otherwise."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def post(
        self, source: str, *, headers: Any = None, **body: Any
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        given = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        url = f"{self.url}/webhooks/{source}"
        async with self.session.post(url, headers=given, **body) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else {}

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.session.get(self.url + path) as answer:
            return answer.status, await answer.json()


Serve = Callable[..., Awaitable[Sender]]


@pytest.fixture
def inbox(redis: Redis) -> RedisInbox:
    return RedisInbox(redis, sync_each_put=False)


@pytest.fixture
async def serve(inbox: RedisInbox) -> AsyncIterator[Serve]:
    """Starts a server with these options; it is gone after the test."""
    runners: list[Any] = []
    async with aiohttp.ClientSession() as session:

        async def start(*, into: Inbox = inbox, **options: Any) -> Sender:
            given: dict[str, Any] = {
                "secrets": {"alertmanager": [TOKEN], "generic": [TOKEN]},
                "mapping": {},
                "healthy": lambda: {"ok": True},
                "topics": [amazon.TOPIC],
                "fetch": amazon.Amazon(),
                **options,
            }
            server = WebServer(into, INVENTORY, lambda: at(0), **given)
            runner = await server.start("127.0.0.1", 0)
            runners.append(runner)
            host, port = runner.addresses[0][:2]
            return Sender(session, f"http://{host}:{port}")

        yield start
        for runner in runners:
            await runner.cleanup()


async def proved(
    message: dict[str, Any], at_amazon: Amazon | None = None, *topics: str, when: float = 0
) -> bool:
    """Whether a message of SNS's is taken for Amazon's, of one of these topics."""
    proof = SnsProof(topics or (TOPIC,), at_amazon or Amazon())
    return await proof(Delivery(json.dumps(message).encode(), (), at(when)))


async def post(door: Sender, message: dict[str, Any], secret: str = "") -> int:
    """The status that SNS gets, `secret` being in the address."""
    headers = fake.basic("opsbot", secret) if secret else []
    return (await door.post("sns", data=json.dumps(message).encode(), headers=headers))[0]
