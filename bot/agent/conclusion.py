"""What a model may conclude, and what code accepts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.values import Confidence, Coverage, Diagnosis, Hypothesis, RunbookRef, cap
from tools.kit.types import Evidence


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Claim(_Closed):
    cause: str = Field(description="One sentence with the figures that show it.", max_length=400)
    confidence: Confidence = Field(description="How sure, from the evidence alone.")
    supported_by: list[str] = Field(description="Ids of evidence for it, at least one.")
    against: list[str] = Field(description="Ids of evidence against it.")


class Conclude(_Closed):
    """End the investigation. Steps you want run must have been proposed before, in order."""

    hypotheses: list[Claim] = Field(description="Most likely first; empty: the cause is not found.")
    ruled_out: list[str] = Field(description="Causes that the evidence speaks against.")
    not_known: list[str] = Field(description="What you could not find out, and where to look next.")
    options: list[str] = Field(
        description="Ways forward with their trade-offs, for a person to weigh; else empty."
    )


class UncitedError(Exception):
    """A hypothesis rests on nothing that was seen. The message says what to mend."""


def accept(
    conclusion: Conclude, evidence: Mapping[str, Evidence], *, strict: bool
) -> tuple[Hypothesis, ...]:
    """The hypotheses that cite evidence there is.

    `strict` raises UncitedError for one that doesn't; otherwise it is left out.
    """
    accepted = []
    for number, claim in enumerate(conclusion.hypotheses, start=1):
        cited = dict.fromkeys(claim.supported_by)
        known = [i for i in cited if i in evidence and _tells(evidence[i])]
        if not known or (strict and len(known) < len(cited)):
            if strict:
                there = ", ".join(i for i, e in evidence.items() if _tells(e)) or "none"
                raise UncitedError(
                    f"hypothesis {number} cites {claim.supported_by!r}; evidence there is: {there}."
                    " Cite what supports it, or leave the hypothesis out."
                )
            continue
        accepted.append(
            Hypothesis(
                cause=claim.cause,
                confidence=claim.confidence,
                supported_by=tuple(known),
                against=tuple(i for i in claim.against if i in evidence),
            )
        )
    return tuple(accepted)


def diagnose(
    conclusion: Conclude,
    hypotheses: Sequence[Hypothesis],
    coverage: Coverage,
    runbook: RunbookRef | None,
) -> Diagnosis:
    """The diagnosis, its confidence capped by what could and could not be looked at."""
    ceiling: Confidence = "high"
    if coverage.failed or coverage.not_configured:
        ceiling = "medium"
    if not coverage.checked:
        ceiling = "low"
    capped = []
    for hypothesis in hypotheses:
        allowed = cap(ceiling, "medium") if hypothesis.against else ceiling
        if len(hypothesis.supported_by) < 2:
            allowed = cap(allowed, "medium")
        confidence = cap(hypothesis.confidence, allowed)
        capped.append(hypothesis.model_copy(update={"confidence": confidence}))
    return Diagnosis(
        by="model",
        hypotheses=tuple(capped),
        not_known=tuple(conclusion.not_known),
        ruled_out=tuple(conclusion.ruled_out),
        options=tuple(conclusion.options),
        coverage=coverage,
        runbook=runbook,
    )


def _tells(evidence: Evidence) -> bool:
    return evidence.status != "failed"
