"""Signed HTTP: each event, click and command posted to the app's request URL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.errors import NoAnswer, NoAppConnected
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.socket_mode import Ack

_log = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"


class RequestUrl:
    """Posts to one address as Slack does, and each event again until it is acknowledged.

    `ack_seconds` is how long an app has; `retry_after` are the seconds before each further
    try of an event (Slack: at once, after 1 and after 5 minutes).
    """

    connections = 1

    def __init__(
        self,
        url: str,
        signing_secret: str,
        *,
        ack_seconds: float = 3.0,
        retry_after: tuple[float, ...] = (0, 60, 300),
    ) -> None:
        self._url = url
        self._secret = signing_secret.encode()
        self.ack_seconds = ack_seconds
        self.retry_after = retry_after
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    def offer_event(self, payload: Json) -> None:
        """Delivers an event in the background."""
        task = asyncio.create_task(self._deliver(payload))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def ask(self, kind: str, payload: Json) -> Ack:
        """Hands over an interaction or command and waits for its acknowledgement.

        Raises `NoAppConnected` where nobody listens, `NoAnswer` after `ack_seconds` or where the
        answer is no success.
        """
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        begun = time.perf_counter()
        try:
            status, answer = await self._post(urlencode(form).encode(), _FORM, {})
        except aiohttp.ClientConnectorError:
            raise NoAppConnected from None
        except (TimeoutError, aiohttp.ClientError):
            raise NoAnswer(self.ack_seconds) from None
        if status != 200:
            raise NoAnswer(self.ack_seconds)
        return Ack(_payload(answer), time.perf_counter() - begun)

    async def delivered(self) -> None:
        """Returns once every event so far is acknowledged or given up."""
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def stop(self) -> None:
        """Ends deliveries."""
        for task in list(self._deliveries):
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _deliver(self, payload: Json) -> None:
        body = json.dumps(payload).encode()
        retry: dict[str, str] = {}
        for number, wait in enumerate((*self.retry_after, None), start=1):
            try:
                status, _ = await self._post(body, "application/json", retry)
                if status == 200:
                    return
                reason = "http_error"
            except TimeoutError:
                reason = "http_timeout"
            except aiohttp.ClientError:
                reason = "connection_failed"
            if wait is None:
                _log.info("event %s was never acknowledged", payload.get("event_id"))
                return
            retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            await asyncio.sleep(wait)

    async def _post(self, body: bytes, kind: str, more: dict[str, str]) -> tuple[int, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        at = str(int(time.time()))
        digest = hmac.new(self._secret, b"v0:" + at.encode() + b":" + body, hashlib.sha256)
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
            **more,
        }
        async with (
            asyncio.timeout(self.ack_seconds),
            self._session.post(self._url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()


def _payload(answer: str) -> Json:
    """What the app sent along: JSON, or the bare text of its answer to a command."""
    try:
        parsed = json.loads(answer)
    except ValueError:
        return {"text": answer} if answer.strip() else {}
    return parsed if isinstance(parsed, dict) else {}
