"""The tool that reads what was changed lately."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from tools.changes.port import Change, ChangeFeed, ChangePage, ChangeQuery
from tools.kit.excerpt import cut, fit
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence

TEXT_CHARS = 1_000
"""How much of one change's text is kept: what it says, not a whole changelog."""

ServiceName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^*?%]*[^*?%\s]$")]


class QueryChangesParams(Params):
    services: Annotated[
        tuple[ServiceName, ...],
        Field(
            min_length=1,
            max_length=20,
            description="Exact names: the service, and what is connected with it.",
        ),
    ]
    minutes: Annotated[
        int, Field(ge=1, le=10_080, description="Length of the window, in minutes.")
    ] = 120
    until: Annotated[
        datetime | None, Field(description="End of the window, UTC; now where left out.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="How many changes at most.")] = 50


class QueryChanges(ReadTool[QueryChangesParams]):
    """List deploys and configuration changes of services in a window of time, newest first.

    Use it in every investigation: what changed shortly before an alert is often its cause.
    Name the service together with those it depends on and those that depend on it. A change
    near in time is a suspicion, not a proof: look for its effect in logs or metrics.
    """

    name: ClassVar[str] = "query_changes"
    yields: ClassVar[frozenset[str]] = frozenset({"count", "changes", "latest"})

    def __init__(self, backend: ChangeFeed) -> None:
        self._backend = backend

    async def run(self, params: QueryChangesParams, ctx: Context) -> Evidence:
        """Values: `count`; `changes`, newest first, each with `at`, `text`, `services`, `kind`
        (`deploy`, `config`, `other`) and `by`; `latest`, the newest one's text, or null.
        """
        end = params.until or datetime.now(UTC)
        if end.tzinfo is None:
            end = end.replace(tzinfo=UTC)
        start = end - timedelta(minutes=params.minutes)
        query = ChangeQuery(params.services, start, end, params.limit)
        page = await self._backend.changes(query, ctx)
        excerpt, cut_short = fit((_text(change) for change in page.changes), ctx.max_chars)
        return Evidence(
            tool=self.name,
            query=page.query,
            summary=_summary(params, page),
            excerpt=excerpt,
            start=start,
            end=end,
            url=page.url,
            status="found" if page.changes else "empty",
            truncated=cut_short or page.cut_off,
            values={
                "count": len(page.changes),
                "changes": [_value(change) for change in page.changes],
                "latest": cut(page.changes[0].text, TEXT_CHARS) if page.changes else None,
            },
        )


def _summary(params: QueryChangesParams, page: ChangePage) -> str:
    if not page.changes:
        return cut(f"no changes of {', '.join(params.services)} in {params.minutes} min", 160)
    count, latest = len(page.changes), page.changes[0]
    head = "1 change" if count == 1 else f"{count}{'+' if page.cut_off else ''} changes"
    by = f" by {latest.by}" if latest.by else ""
    text = f"{head} in {params.minutes} min; newest {latest.at:%d %b %H:%M}{by}: {latest.text}"
    return cut(" ".join(text.split()), 160)


def _text(change: Change) -> str:
    head = f"{change.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {change.kind.upper()}"
    by = f" by {change.by}" if change.by else ""
    words = " ".join(cut(change.text, TEXT_CHARS).split())
    return f"{head} {', '.join(change.services)}{by}: {words}"


def _value(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.astimezone(UTC).isoformat(),
        "text": cut(change.text, TEXT_CHARS),
        "services": list(change.services),
        "kind": change.kind,
        "by": change.by,
    }
