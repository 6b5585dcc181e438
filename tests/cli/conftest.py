"""A real Valkey for commands that look for one."""

from __future__ import annotations

from tests.fakes.valkey import redis, valkey

__all__ = ["redis", "valkey"]
