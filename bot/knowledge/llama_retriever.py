"""The index as a llama-index retriever; imported only where it is asked for: it costs seconds."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from bot.knowledge.retrieval import RunbookIndex


class RunbookRetriever(BaseRetriever):
    """Gives what the index finds similar, as nodes that name id, title and path."""

    def __init__(self, index: RunbookIndex, limit: int = 5) -> None:
        self._index = index
        self._limit = limit
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(
                    id_=hit.document.id,
                    text=hit.document.body,
                    metadata={"title": hit.document.title, "path": hit.document.path},
                ),
                score=hit.score,
            )
            for hit in self._index.search(query_bundle.query_str, self._limit)
        ]
