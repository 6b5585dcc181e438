"""What a provider's refusal means, and how long to insist."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar

from bot.agent.model import ModelAwayError, ModelRejectedError
from tools.kit.types import Frozen

T = TypeVar("T")

LONGEST_WAIT = 20.0
"""Seconds between two tries where the server names no time of its own."""
PATIENCE_SECONDS = 30.0
"""Between the first failure and the last try: people wait meanwhile, and runbooks need no model."""
_LEAST_WAIT = 0.2
IDLE_SECONDS = 120.0
"""A connection that stays silent for so long counts as lost."""
CONNECT_SECONDS = 5.0
_MAX_WORDS = 240

_OVERFLOW = re.compile(
    r"prompt is too long|exceed context limit|maximum context length|context_length_exceeded"
    r"|available context size|context window|exceed_context_size|request_too_large",
    re.IGNORECASE,
)
_UNPAID = re.compile(
    r"credit balance|spend.limit|usage limits|billing_error|billing_hard_limit"
    r"|insufficient_quota|exceeded your current quota",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content filtering policy|content_filter|content_policy|content management policy",
    re.IGNORECASE,
)
_PASSING = re.compile(r"overloaded|rate_limit|api_error|server_error|timeout", re.IGNORECASE)


class NoAnswerError(Exception):
    """The model will not answer this request, and that is an answer: `stop` says which."""

    def __init__(self, stop: Literal["context_full", "refusal"], reason: str) -> None:
        super().__init__(reason)
        self.stop = stop


class LostAnswerError(Exception):
    """The answer broke off before its end."""


class Fault(Frozen):
    """What is to be done about a failed call."""

    act: Literal["again", "away", "rejected", "context_full", "refusal"]
    reason: str
    """For people: neither the key nor the prompt is in it."""
    wait: float | None = None
    """Seconds, as the server asked; None: as we think."""


class Refusal(Frozen):
    """A failed call, as either provider describes it."""

    status: int | None = None
    """HTTP status; 200 where an answer had begun, None where there was none at all."""
    kind: str = ""
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = {}


def fault(refusal: Refusal, who: str, key_setting: str, secret: str = "") -> Fault:
    """What a refusal means. `who` begins the sentence people read, as in `Claude`."""
    status, headers = refusal.status, refusal.headers
    named = f"{refusal.kind} {refusal.code} {refusal.message}"
    said = _said(refusal.message, secret)
    at = f" ({status})" if status not in (None, 200) else ""
    began = status is None or status == 200
    if status == 413 or (status in (200, 400, 422, 500, None) and _OVERFLOW.search(named)):
        return Fault(act="context_full", reason=f"{who}: the request is longer than it holds{at}")
    if status == 400 and _FILTERED.search(named):
        return Fault(act="refusal", reason=f"{who} refused the content{at}")
    if status in (401, 403):
        return Fault(act="away", reason=f"{who} refused the key{at}; check {key_setting}")
    if status == 402 or (status in (400, 429) and _UNPAID.search(named)):
        return Fault(act="away", reason=f"{who}: the account's credit or limit is used up{at}")
    if status == 404:
        return Fault(act="away", reason=f"{who} doesn't know the model or address{at}: {said}")
    passing = status in (408, 409, 429) or (status is not None and status >= 500)
    if passing or (began and (status is None or _PASSING.search(named))):
        what = {429: "is limiting our rate", 529: "is overloaded"}.get(status or 0)
        if what is None:
            what = "is overloaded" if "overloaded" in named else "failed"
        reason = f"{who} {what}{at}" + (f": {said}" if what == "failed" and said else "")
        if headers.get("x-should-retry") == "false":
            return Fault(act="away", reason=reason)
        return Fault(act="again", reason=reason, wait=asked_wait(headers))
    return Fault(act="rejected", reason=f"{who} calls the request wrong{at}: {said}")


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after` asks for, given as seconds or as a date."""
    after = headers.get("retry-after")
    if not after:
        return None
    try:
        return max(0.0, float(after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


async def insist(
    attempt: Callable[[], Awaitable[T]],
    fault_of: Callable[[Exception], Fault | None],
    deadline: datetime,
    who: str,
) -> T:
    """The first answer there is until the deadline.

    Raises NoAnswerError, ModelAwayError, ModelRejectedError, and whatever `fault_of` knows
    nothing of. The SDKs' own retries are off: they know no deadline.
    """
    began = datetime.now(UTC)
    last, tries = "", 0
    failing_since: datetime | None = None
    try:
        async with asyncio.timeout((deadline - began).total_seconds()):
            while True:
                tries += 1
                try:
                    return await attempt()
                except Exception as error:
                    found = fault_of(error)
                    if found is None:
                        raise
                    # `from None`: a provider's error quotes what was sent.
                    if found.act in ("context_full", "refusal"):
                        raise NoAnswerError(found.act, found.reason) from None
                    if found.act == "rejected":
                        raise ModelRejectedError(found.reason) from None
                    if found.act == "away":
                        raise ModelAwayError(found.reason) from None
                last = found.reason
                wait = _pause(tries) if found.wait is None else max(found.wait, _LEAST_WAIT)
                if wait >= (deadline - datetime.now(UTC)).total_seconds():
                    raise ModelAwayError(
                        f"{last}; a try in {wait:.0f} s would come after the deadline"
                    )
                failing_since = failing_since or datetime.now(UTC)
                if (datetime.now(UTC) - failing_since).total_seconds() + wait > PATIENCE_SECONDS:
                    raise ModelAwayError(f"{last}; given up after {tries} tries")
                await asyncio.sleep(wait)
    except TimeoutError:
        seconds = (datetime.now(UTC) - began).total_seconds()
        raise ModelAwayError(
            f"{who} gave no answer within {seconds:.0f} s" + (f"; before: {last}" if last else "")
        ) from None


def _pause(tries: int) -> float:
    return min(LONGEST_WAIT, 0.5 * 2.0 ** (tries - 1)) * random.uniform(0.75, 1.0)  # noqa: S311


def _said(message: str, secret: str) -> str:
    plain = " ".join(message.split())
    if secret:
        plain = plain.replace(secret, "…")
    return plain if len(plain) <= _MAX_WORDS else plain[:_MAX_WORDS] + "…"
