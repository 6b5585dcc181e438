"""Measures how often the right runbook is found for an alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from bot.knowledge.documents import load_documents
from bot.knowledge.retrieval import RunbookIndex
from tools.kit.types import Frozen

DEPTH = 10


class Query(Frozen):
    """A text to search with, and the documents of which any one is right."""

    text: str
    right: tuple[str, ...]
    """Paths below the corpus folder."""


class Scores(Frozen):
    """Shares from 0 to 1."""

    hit_1: float
    hit_3: float
    mrr_10: float
    queries: int


def evaluate(corpus: Path, queries: Iterable[Query], *, by_document: bool = False) -> Scores:
    """Search a folder of Markdown with each query; reads the files.

    With `by_document` queries for the same documents are averaged first, so that one document
    which many alerts name does not decide the whole.
    """
    index = RunbookIndex(load_documents(corpus))
    ranks: dict[object, list[int]] = defaultdict(list)
    count = 0
    for count, query in enumerate(queries, 1):
        found = [hit.document.path for hit in index.rank(query.text, DEPTH)]
        rank = next((i for i, path in enumerate(found, 1) if path in query.right), 0)
        ranks[query.right if by_document else count].append(rank)
    return Scores(
        hit_1=_mean(_mean(rank == 1 for rank in group) for group in ranks.values()),
        hit_3=_mean(_mean(0 < rank <= 3 for rank in group) for group in ranks.values()),
        mrr_10=_mean(
            _mean(1 / rank if rank else 0.0 for rank in group) for group in ranks.values()
        ),
        queries=count,
    )


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
