"""Whatever comes in which order, nothing happens that nobody decided; the harmless goes through.

A few hundred sequences, the same each time; `make hostile` plays ten thousand others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.hostile.harmless import let_through
from tests.hostile.sequences import Sequences

SETTINGS = settings(
    max_examples=200,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
_PLANS = 100


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are on purpose."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(1200)
@pytest.mark.invariant(7)
@pytest.mark.invariant(8)
@pytest.mark.invariant(9)
@pytest.mark.invariant(11)
@pytest.mark.invariant(12)
@pytest.mark.invariant(13)
@pytest.mark.invariant(14)
@pytest.mark.invariant(16)
@pytest.mark.invariant(20)
@pytest.mark.invariant(23)
def test_in_no_order_of_things_does_anything_unauthorised_happen() -> None:
    run_state_machine_as_test(Sequences, settings=SETTINGS)


def test_harmless_plans_go_through() -> None:
    assert sum(let_through(seed) for seed in range(_PLANS)) >= 0.99 * _PLANS
