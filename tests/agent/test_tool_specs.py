"""How tools are described to a model: in few tokens, and always the same ones."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, cast

from pydantic import Field

from bot.agent.toolbox import Toolbox
from bot.redaction.redactor import Redactor
from tools.kit.catalog import Catalog
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence


class PagesParams(Params):
    title: Annotated[str, Field(description="Words of the title.")]


class Pages(ReadTool[PagesParams]):
    """Find pages."""

    name: ClassVar[str] = "pages"

    async def run(self, params: PagesParams, ctx: Context) -> Evidence:
        return Evidence(tool=self.name, query=params.title, summary="none", status="empty")


def toolbox() -> Toolbox:
    return Toolbox(Catalog([Pages()]), cast(Any, None), Redactor(), may_propose=False)


def test_titles_that_only_repeat_a_name_are_not_sent() -> None:
    pages = toolbox().specs()[0].schema_
    assert pages["properties"] == {
        "title": {"type": "string", "description": "Words of the title."}
    }
    assert "title" not in pages


def test_what_a_call_is_for_is_told_once() -> None:
    for spec in toolbox().specs():
        assert spec.description
        assert spec.description not in json.dumps(spec.schema_)


def test_the_same_tools_are_described_in_the_same_bytes() -> None:
    one, other = ([s.model_dump_json() for s in toolbox().specs()] for _ in range(2))
    assert one == other
