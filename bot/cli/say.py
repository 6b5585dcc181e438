"""What a command says: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys


def out(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def err(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(error: BaseException | str) -> int:
    """Say why it didn't work; the exit code for that."""
    err(f"opsbot: {error}")
    return 1
