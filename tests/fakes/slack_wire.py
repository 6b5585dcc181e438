"""Slack's side of the wire: signs and sends as Slack does, or as it is told to."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

FORM = "application/x-www-form-urlencoded"
TEAM = "T0OPSBOTCO"


class Wire:
    """Each method returns the answer's status."""

    def __init__(self, url: str, secret: str, session: aiohttp.ClientSession) -> None:
        """`url`: where the app takes what Slack sends, ending in `/slack/events`."""
        self._url = url
        self._secret = secret
        self._session = session

    async def send(self, body: bytes, kind: str = FORM, **changed: str) -> int:
        """`changed`: another timestamp or signature, or more headers."""
        headers = {"Content-Type": kind, **signed(body, self._secret, changed)}
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def event(self, event: dict[str, Any], event_id: str, **changed: str) -> int:
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A0OPSBOTAP",
            "event_id": event_id,
            "event": event,
        }
        return await self.send(json.dumps(body).encode(), "application/json", **changed)

    async def interaction(self, payload: dict[str, Any], **changed: str) -> int:
        """A click, a shortcut or a modal that is sent off."""
        return await self.send(urlencode({"payload": json.dumps(payload)}).encode(), **changed)


def signed(body: bytes, secret: str, changed: dict[str, str]) -> dict[str, str]:
    """Slack's two headers, and whatever `changed` has besides."""
    more = dict(changed)
    at = more.pop("timestamp", str(int(time.time())))
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256)
    return {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": more.pop("signature", f"v0={digest.hexdigest()}"),
        **more,
    }


def clicked(
    button: dict[str, Any], user: str, trigger: str, place: dict[str, str], team: str = TEAM
) -> dict[str, Any]:
    """The payload of a click; `place`: message_ts, channel_id and, within one, thread_ts."""
    return {
        "type": "block_actions",
        "trigger_id": trigger,
        "user": {"id": user, "team_id": team},
        "team": {"id": team},
        "container": {"type": "message", **place},
        "channel": {"id": place["channel_id"]},
        "actions": [{"type": "button", "block_id": "b", "action_ts": "1.1", **button}],
    }
