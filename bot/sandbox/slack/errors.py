"""What the local Slack refuses, and how it says so."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal in Slack's own words: `code` becomes the answer's `error`."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class InvalidBlocks(SlackError):
    """Blocks that Slack would refuse, each fault named by its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            "invalid_blocks",
            errors=faults,
            response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults]},
        )


class PersonError(Exception):
    """What a person tried on the page can't be done; the text is for that person."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words


class NoAppConnected(PersonError):
    """Nobody listens: no app holds a Socket Mode connection."""

    def __init__(self) -> None:
        super().__init__(
            504,
            "no_app_connected",
            "opsbot isn't connected right now, so nothing happened. Start it and try again.",
        )


class NoAnswer(PersonError):
    """An app was connected but did not acknowledge in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            504,
            "no_answer",
            f"opsbot didn't answer within {seconds:g} seconds. "
            "Look at the thread before you try again.",
        )


class PortInUse(OSError):
    """The local Slack's port is taken by another program."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1 is already in use, so the local Slack can't start there; "
            "stop the other program or choose another port (0 picks a free one)"
        )
        self.port = port
