"""Ports on this machine: whether one is free, and one that is."""

from __future__ import annotations

import socket

from bot.web.server import PortInUseError


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
    """`wanted` if nobody listens there, else the same host with a port that is free now."""
    host, _, port = wanted.rpartition(":")
    try:
        return f"{host}:{_bind(host, int(port))}"
    except OSError:
        return f"{host}:{_bind(host, 0)}"


def _bind(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        bound: int = probe.getsockname()[1]
        return bound
