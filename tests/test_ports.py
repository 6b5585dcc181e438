"""A port for whoever is to listen soon: nobody else may get it by chance in between."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.sandbox.ports import free_http_addr, require_free
from bot.web.server import PortInUseError

GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""Ports that the system takes by itself for connections."""


def port_of(addr: str) -> int:
    return int(addr.rpartition(":")[2])


def test_the_wanted_one_is_taken_while_it_is_free() -> None:
    wanted = free_http_addr("127.0.0.1:0")
    assert free_http_addr(wanted) == wanted
    require_free(wanted)


def test_where_somebody_listens_there_it_is_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port_of(free_http_addr("127.0.0.1:0"))))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        assert free_http_addr(taken) != taken
        with pytest.raises(PortInUseError, match="set OPSBOT_HTTP_ADDR"):
            require_free(taken)


@pytest.mark.skipif(not GIVEN_OUT.exists(), reason="the system doesn't tell its range")
def test_it_is_none_that_the_system_gives_out_by_itself() -> None:
    least = int(GIVEN_OUT.read_text().split()[0])
    assert all(port_of(free_http_addr("127.0.0.1:0")) < least for _ in range(20))
