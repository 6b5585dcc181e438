"""A trail as plain rows, one for each event, for whoever keeps audits elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.domain.chain import Trail
from bot.domain.values import Plan


def rows(trail: Trail, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """In their order; an event of another release as it came. Raises ValueError for a body that
    isn't one of ours."""
    for entry in trail.entries:
        for sequence, event in enumerate(json.loads(entry.body)):
            if since and datetime.fromisoformat(event["at"]) < since:
                continue
            verdict = event.get("verdict") or {}
            yield {
                "incident": trail.stream,
                "version": entry.version,
                "sequence": sequence,
                "hash": entry.hash,
                "at": event["at"],
                "actor": event["actor"],
                "type": event["type"],
                "rule": event.get("rule") or verdict.get("rule") or "",
                "policy": event.get("policy") or verdict.get("policy") or "",
                "digest": event.get("digest") or _digest(event, verdict),
                "payload": event,
            }


def _digest(event: dict[str, Any], verdict: dict[str, Any]) -> str:
    """Of a plan that was proposed: the one an approval would bind to."""
    if event["type"] != "plan.proposed":
        return ""
    return Plan.model_validate(event["plan"], extra="ignore").digest(verdict["rule"])
