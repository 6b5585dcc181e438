"""One request of a sender, as it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """The raw bytes that a proof covers, the headers beside them and when they came."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    at: datetime

    def header(self, name: str) -> str | None:
        """The header's one value; None where it is missing or stands there twice."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if len(values) == 1 else None
