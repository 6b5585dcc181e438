"""Finds the runbook or document that a text is about."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from bot.knowledge.documents import Document
from tools.kit.types import Frozen

if TYPE_CHECKING:
    from bot.knowledge.ranking import Ranking


class Hit(Frozen):
    """A document that was found, the best first."""

    document: Document
    score: float
    """Of use only for comparing hits of one query."""


class RunbookIndex:
    """An index over documents, built by the first search."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)

    def search(self, query: str, limit: int = 5) -> tuple[Hit, ...]:
        """The documents that are similar to the query, at most `limit`; none where none is."""
        return self._hits(self._ranking.similar(query, limit))

    def rank(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        """The nearest documents, however far they are."""
        return self._hits(self._ranking.nearest(query, limit))

    def build(self) -> None:
        """Now, so that no search has to wait for it."""
        _ = self._ranking

    @cached_property
    def _ranking(self) -> Ranking:
        from bot.knowledge.ranking import Ranking

        return Ranking(self.documents)

    def _hits(self, found: Iterable[tuple[int, float]]) -> tuple[Hit, ...]:
        return tuple(Hit(document=self.documents[i], score=score) for i, score in found)
