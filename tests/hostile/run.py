"""`make hostile`: ten thousand sequences, and a thousand harmless plans; what came of them."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.hostile.harmless import let_through
from tests.hostile.sequences import COUNTED, Sequences

_AT_ONCE = 250
"""Sequences of one seed: Hypothesis keeps all that it drew in memory."""
_ENOUGH = 0.99


def main(arguments: Sequence[str]) -> int:
    """1 where anything unauthorised happened, or too little that is harmless."""
    parser = argparse.ArgumentParser(prog="make hostile", description=__doc__)
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--harmless", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="another number, other sequences")
    parser.add_argument("--steps", type=int, default=20, help="the most steps of a sequence")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args(arguments)
    begin, counted, failures = time.monotonic(), Counter[str](), list[str]()
    batches = -(-options.sequences // _AT_ONCE)
    seeds = range(options.seed * 1_000_000, options.seed * 1_000_000 + batches)
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, (found, failure) in enumerate(
            pool.map(partial(_batch, steps=options.steps), seeds), start=1
        ):
            counted += found
            if failure:
                failures.append(failure)
                _say(f"\r{failure}")
            _say(f"\r{number * _AT_ONCE:,} sequences ...", end="")
        through = sum(pool.map(_quietly, range(options.harmless), chunksize=50))
    _say("\r")
    share = through / options.harmless if options.harmless else 1.0
    shown = ("sequences", "steps", "incidents", "effects", "refusals", "made smaller")
    for name in (*shown, "undone by people"):
        _say(f"{name:<22}{counted[name]:>10,}")
    _say(f"{'unauthorised':<22}{counted['faults']:>10,}")
    _say(f"{'harmless plans':<22}{through:>10,} of {options.harmless:,} let through, {share:.1%}")
    _say(f"{'seconds':<22}{time.monotonic() - begin:>10,.0f}")
    return 1 if failures or counted["faults"] or share < _ENOUGH else 0


def _batch(number: int, steps: int) -> tuple[Counter[str], str]:
    """Counts of the sequences of one seed, and the first that failed, as code."""
    logging.disable(logging.CRITICAL)
    COUNTED.clear()
    # Making a failure smaller takes minutes: play its seed alone in the test for that.
    chosen = settings(
        max_examples=_AT_ONCE,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(number)(run_state_machine_as_test)(Sequences, settings=chosen)
    except Exception as error:
        told = "\n".join(getattr(error, "__notes__", []))
        return Counter(COUNTED), f"seed {number}: {type(error).__name__}: {error}\n{told}"
    return Counter(COUNTED), ""


def _quietly(number: int) -> bool:
    logging.disable(logging.CRITICAL)
    return let_through(number)


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
