"""The first thing in every process of the sample company: ties its life to the parent's, runs it.

Called as `python -I -S launch.py <script> <parent pid>`. The first line of standard input is the
script's configuration, each later one a command of its private channel. Standard output carries
JSON lines, `{"event": "ready" | "log" | "span" | "told", …}`. Only the standard library is at hand.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1

_printing = threading.Lock()


def emit(event: str, **fields: Any) -> None:
    """One JSON line to the parent; an `at` in seconds since the epoch comes with it."""
    with _printing:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have gone before the call above took hold.
    if os.getppid() != parent:
        os._exit(3)


def _listen(control: Callable[[dict[str, Any]], None] | None) -> None:
    for line in sys.stdin:
        if control is not None:
            control(json.loads(line))
            emit("told")
    os._exit(3)  # standard input ends with the parent, on systems without a death signal too


def main() -> None:
    name, parent = sys.argv[1], int(sys.argv[2])
    _die_with(parent)
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    # As a package, so that the scripts can share what they have in common.
    sys.path.insert(0, os.path.dirname(here))  # noqa: PTH120
    script = importlib.import_module(f"{os.path.basename(here)}.{name}")  # noqa: PTH119
    config = json.loads(sys.stdin.readline())
    control = getattr(script, "control", None)
    threading.Thread(target=_listen, args=(control,), daemon=True).start()
    code = script.main(config, emit)
    sys.stdout.flush()
    # A thread that waits on standard input would make an orderly exit abort.
    os._exit(code)


if __name__ == "__main__":
    main()
