"""What traces say together: which operation of which service fails or takes the time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tools.traces.port import Span


@dataclass(frozen=True, slots=True)
class Operation:
    """All spans of one operation of one service."""

    service: str
    name: str
    spans: int
    failed: int
    origins: int
    """Failed ones under which nothing failed: here it began, the others passed it on."""
    slowest: float
    """Seconds of the longest span, with all it waited for."""
    own: float
    """Seconds of the most that one span took itself, what it waited for not counted."""
    error: str
    """What the first failed one says; of those where it began, if there are any."""


def operations(spans: Iterable[Span]) -> list[Operation]:
    """Where failures begin first, then what failed, then what took longest by itself."""
    held = list(spans)
    children: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in held:
        children[span.trace_id, span.parent_id].append(span)
    groups: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in held:
        groups[span.service, span.operation].append(span)
    found = []
    for (service, name), group in groups.items():
        below = {span.id: children[span.trace_id, span.id] for span in group}
        failed = [span for span in group if span.failed]
        origins = [span for span in failed if not any(child.failed for child in below[span.id])]
        found.append(
            Operation(
                service=service,
                name=name,
                spans=len(group),
                failed=len(failed),
                origins=len(origins),
                slowest=max(span.seconds for span in group),
                own=max(_own_seconds(span, below[span.id]) for span in group),
                error=next((span.error for span in [*origins, *failed] if span.error), ""),
            )
        )
    return sorted(found, key=lambda one: (-one.origins, -one.failed, -one.own))


def _own_seconds(span: Span, children: list[Span]) -> float:
    """The span's length without the time in which any of its children was at work."""
    begin, end = span.start.timestamp(), span.start.timestamp() + span.seconds
    waited, reached = 0.0, begin
    for child in sorted(children, key=lambda one: one.start):
        start = max(child.start.timestamp(), reached)
        stop = min(child.start.timestamp() + child.seconds, end)
        if stop > start:
            waited += stop - start
            reached = stop
    return max(0.0, span.seconds - waited)
