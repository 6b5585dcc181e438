"""A real Valkey for what runs opsbot as the product does."""

from __future__ import annotations

from tests.fakes.valkey import redis, valkey

__all__ = ["redis", "valkey"]
