"""An investigation ends in one of three ways."""

from __future__ import annotations

import pytest

from bot.domain.values import Confidence, Diagnosis, Hypothesis


@pytest.mark.parametrize(
    ("confidence", "ending"), [("high", "confirmed"), ("medium", "likely"), ("low", "likely")]
)
def test_a_cause_is_confirmed_only_with_high_confidence(
    confidence: Confidence, ending: str
) -> None:
    cause = Hypothesis(cause="it rained", confidence=confidence, supported_by=("t1",))
    assert Diagnosis(by="model", hypotheses=(cause,)).ending == ending


def test_without_a_cause_it_is_inconclusive() -> None:
    assert Diagnosis(by="sweep").ending == "inconclusive"
