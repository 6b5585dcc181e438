"""Every crash point that is promised exists in the product, once, and is drilled."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox.drills.catalogue import DRILLS, UnknownDrillError, choose
from bot.sandbox.drills.points import BY_NAME

ROOT = Path(__file__).parents[2]
PROMISED = (
    *("W1", "W2", "W3", "S1", "S2", "P1", "P2", "A1", "A2"),
    *("Q1", "Q2", "E1", "E2", "E3", "E4", "M1", "R1", "F1"),
)
TALKING = ("T1", "T2", "T3", "N1")
"""Where what is said to one person may be cut off; one fault at each is enough."""


def test_each_point_stands_in_the_product_once() -> None:
    found = Counter(
        point
        for path in (ROOT / "bot").rglob("*.py")
        for point in re.findall(r'crashpoint\("(\w+)"\)', path.read_text(encoding="utf-8"))
    )
    assert found == Counter((*PROMISED, *TALKING))
    assert set(TALKING) <= set(DRILLS)


@pytest.mark.parametrize("point", PROMISED)
def test_web_worker_and_valkey_are_each_killed_at_each_point(point: str) -> None:
    assert BY_NAME[point].process in ("serve", "wait", "act")
    assert {point, f"{point}:valkey", f"{point}:others"} <= set(DRILLS)


def test_a_point_means_all_its_drills_and_a_name_means_one() -> None:
    assert {drill.name for drill in choose(["P2"])} == {"P2", "P2:valkey", "P2:others"}
    assert [drill.name for drill in choose(["P2:valkey"])] == ["P2:valkey"]
    assert len(choose([])) == len(DRILLS)


def test_a_point_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownDrillError, match="there is no drill 'E9'"):
        choose(["E3", "E9"])
