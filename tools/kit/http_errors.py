"""What an HTTP answer, or the lack of one, means to whoever made the call."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from pydantic import SecretStr
from yarl import URL

from tools.kit.errors import InvalidCall, OutcomeUnknown, Refused, ToolError, Unavailable

SHOWN_CHARS = 2_000
"""How much of a request's body a message repeats."""
EXPLAINED_CHARS = 400
"""How much of a backend's own words a message repeats."""
LEAST_SECRET_CHARS = 4


@dataclass(slots=True)
class Sent:
    """One request. As text it is the method, the path and the exact query, and no header."""

    integration: str
    method: str
    url: URL
    path: str
    body: Any
    headers: Mapping[str, SecretStr]
    credentials: tuple[str, ...]
    explain: Callable[[Any], str]
    write: bool = False
    """Whether it was meant to change something."""
    left: bool = False
    """Whether a connection stood, so that the request may have reached the backend."""

    def __str__(self) -> str:
        query = f"?{self.url.query_string}" if self.url.query_string else ""
        body = "" if self.body is None else " " + json.dumps(self.body, default=str)
        if len(body) > SHOWN_CHARS:
            body = body[:SHOWN_CHARS] + "…"
        return f"{self.integration}: {self.method} {self.path}{query}{body}"

    def scrub(self, text: str) -> str:
        """The text without any credential that a backend may have echoed."""
        held = [*self.headers.values()]
        if isinstance(self.body, dict):
            held += [value for value in self.body.values() if isinstance(value, SecretStr)]
        for secret in held:
            value = secret.get_secret_value()
            for part in (value, value.partition(" ")[2]):
                # A shorter one is no secret, and would be found inside plain words.
                if len(part) >= LEAST_SECRET_CHARS:
                    text = text.replace(part, "**********")
        return text


class Answer(dict[str, Any]):
    """A JSON object of an answer. Asked for a field it lacks, it says that another server spoke."""

    def __init__(self, sent: Sent, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._sent = sent

    def __missing__(self, field: str) -> Any:
        raise _misunderstood(self._sent, f"the answer has no {field!r}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, and the body as JSON (None where it was empty)."""

    sent: Sent
    status: int
    body: Any
    retry_after: float | None = None
    """Seconds the backend asked for, from `Retry-After`."""
    location: str = ""

    @property
    def record(self) -> Answer:
        """The body where it is an object. Raises Refused for anything else, OutcomeUnknown
        where the request was a write.
        """
        if isinstance(self.body, Answer):
            return self.body
        raise _misunderstood(self.sent, "the answer is no JSON object")

    @property
    def rows(self) -> list[Answer]:
        """The body where it is a list of objects. Raises as `record` does for anything else."""
        body = self.body
        if isinstance(body, list) and all(isinstance(row, Answer) for row in body):
            return body
        raise _misunderstood(self.sent, "the answer is no list of JSON objects")


def reveal(value: object) -> str:
    """For json.dumps: a SecretStr in clear, which is wanted on the wire only."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"{type(value).__name__} can't be sent as JSON")


def reply(sent: Sent, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Read an answer. Raises Refused for a success that isn't JSON, such as a login page."""
    parsed: Any = None
    if body:
        try:
            parsed = json.loads(body, object_hook=lambda fields: Answer(sent, fields))
        except ValueError as error:
            if status < 300:
                kind = headers.get("Content-Type", "no content type")
                raise Refused(
                    f"{sent}: answered {status} with {kind} where JSON was due;"
                    f" check {_settings(sent, ('url',))}"
                ) from error
            parsed = body.decode("utf-8", "replace")
    return Reply(sent, status, parsed, _retry_after(headers), headers.get("Location", ""))


def of_read(sent: Sent, reply: Reply) -> ToolError:
    """The error a read's refusal means."""
    if reply.status in (408, 429) or reply.status >= 500:
        return Unavailable(_said(sent, reply))
    return _of_refusal(sent, reply)


def of_write(sent: Sent, reply: Reply) -> ToolError:
    """The error a write's refusal means. A server's own failure says nothing of the effect."""
    if reply.status == 429:
        return Unavailable(f"{_said(sent, reply)}; nothing was changed")
    if reply.status == 408 or reply.status >= 500:
        return OutcomeUnknown(f"{_said(sent, reply)}; it had been sent, read it back")
    return _of_refusal(sent, reply)


def describe(error: BaseException) -> str:
    """A transport failure in plain words."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not trusted ({error.certificate_error})"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, TimeoutError):
        return "no answer before the deadline"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {error.host}:{error.port} ({error.os_error.strerror or error})"
    return f"the connection broke ({error})"


def backoff(attempt: int) -> float:
    """Seconds before the next try: about 0.2, then 0.4, spread so that callers don't march."""
    return 0.2 * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret


def _misunderstood(sent: Sent, what: str) -> ToolError:
    text = f"{sent}: {what}, so another server may have given it; check {_settings(sent, ('url',))}"
    return OutcomeUnknown(text) if sent.write else Refused(text)


def _of_refusal(sent: Sent, reply: Reply) -> ToolError:
    said = _said(sent, reply)
    if reply.status in (401, 403, 407):
        return Refused(f"{said}; check {_settings(sent, sent.credentials or ('url',))}")
    if reply.status < 400:
        return Refused(
            f"{said}, a redirect to {reply.location!r}, which is never followed;"
            f" check {_settings(sent, ('url',))}"
        )
    return InvalidCall(said)


def _said(sent: Sent, reply: Reply) -> str:
    words = ""
    if isinstance(reply.body, dict | list):
        words = sent.explain(reply.body)
    if not words and reply.body:
        words = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    words = " ".join(sent.scrub(words).split())
    if len(words) > EXPLAINED_CHARS:
        words = words[:EXPLAINED_CHARS] + "…"
    return f"{sent}: answered {reply.status}" + (f" ({words})" if words else "")


def _settings(sent: Sent, fields: tuple[str, ...]) -> str:
    return ", ".join(f"OPSBOT_{sent.integration}_{field}".upper() for field in fields)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
