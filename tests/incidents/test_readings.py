"""The parameters of a call, before anybody plans or makes it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from bot.incidents.readings import parsed
from tests.fakes.tools import Look, World
from tools.kit.errors import InvalidCall
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence


class Weight(Params):
    grams: Annotated[float, Field(description="How much.")]


class Weigh(ReadTool[Weight]):
    """Weigh something."""

    name: ClassVar[str] = "weigh"

    async def run(self, params: Weight, ctx: Context) -> Evidence:
        return Evidence(tool=self.name, query="", summary="")


@pytest.mark.invariant(15)
@pytest.mark.parametrize("grams", [float("inf"), float("nan"), "inf", "-Infinity"])
def test_a_number_without_end_is_no_parameter(grams: Any) -> None:
    """The ledger keeps JSON, which has none: null would be shown, judged and run."""
    with pytest.raises(InvalidCall, match="infinity and NaN are no values"):
        parsed(Weigh(), {"grams": grams})
    assert parsed(Weigh(), {"grams": "7"}) == Weight(grams=7)


def test_what_the_tool_refuses_is_named() -> None:
    with pytest.raises(InvalidCall, match="look: lamp: Field required"):
        parsed(Look(World()), {})
