"""Ports on this machine: whether one is free, and one that is."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from bot.web.server import PortInUseError

_OURS = range(20_000, 30_000)
_TRIES = 50


def require_free(http_addr: str) -> None:
    """Raises PortInUseError where somebody listens at `host:port` already."""
    host, _, port = http_addr.rpartition(":")
    try:
        _bind(host, int(port))
    except OSError as error:
        raise PortInUseError(
            f"can't listen on {http_addr}: {error.strerror}; set OPSBOT_HTTP_ADDR"
        ) from error


def free_http_addr(wanted: str) -> str:
    """`wanted` if nobody listens there, else the same host with a port that is free now.

    Of those that the system gives out by itself none is taken: a connection of somebody else could
    have it before whoever is to listen there does. Raises PortInUseError.
    """
    host, _, port = wanted.rpartition(":")
    for candidate in (int(port), *random.sample(_OURS, _TRIES)):
        if candidate:
            with suppress(OSError):
                return f"{host}:{_bind(host, candidate)}"
    raise PortInUseError(f"no port of {host} is free between {_OURS[0]} and {_OURS[-1]}")


def _bind(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        bound: int = probe.getsockname()[1]
        return bound
