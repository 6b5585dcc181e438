"""The rotas of the configured backend, as the e-mail addresses of who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ports import RotaUnreadableError
from tools.kit.errors import ToolError
from tools.kit.http import within
from tools.kit.tool import Context

_SECONDS = 8.0


class _Person(Protocol):
    @property
    def email(self) -> str: ...


class _Duty(Protocol):
    @property
    def people(self) -> Sequence[_Person]: ...


class RotaBackend(Protocol):
    """What is needed of PagerDuty or Opsgenie."""

    async def on_call(self, schedule: str, ctx: Context) -> _Duty: ...


class BackendRotas:
    """Asked afresh each time: who was on call a minute ago may not be now."""

    def __init__(self, backend: RotaBackend | None) -> None:
        self._backend = backend

    async def on_call(self, schedule: str) -> tuple[str, ...]:
        if self._backend is None:
            raise RotaUnreadableError(
                f"rota {schedule!r} can't be read: set OPSBOT_PAGERDUTY_TOKEN or"
                " OPSBOT_OPSGENIE_API_KEY"
            )
        try:
            duty = await self._backend.on_call(schedule, within(_SECONDS))
        except ToolError as error:
            raise RotaUnreadableError(f"rota {schedule!r} can't be read: {error}") from error
        return tuple(person.email for person in duty.people if person.email)
