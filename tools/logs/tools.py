"""The tool that reads logs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tools.kit.errors import InvalidCall, ToolError, Unavailable
from tools.kit.excerpt import cut
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence
from tools.logs.digest import ERROR_LEVELS, digest
from tools.logs.port import Level, LogLine, LogPage, LogQuery, LogStore

FIRST_ERRORS = 3
FOLDED_LINES = 1_000
"""How many lines of a window that holds more than were asked for are folded into templates."""
_FEW_LINES = 20
"""Whoever asks for fewer wants them, not an overview."""
MESSAGE_CHARS = 2_000
"""How much of one message is kept: a stack trace, not a dump."""


class QueryLogsParams(Params):
    service: Annotated[str | None, Field(description="Exact name of the service.")] = None
    contains: Annotated[
        str | None, Field(description="A phrase in the message, such as 'connection timeout'.")
    ] = None
    level: Annotated[Level | None, Field(description="Only this severity or worse.")] = None
    labels: Annotated[
        dict[str, str], Field(description="Other fields that must match exactly, by name.")
    ] = {}
    minutes: Annotated[
        int, Field(ge=1, le=1440, description="Length of the window, in minutes.")
    ] = 30
    until: Annotated[
        datetime | None, Field(description="End of the window, UTC; now where left out.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many lines at most.")] = 50
    order: Annotated[Literal["newest", "oldest"], Field(description="Which lines come first.")] = (
        "newest"
    )


class QueryLogs(ReadTool[QueryLogsParams]):
    """Read the log lines of a service, or those that hold a phrase, in a window of time.

    Use it first when something failed: the first error usually names the cause. Name the
    service where it is known, and end the window shortly after the alert. Not for numbers
    over time: those are in query_metrics.
    """

    name: ClassVar[str] = "query_logs"
    yields: ClassVar[frozenset[str]] = frozenset({"count", "lines", "first_error"})

    def __init__(self, backend: LogStore) -> None:
        self._backend = backend

    async def run(self, params: QueryLogsParams, ctx: Context) -> Evidence:
        _refuse_empty_selector(params)
        end = params.until or datetime.now(UTC)
        if end.tzinfo is None:
            end = end.replace(tzinfo=UTC)
        start = end - timedelta(minutes=params.minutes)
        page = await self._backend.search(_query(params, start, end), ctx)
        if not page.lines and page.partial:
            raise Unavailable(f"{page.query}: found nothing, but {page.partial}; try again")
        errors, lines = await asyncio.gather(
            self._first_errors(params, page, start, end, ctx),
            self._more(params, page, start, end, ctx),
        )
        excerpt, cut_short = digest(errors, lines, ctx.max_chars)
        return Evidence(
            tool=self.name,
            query=page.query,
            summary=_summary(params, page, errors),
            excerpt=excerpt,
            start=start,
            end=end,
            url=page.url,
            status="found" if page.lines else "empty",
            truncated=cut_short or page.total > len(page.lines) or bool(page.partial),
            values={
                "count": page.total,
                "lines": [_value(line) for line in page.lines],
                "first_error": cut(errors[0].message, MESSAGE_CHARS) if errors else None,
            },
        )

    async def _more(
        self,
        params: QueryLogsParams,
        page: LogPage,
        start: datetime,
        end: datetime,
        ctx: Context,
    ) -> Sequence[LogLine]:
        """Enough lines of a large window to tell what is usual in it and what is rare."""
        if page.total <= len(page.lines) or params.limit < _FEW_LINES:
            return page.lines
        query = replace(_query(params, start, end), limit=FOLDED_LINES)
        try:
            return (await self._backend.search(query, ctx)).lines
        except ToolError:
            # Such lines may be too long to be had in that number; the page is there already.
            return page.lines

    async def _first_errors(
        self,
        params: QueryLogsParams,
        page: LogPage,
        start: datetime,
        end: datetime,
        ctx: Context,
    ) -> list[LogLine]:
        """The earliest errors of the whole window, asked for apart.

        A page of the newest may not hold them, and within one millisecond it does not tell which
        was first.
        """
        whole = page.total <= len(page.lines)
        if whole and not any(line.level in ERROR_LEVELS for line in page.lines):
            return []
        worse = "critical" if params.level == "critical" else "error"
        changes = {"order": "oldest", "limit": FIRST_ERRORS, "level": worse}
        earliest = _query(params.model_copy(update=changes), start, end)
        return list((await self._backend.search(earliest, ctx)).lines)


def _refuse_empty_selector(params: QueryLogsParams) -> None:
    named = {"service": params.service, "contains": params.contains, **params.labels}
    for field, value in named.items():
        if value is not None and not re.sub(r"[\s*?%.]", "", value):
            raise InvalidCall(f"{field}={value!r} selects nothing in particular; name one")
    for field in params.labels:
        if not re.fullmatch(r"[A-Za-z0-9_@.-]{1,100}", field):
            raise InvalidCall(f"label {field!r} is no field name")
    if params.service is None and params.contains is None and not params.labels:
        raise InvalidCall("name at least a service, a phrase or a label: not all logs at once")


def _query(params: QueryLogsParams, start: datetime, end: datetime) -> LogQuery:
    return LogQuery(
        start=start,
        end=end,
        service=params.service,
        contains=params.contains,
        level=params.level,
        labels=params.labels,
        limit=params.limit,
        order=params.order,
    )


def _summary(params: QueryLogsParams, page: LogPage, errors: list[LogLine]) -> str:
    what = params.service or params.contains or ", ".join(params.labels.values())
    if not page.lines:
        return cut(f"No lines of {what} in {params.minutes} min", 160)
    plural = "line" if page.total == 1 else "lines"
    text = f"{page.total} {plural} of {what} in {params.minutes} min"
    if page.partial:
        text += f" ({page.partial})"
    if errors:
        text += f"; first error {errors[0].at:%H:%M:%S}: {errors[0].message}"
    return cut(" ".join(text.split()), 160)


def _value(line: LogLine) -> dict[str, Any]:
    return {
        "at": line.at.astimezone(UTC).isoformat(),
        "level": line.level,
        "service": line.service,
        "message": cut(line.message, MESSAGE_CHARS),
    }
