"""What code accepts of a model's conclusion, and how sure it lets it be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.agent.conclusion import Conclude, UncitedError, accept, diagnose
from bot.domain.values import Confidence, Coverage
from tools.kit.types import Evidence

SEEN = {
    "a": Evidence(tool="query_logs", query="a", summary="timeout"),
    "b": Evidence(tool="query_metrics", query="b", summary="lag"),
    "none": Evidence(tool="query_logs", query="c", summary="nothing", status="empty"),
    "away": Evidence(tool="query_traces", query="d", summary="refused", status="failed"),
}
WHOLE = Coverage(checked=("Logs", "Metrics"))


def claim(*cited: str, against: tuple[str, ...] = (), confidence: Confidence = "high") -> Any:
    return {
        "cause": f"because of {', '.join(cited) or 'nothing'}",
        "confidence": confidence,
        "supported_by": list(cited),
        "against": list(against),
    }


def conclusion(*claims: Any, **more: Any) -> Conclude:
    given = {"hypotheses": claims, "ruled_out": [], "not_known": [], "options": [], **more}
    return Conclude.model_validate(given)


def sureness(end: Conclude, coverage: Coverage = WHOLE) -> Confidence:
    return diagnose(end, accept(end, SEEN, strict=False), coverage, None).confidence


@pytest.mark.parametrize("cited", [(), ("z",), ("away",), ("a", "z"), ("a", "away")])
def test_a_hypothesis_that_cites_what_was_not_seen_is_refused(cited: tuple[str, ...]) -> None:
    with pytest.raises(UncitedError) as refused:
        accept(conclusion(claim(*cited)), SEEN, strict=True)
    assert "evidence there is: a, b, none" in str(refused.value)


def test_the_second_time_it_is_left_out_and_the_others_stay() -> None:
    end = conclusion(claim("z"), claim("a", "b"), claim("away"), claim())
    [kept] = accept(end, SEEN, strict=False)
    assert kept.supported_by == ("a", "b")


def test_the_second_time_only_the_ids_that_exist_are_kept() -> None:
    [kept] = accept(conclusion(claim("a", "z", against=("b", "y"))), SEEN, strict=False)
    assert (kept.supported_by, kept.against) == (("a",), ("b",))


def test_that_something_is_not_there_is_evidence_too() -> None:
    [kept] = accept(conclusion(claim("none", "a")), SEEN, strict=True)
    assert kept.supported_by == ("none", "a")


def test_a_conclusion_without_hypotheses_is_an_honest_one() -> None:
    assert accept(conclusion(not_known=["who did it"]), SEEN, strict=True) == ()
    assert diagnose(conclusion(), (), WHOLE, None).cause is None


def test_two_pieces_of_evidence_nothing_against_and_no_gap_may_be_high() -> None:
    assert sureness(conclusion(claim("a", "b"))) == "high"


def test_one_piece_of_evidence_is_never_more_than_medium() -> None:
    assert sureness(conclusion(claim("a"))) == "medium"


def test_evidence_against_it_is_never_more_than_medium() -> None:
    assert sureness(conclusion(claim("a", "none", against=("b",)))) == "medium"


def test_the_same_evidence_cited_twice_counts_once() -> None:
    assert sureness(conclusion(claim("a", "a"))) == "medium"


@pytest.mark.parametrize(
    "gap",
    [{"failed": ("Traces",)}, {"not_configured": ("Changes",)}],
    ids=lambda gap: next(iter(gap)),
)
def test_a_gap_in_the_coverage_is_never_more_than_medium(gap: dict[str, Any]) -> None:
    assert sureness(conclusion(claim("a", "b")), WHOLE.model_copy(update=gap)) == "medium"


def test_where_nothing_was_found_anywhere_it_is_low() -> None:
    assert sureness(conclusion(claim("a", "none")), Coverage(empty=("Logs",))) == "low"


def test_code_never_makes_a_model_surer_than_it_says() -> None:
    assert sureness(conclusion(claim("a", "b", confidence="low"))) == "low"


def test_every_hypothesis_is_capped_not_only_the_first() -> None:
    end = conclusion(claim("a", "b"), claim("b"))
    found = diagnose(end, accept(end, SEEN, strict=False), WHOLE, None)
    assert [h.confidence for h in found.hypotheses] == ["high", "medium"]


def test_what_is_ruled_out_not_known_and_open_to_choice_is_kept() -> None:
    end = conclusion(ruled_out=["disk"], not_known=["who"], options=["wait, or switch"])
    found = diagnose(end, (), WHOLE, None)
    kept = (found.ruled_out, found.not_known, found.options)
    assert kept == (("disk",), ("who",), ("wait, or switch",))
