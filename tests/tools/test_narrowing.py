"""What a tool declares may shrink, and what counts as smaller."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field, create_model

from tests.fakes.tools import Brighten, World
from tools.jobs.set_job_parameters import SetJobParametersParams
from tools.kit.catalog import Catalog, CatalogError
from tools.kit.narrowing import Narrows, narrowable, wider
from tools.kit.tool import Params


class Shape(Params):
    names: Annotated[tuple[str, ...], Narrows.FEWER]
    values: Annotated[dict[str, Any], Narrows.FEWER]
    count: Annotated[int, Narrows.LESS]
    share: Annotated[float, Narrows.LESS]
    kind: str


WIDE = {
    "names": ["a", "b", "b", "c"],
    "values": {"x": "1", "y": 1},
    "count": 5,
    "share": 0.5,
    "kind": "k",
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"names": ["a"]},
        {"names": ["b", "b"]},
        {"names": ["a", "c"]},
        {"values": {"y": 1}},
        {"count": 4},
        {"count": 0},
        {"share": 0.25},
        {"names": ["c"], "count": 1},
    ],
)
def test_less_of_what_is_declared_is_a_narrowing(changes: dict[str, Any]) -> None:
    assert wider(Shape, WIDE, {**WIDE, **changes}) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "other"}, "kind can't be changed"),
        ({"new": 1}, "new can't be changed"),
        ({"names": ["a", "d"]}, "names may only hold some"),
        ({"names": ["a", "a"]}, "names may only hold some"),
        ({"names": ["b", "a"]}, "names may only hold some"),
        ({"names": "a"}, "names may only hold some"),
        ({"values": {"x": "2"}}, "values may only hold some"),
        ({"values": {"z": "1"}}, "values may only hold some"),
        ({"values": {"y": True}}, "values may only hold some"),
        ({"count": 6}, "count may only be less than 5, and 6 is not"),
        ({"count": -1}, "count may only be less"),
        ({"count": True}, "count may only be less"),
        ({"count": "4"}, "count may only be less"),
        ({"count": None}, "count may only be less"),
        ({"share": float("nan")}, "share may only be less"),
        ({"share": float("-inf")}, "share may only be less"),
    ],
)
def test_more_or_other_is_none(changes: dict[str, Any], words: str) -> None:
    assert words in str(wider(Shape, WIDE, {**WIDE, **changes}))


@pytest.mark.invariant(17)
@pytest.mark.parametrize("changes", [{"names": []}, {"values": {}}])
def test_none_at_all_is_no_narrowing(changes: dict[str, Any]) -> None:
    assert "may only hold some" in str(wider(Shape, WIDE, {**WIDE, **changes}))


def test_a_field_left_out_is_none() -> None:
    assert wider(Shape, WIDE, {k: v for k, v in WIDE.items() if k != "kind"})
    assert wider(Shape, WIDE, {k: v for k, v in WIDE.items() if k != "names"})


def test_of_the_tools_there_are_the_parameters_of_a_job_may_be_fewer() -> None:
    assert narrowable(SetJobParametersParams) == {"parameters": Narrows.FEWER}


@pytest.mark.parametrize(
    "field",
    [Annotated[str, Narrows.FEWER], Annotated[bool, Narrows.LESS], Annotated[str, Narrows.LESS]],
)
def test_a_type_that_cannot_shrink_does_not_load(
    field: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Annotated[field, Field(description="Which.")]
    monkeypatch.setattr(Brighten, "params", create_model("Odd", __base__=Params, lamps=(told, ...)))
    with pytest.raises(CatalogError, match="'brighten': field 'lamps' is declared"):
        Catalog([Brighten(World())])
