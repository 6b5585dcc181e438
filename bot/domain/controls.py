"""What keeps opsbot from acting, as events of one stream: stop switches and breakers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bot.domain.events import BreakerTripped, Event

EVERYTHING = "all"
"""The scope that covers every step of every incident."""


class Stopped(Event):
    """No further step starts within its scope, rollbacks included."""

    type: Literal["control.stopped"] = "control.stopped"
    scope: str
    """`all`, a service, or an incident's id."""
    name: str
    """How whoever stopped it is called, plain."""
    reason: str


class Resumed(Event):
    type: Literal["control.resumed"] = "control.resumed"
    scope: str
    name: str
    reason: str


class BreakerReset(Event):
    """A person lets opsbot act by itself on a service again."""

    type: Literal["breaker.reset"] = "breaker.reset"
    scope: str
    """The service."""
    name: str
    reason: str


ControlEvent = Stopped | Resumed | BreakerTripped | BreakerReset

_CONTROL: TypeAdapter[ControlEvent] = TypeAdapter(
    Annotated[ControlEvent, Field(discriminator="type")]
)


def load_control(body: str | bytes) -> ControlEvent:
    """Raises ValidationError for what is none of these."""
    return _CONTROL.validate_json(body)
