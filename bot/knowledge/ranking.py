"""Ranks documents by BM25 over weighted fields. Its libraries cost a process a third of a second,
so it is imported by the first search (see `retrieval`).
"""

from __future__ import annotations

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import bm25s  # type: ignore[import-untyped]
import numpy as np

from bot.knowledge.documents import Document
from bot.knowledge.words import words

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when imported

TITLE_WEIGHT, HEADING_WEIGHT = 8, 3
"""How often a word of the title or of a heading counts; one of the text counts once."""
K1, B = 1.5, 0.75
"""BM25's saturation and length normalisation, as they are commonly set."""
SIMILAR = 0.25
"""Share of what a query says, by weight, that a document must say as well to be called similar."""


class Ranking:
    """Built once and searched without I/O, over documents known by their place.

    A document whose title the query names in full weighs twice as much as one whose title it does
    not touch: short titles say what a runbook is for, and long texts mention everything.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        titles = [set(words(_title(each))) for each in documents]
        corpus = [_weighted(each) for each in documents]
        self._words = [frozenset(each) for each in corpus]
        self._idf = _idf(self._words)
        self._titled: dict[str, list[int]] = defaultdict(list)
        for i, title in enumerate(titles):
            for word in title:
                self._titled[word].append(i)
        self._title_mass = np.array(
            [sum(self._idf[word] for word in title) or 1.0 for title in titles], dtype=np.float32
        )
        self._bm25 = bm25s.BM25(k1=K1, b=B)
        if any(corpus):
            self._bm25.index(corpus, show_progress=False)

    def similar(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Place and score of the documents that are similar to the query, the best first."""
        asked = words(query)
        found = self._rank(asked, 4 * limit)
        return [(i, score) for i, score in found if self._is_similar(i, asked)][:limit]

    def nearest(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Place and score of the nearest documents, however far they are."""
        return self._rank(words(query), limit)

    def _rank(self, asked: list[str], limit: int) -> list[tuple[int, float]]:
        known = [word for word in asked if word in self._idf]
        if not known:
            return []
        scores = self._bm25.get_scores(known) * (1 + self._title_share(set(known)))
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(int(i), float(scores[i])) for i in best if scores[i] > 0]

    def _title_share(self, asked: set[str]) -> np.ndarray:
        named = np.zeros_like(self._title_mass)
        for word in asked:
            if word in self._titled:
                named[self._titled[word]] += self._idf[word]
        return named / self._title_mass

    def _is_similar(self, i: int, asked: list[str]) -> bool:
        # Host names and numbers, which no document has, must not outweigh what the query says.
        weights = {word: 1 + self._idf.get(word, 0.0) for word in asked}
        said = sum(weight for word, weight in weights.items() if word in self._words[i])
        return said >= SIMILAR * sum(weights.values())


def _title(document: Document) -> str:
    return " ".join(dict.fromkeys((document.title, *document.names)))


def _weighted(document: Document) -> list[str]:
    return [
        *words(_title(document)) * TITLE_WEIGHT,
        *words(" ".join(document.headings)) * HEADING_WEIGHT,
        *words(document.body),
    ]


def _idf(corpus: list[frozenset[str]]) -> dict[str, float]:
    """The weight of each word: the fewer documents have it, the more it says."""
    count = len(corpus)
    having = Counter(word for each in corpus for word in each)
    return {word: math.log(1 + (count - n + 0.5) / (n + 0.5)) for word, n in having.items()}
