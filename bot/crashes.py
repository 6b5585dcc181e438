"""Lets a drill hold this process at a named point, and then do with it what it likes."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from bot.domain.crashpoints import arm


def arm_crashes(folder: Path | None) -> None:
    """Stand still at each crash point that lies as a file in `folder`.

    The first process to get there takes the file, as `<point>.<pid>.<pid of the one that was
    started>`, the second of which is its parent where a fork got there. It stands until it is
    told to go on (SIGCONT), or is killed.
    """
    if folder is None:
        return
    started = os.getpid()

    def stand_still(point: str) -> None:
        try:
            # A file can be renamed once: of two processes at the same point one stands still.
            (folder / point).rename(folder / f"{point}.{os.getpid()}.{started}")
        except FileNotFoundError:
            return
        # To this thread: sent to the process, another may take it and this one run on a while.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    arm(stand_still)
