"""What the scripted model says in the demo: a plausible investigation, word for word."""

from __future__ import annotations

import re

from bot.sandbox.model.script import Answer, Asked, Call, Turn

_JOB = "daily_revenue_aggregation"
_EXPORT = "orders_export"
THOUGHT = "What I looked at says no more than the diagnosis in this thread does."
"""Its answer to whatever a person asks."""


def script(*, dies: bool) -> list[Turn]:
    """The turns of every agent in the demo. `dies`: after its first looks the model is overloaded
    for good, as a provider's may be."""
    overloaded = Answer(status=529, error="Overloaded")
    after_looks = [Turn(overloaded, number=n, times=None) for n in range(2, 9)] if dies else []
    return [
        *after_looks,
        Turn(_status_words, system="three texts", times=None),
        Turn(_looks, number=1, times=None),
        Turn(_told, offers="answer", number=2, times=None),
        Turn(_proposals, offers="set_job_parameters", number=2, times=None),
        Turn(_conclusion, times=None),
    ]


def _looks(asked: Asked) -> Answer:
    service = _service(asked)
    logs = {"service": service, "level": "error", "minutes": 60}
    changes = {"services": [service], "minutes": 120}
    return Answer(
        text="I look at errors and recent changes side by side.",
        calls=(Call("query_logs", logs), Call("query_changes", changes)),
        thinking=True,
    )


def _proposals(asked: Asked) -> Answer:
    if "set_job_parameters" not in _brief(asked):
        return _conclusion(asked)
    job, parameters = (
        (_EXPORT, {"parallelism": "4"})
        if _EXPORT in _brief(asked)
        else (_JOB, {"source": "replica-1"})
    )
    steps = [Call("set_job_parameters", {"job": job, "parameters": parameters})]
    if job == _JOB:
        steps.append(Call("rerun_job", {"job": job}))
    return Answer(text="The runbook's own steps mend this.", calls=tuple(steps))


def _told(asked: Asked) -> Answer:
    """To a person who asks: after a moment, so that the looks are seen."""
    words = {"text": THOUGHT, "evidence": []}
    return Answer(calls=(Call("answer", words),), delay=1.5)


def _conclusion(asked: Asked) -> Answer:
    cause, cited = _found_by_runbook(_brief(asked)) or _found_by_an_agent(_brief(asked))
    claim = {"cause": cause, "confidence": "high", "supported_by": cited, "against": []}
    end = {
        "hypotheses": [claim] if cause else [],
        "ruled_out": [],
        "not_known": [] if cause else [f"Why: nothing of {_service(asked)}'s own explains it"],
        "options": [],
    }
    return Answer(calls=(Call("conclude", end),))


def _found_by_runbook(brief: str) -> tuple[str, list[str]] | None:
    """A cause that the brief names, and the ids it rests on."""
    told = re.search(r"^Cause: (.+) \(from (.+?)\)", brief, re.MULTILINE)
    return (told[1], told[2].split(", ")) if told else None


def _found_by_an_agent(brief: str) -> tuple[str, list[str]]:
    """The first cause that an agent of a part cites evidence for."""
    told = re.search(r'^<data source="agent"[^>]*>\n(.+) \[(.+)\]$', brief, re.MULTILINE)
    return (told[1], told[2].split(", ")) if told else ("", [])


def _status_words(asked: Asked) -> Answer:
    words = {
        "summary": "Orders are slow because one job holds the database's connections.",
        "stakeholders": "Orders may be slow or fail. A fix is on its way.",
        "status_page": "Placing orders may be slow. We are working on it.",
    }
    return Answer(calls=(Call("draft", words),))


def _brief(asked: Asked) -> str:
    return asked.texts[0]


def _service(asked: Asked) -> str:
    return _brief(asked).partition(", service ")[2].partition(",")[0]
