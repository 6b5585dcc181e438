"""Stops, resumptions and breakers, as they are told."""

from __future__ import annotations

from bot.domain.controls import BreakerReset, Resumed, Stopped
from bot.domain.events import BreakerTripped
from bot.incidents.brakes import Hand
from tests.fakes.story import at

HAND = Hand(by="U1", name="Maya", reason="a bad deploy")


def stop(scope: str = "all", name: str = "Maya") -> Stopped:
    return Stopped(at=at(11), actor="U1", scope=scope, name=name, reason="a bad deploy")


def resumed(scope: str = "all") -> Resumed:
    return Resumed(at=at(12), actor="U2", scope=scope, name="Dev", reason="it is mended")


def tripped(scope: str = "etl") -> BreakerTripped:
    reason = "3 actions failed or were undone within 1 h, the last in INC-1"
    return BreakerTripped(at=at(13), actor="opsbot", scope=scope, reason=reason)


def reset(scope: str = "etl") -> BreakerReset:
    return BreakerReset(at=at(14), actor="U2", scope=scope, name="Dev", reason="it is mended")
