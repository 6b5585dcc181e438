"""How a tool fails. The class says who can do something about it."""

from __future__ import annotations


class ToolError(Exception):
    """Base of all. The message is written for the model and shown to people."""


class InvalidCall(ToolError):
    """The caller can mend it: a bad query, an unknown service."""


class Unavailable(ToolError):
    """The backend did not answer, and nothing was changed. Safe to try again later."""


class Refused(ToolError):
    """The backend answered no. Final: trying again gives the same answer."""


class OutcomeUnknown(ToolError):
    """Sent, but never confirmed. Never sent again: it is read back with `applied`."""
