"""A sender's own account of what fires, read by the parser of its webhook."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from bot.domain.ports import Standing
from bot.domain.values import Alert
from bot.web.errors import BadPayloadError
from tools.kit.http import within
from tools.kit.sender import AlertSender

log = logging.getLogger(__name__)
_SECONDS = 30.0


class ApiSender:
    """One parser for both ways in, so an alert has the same fingerprint whichever way it came."""

    def __init__(
        self, source: str, backend: AlertSender, parse: Callable[[bytes], list[Alert]]
    ) -> None:
        self.source = source
        self._backend = backend
        self._parse = parse

    async def standing(self) -> Standing:
        """Raises ToolError where the sender can't be asked."""
        answer = await self._backend.standing(within(_SECONDS))
        told, all_told = self._read(answer.told)
        withheld, all_withheld = self._read(answer.withheld)
        return Standing(
            told=tuple(told),
            withheld=frozenset(alert.fingerprint for alert in withheld),
            whole=all_told and all_withheld,
        )

    def _read(self, bodies: Iterable[dict[str, Any]]) -> tuple[list[Alert], bool]:
        """The alerts that can be read, and whether all could."""
        alerts: list[Alert] = []
        whole = True
        for body in bodies:
            try:
                parsed = self._parse(json.dumps(body).encode())
            except BadPayloadError as error:
                log.warning("%s holds an alert that can't be read: %s", self.source, error)
                whole = False
            else:
                alerts += [alert for alert in parsed if alert.status == "firing"]
        return alerts, whole
