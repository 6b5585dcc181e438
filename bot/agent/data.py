"""Marks text from outside as data, so that nothing in it reads as an instruction of ours."""

from __future__ import annotations

import re

from tools.kit.types import Evidence

_FENCE = re.compile(r"</?\s*(data|brief|runbook)\b", re.IGNORECASE)


def fenced(source: str, text: str, **attributes: str) -> str:
    """`text` between marks that it can't forge. `source` and `attributes` are words of ours."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    harmless = _FENCE.sub(lambda found: found[0].replace("<", "‹"), text)
    return f'<data source="{source}"{said}>\n{harmless}\n</data>'


def shown(evidence_id: str, evidence: Evidence, most: int) -> str:
    """Evidence as a model reads it: summary first, then what fits of the excerpt.

    What doesn't fit stays in the ledger; `read_more` gives it by the evidence's id.
    """
    if evidence.status == "failed":
        return f"{evidence_id}: NOT REACHED. {evidence.summary}"
    head = f"{evidence_id} ({evidence.status}): {evidence.summary}"
    excerpt, rest = evidence.excerpt[:most], len(evidence.excerpt) - most
    more = f"\n… {rest} more characters: read_more({evidence_id!r})" if rest > 0 else ""
    body = fenced(evidence.tool, excerpt, id=evidence_id) if excerpt else ""
    return "\n".join(part for part in (head, body) if part) + more
