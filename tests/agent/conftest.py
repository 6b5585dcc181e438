"""The agents on a real Valkey, with real models before a scripted server."""

from __future__ import annotations

import pytest

from tests.fakes.models import NAMES, Provider
from tests.fakes.valkey import redis, valkey

__all__ = ["provider", "redis", "valkey"]


@pytest.fixture(params=list(NAMES))
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each test that asks for it runs with both."""
    name: Provider = request.param
    return name
