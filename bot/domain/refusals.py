"""Why a command was refused, in words that a person can be shown."""

from __future__ import annotations

from datetime import datetime


class CommandRefusedError(Exception):
    """The command does not fit the incident as it is now. Nothing was changed."""


class AlreadyDecidedError(CommandRefusedError):
    """Somebody was faster, or the same person clicked twice."""

    def __init__(self, choice: str, by: str, at: datetime) -> None:
        super().__init__(f"already {choice} by {by}")
        self.choice, self.by, self.at = choice, by, at


class ExpiredError(CommandRefusedError):
    """The time to approve has passed; nothing ran."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"expired at {at:%H:%M}; nothing ran")
        self.at = at


class PlanChangedError(CommandRefusedError):
    """What was clicked is not what stands there now."""


class OwnRequestError(CommandRefusedError):
    """Whoever prompted or edited a plan can't approve it alone."""


class CommandHeldError(CommandRefusedError):
    """Somebody else commands the incident, and has to hand it over first."""

    def __init__(self, incident: str, by: str) -> None:
        super().__init__(f"{by} commands {incident}, and has to hand it over first")
        self.incident, self.by = incident, by


class OutOfOrderError(CommandRefusedError):
    """The step was started, finished or undone already: another worker was here."""
