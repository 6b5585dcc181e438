"""The tool that searches the runbooks."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bot.knowledge.retrieval import Hit, RunbookIndex
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence

_EXCERPT_CHARS = 1_500
"""Of each text that is found: enough to tell whether it is the one."""


class SearchRunbooksParams(Params):
    query: Annotated[
        str,
        Field(min_length=2, max_length=2_000, description="What is wrong, in a few words."),
    ]
    limit: Annotated[int, Field(ge=1, le=5, description="How many at most.")] = 3


class SearchRunbooks(ReadTool[SearchRunbooksParams]):
    """Search the runbooks for words: an alert's name, an error message, a symptom.

    Use it early, before guessing at a cause or a remedy. Not for logs or metrics: it knows what
    people wrote down, not what happens now.
    """

    name: ClassVar[str] = "search_runbooks"
    yields: ClassVar[frozenset[str]] = frozenset({"runbooks"})

    def __init__(self, index: RunbookIndex) -> None:
        self._index = index

    async def run(self, params: SearchRunbooksParams, ctx: Context) -> Evidence:
        hits = self._index.search(params.query, params.limit)
        return Evidence(
            tool=self.name,
            query=params.query,
            summary=_summary(hits, len(self._index.documents)),
            excerpt=_excerpt(hits, ctx.max_chars),
            status="found" if hits else "empty",
            truncated=any(len(hit.document.body) > _EXCERPT_CHARS for hit in hits),
            values={
                "runbooks": [
                    {
                        "id": hit.document.id,
                        "title": hit.document.title,
                        "score": round(hit.score, 2),
                        "path": hit.document.path,
                    }
                    for hit in hits
                ]
            },
        )


def _summary(hits: tuple[Hit, ...], searched: int) -> str:
    if not hits:
        return f"No runbook is similar; {searched} were searched"
    titles = ", ".join(hit.document.title for hit in hits)
    return f"{len(hits)} similar: {titles}"[:160]


def _excerpt(hits: tuple[Hit, ...], max_chars: int) -> str:
    found = (hit.document for hit in hits)
    parts = (f"## {d.title} ({d.path})\n{d.body.strip()[:_EXCERPT_CHARS]}" for d in found)
    return "\n\n".join(parts)[:max_chars]
