"""A sender of alerts that can also be asked: what it holds now, told as its webhook would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from tools.kit.integration import Backend
from tools.kit.tool import Context


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is not over at a sender, as bodies of its own webhook."""

    told: tuple[dict[str, Any], ...]
    """What it would tell a receiver now."""
    withheld: tuple[dict[str, Any], ...] = ()
    """Silenced or inhibited there: not over, and not for a receiver to hear of."""


@runtime_checkable
class AlertSender(Backend, Protocol):
    """A backend that is named as the webhook it sends."""

    async def standing(self, ctx: Context) -> Standing:
        """All of it, or an error: never a part. Raises InvalidCall, Unavailable or Refused."""
