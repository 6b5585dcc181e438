"""A feed that knows of the changes a test puts there."""

from __future__ import annotations

from tools.changes.port import Change, ChangePage, ChangeQuery
from tools.kit.errors import Unavailable
from tools.kit.tool import Context


class FewChanges:
    """`asked` are the queries it got; while `away` it answers none."""

    def __init__(self) -> None:
        self.known: list[Change] = []
        self.asked: list[ChangeQuery] = []
        self.away = False

    async def check(self) -> str:
        return "a few changes"

    async def close(self) -> None:
        """Nothing is open."""

    async def changes(self, query: ChangeQuery, ctx: Context) -> ChangePage:
        self.asked.append(query)
        if self.away:
            raise Unavailable("the feed doesn't answer")
        found = [c for c in self.known if set(c.services) & set(query.services)]
        return ChangePage(
            changes=tuple(sorted(found, key=lambda c: c.at, reverse=True)),
            query="GET /changes",
            url="https://grafana.example.com/changes",
        )
