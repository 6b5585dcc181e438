"""Marks text from outside as data, so that nothing in it reads as an instruction of ours."""

from __future__ import annotations

import re

from tools.kit.types import Evidence

_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Characters that part a word for a program and not for a reader."""
_FENCE = re.compile(r"[<＜]\s*[/／]?\s*(?:data|brief|runbook)\b", re.IGNORECASE)


def fenced(source: str, text: str, **attributes: str) -> str:
    """`text` between marks that it can't forge. `source` is a word of ours."""
    said = "".join(f' {name}="{_plain(value)}"' for name, value in attributes.items())
    harmless = _FENCE.sub(lambda found: "‹" + found[0][1:], _INVISIBLE.sub("", text))
    return f'<data source="{source}"{said}>\n{harmless}\n</data>'


def shown(evidence_id: str, evidence: Evidence, most: int) -> str:
    """Evidence as a model reads it: summary first, then what fits of the excerpt.

    Both may quote what was found, so both stand in the marks. What doesn't fit stays in the
    ledger; `read_more` gives it by the evidence's id.
    """
    status = "NOT REACHED" if evidence.status == "failed" else evidence.status
    excerpt, rest = evidence.excerpt[:most], len(evidence.excerpt) - most
    more = f"\n… {rest} more characters: read_more({evidence_id!r})" if rest > 0 else ""
    told = "\n".join(part for part in (evidence.summary, excerpt) if part)
    return f"{evidence_id} ({status})\n{fenced(evidence.tool, told, id=evidence_id)}{more}"


def _plain(value: str) -> str:
    return re.sub(r"[\s<>\"]+", "_", value)
