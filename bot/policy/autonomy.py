"""How much opsbot may do without a person, service by service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tools.kit.types import Frozen

Mode = Literal["manual", "assisted", "semi-autonomous", "autonomous"]
"""`manual`: a person acts, opsbot runs nothing. `assisted`: every change asks. `semi-autonomous`:
what a rule allows runs by itself where its risk is low. `autonomous`: wherever a rule allows it."""

_STRICTEST_FIRST: tuple[Mode, ...] = ("manual", "assisted", "semi-autonomous", "autonomous")


class Autonomy(Frozen):
    """The mode of each service; a service that is not named has the default."""

    default: Mode = "assisted"
    services: dict[str, Mode] = {}

    def of(self, service: str) -> Mode:
        return self.services.get(service, self.default)

    def strictest(self, touched: Iterable[str]) -> tuple[Mode, str]:
        """The most restrictive mode among the services touched, and the service that has it."""
        modes = [(self.of(service), service) for service in sorted(touched)]
        return min(
            modes or [(self.default, "")], key=lambda found: _STRICTEST_FIRST.index(found[0])
        )
