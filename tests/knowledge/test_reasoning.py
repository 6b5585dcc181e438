"""From what the checks found to a cause, a plan and what stays open."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.values import Alert
from bot.knowledge.folder import load_folder
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import Reasoning
from bot.policy.conditions import Truth
from bot.policy.readings import judge
from bot.policy.template import MissingValue
from tools.kit.types import Evidence

Found = Callable[..., Evidence]


@pytest.fixture
def start(write: Callable[..., Path], alert: Callable[..., Alert]) -> Callable[..., Reasoning]:
    def started(*changes: tuple[str, str]) -> Reasoning:
        (runbook,), problems = load_folder(write(*changes))
        assert problems == ()
        return Reasoning.start(runbook, alert(alertname="DiskSlow", service="db", host="h1"))

    return started


def result(check_id: str, evidence: Evidence) -> CheckResult:
    return CheckResult(check_id=check_id, evidence=evidence, evidence_id=f"E-{check_id}")


FAILED = Evidence(tool="look", query="q", summary="refused", status="failed")


def test_checks_come_as_soon_as_what_they_need_is_known(
    start: Callable[..., Reasoning], found: Found
) -> None:
    before = start()
    assert [(c.id, c.params) for c in before.next_checks()] == [
        ("latency", {"query": 'latency{host="h1"}'})
    ]
    after = before.read(result("latency", found(value=9)))
    assert [check.id for check in after.next_checks()] == ["queue"]
    assert after.read(result("queue", found(value=1))).next_checks() == ()


def test_checks_that_need_nothing_of_each_other_come_together(
    start: Callable[..., Reasoning],
) -> None:
    together = start(("    needs: [ms]\n", ""))
    assert [check.id for check in together.next_checks()] == ["latency", "queue"]


def test_a_name_in_the_parameters_is_needed_without_saying(
    start: Callable[..., Reasoning],
) -> None:
    waiting = start(("    needs: [ms]\n", ""), ("{query: queue}", "{query: 'queue > ${ms}'}"))
    assert [check.id for check in waiting.next_checks()] == ["latency"]


def test_a_check_whose_need_was_not_found_is_skipped_and_says_so(
    start: Callable[..., Reasoning], found: Found
) -> None:
    after = start().read(result("latency", found(value=None)))
    assert after.next_checks() == ()
    assert after.skipped() == {"queue": "no check found its ms"}
    assert after.finding("queue") == "Queue: not checked, no check found its ms"
    assert after.cause() is None
    assert [cause.id for cause in after.open_causes()] == ["full", "worn"]


def test_a_check_that_the_alert_leaves_incomplete_is_skipped(
    write: Callable[..., Path], alert: Callable[..., Alert]
) -> None:
    (runbook,), _ = load_folder(write())
    nameless = Reasoning.start(runbook, alert(alertname="DiskSlow", service="db"))
    assert nameless.next_checks() == ()
    assert "no host" in nameless.skipped()["latency"]


def test_the_first_true_cause_is_the_diagnosis_and_cites_its_evidence(
    start: Callable[..., Reasoning], found: Found
) -> None:
    done = start().read(result("latency", found(value=9.5)), result("queue", found(value=11)))
    cause = done.cause()
    assert cause is not None
    assert (cause.id, cause.cause, cause.confidence) == ("full", "h1 is full", "high")
    assert cause.supported_by == ("E-latency", "E-queue")
    assert done.finding("latency") == "h1 takes 9.5 ms"
    assert done.finding("queue") == "Queue: seen"


def test_a_cause_is_ruled_out_by_what_was_seen(
    start: Callable[..., Reasoning], found: Found
) -> None:
    done = start().read(result("latency", found(value=9)), result("queue", found(value=1)))
    cause = done.cause()
    assert cause is not None
    assert (cause.id, cause.confidence) == ("worn", "high")
    (ruled_out,) = done.ruled_out()
    assert (ruled_out.id, ruled_out.cause) == ("full", "h1 is full")
    assert ruled_out.why == "h1 takes 9 ms; Queue: seen"


def test_a_failed_reading_is_unknown_and_lowers_confidence(
    start: Callable[..., Reasoning], found: Found
) -> None:
    done = start().read(result("latency", found(value=9)), result("queue", FAILED))
    assert done.truth("queue") is Truth.UNKNOWN
    assert done.finding("queue") == "Queue: unknown, look was not reached: refused"
    cause = done.cause()
    assert cause is not None
    assert (cause.id, cause.confidence) == ("worn", "medium")
    (open_cause,) = done.open_causes()
    assert "was not reached" in open_cause.why


def test_a_check_that_speaks_against_the_cause_makes_it_doubtful(
    start: Callable[..., Reasoning], found: Found
) -> None:
    contradicted = start(("when: latency && queue", "when: latency && !queue"))
    done = contradicted.read(result("latency", found(value=9)), result("queue", found(value=11)))
    cause = done.cause()
    assert cause is not None
    assert (cause.id, cause.confidence, cause.against) == ("worn", "low", ("E-queue",))


def test_the_order_in_which_results_come_changes_nothing(
    start: Callable[..., Reasoning], found: Found
) -> None:
    results = [result("latency", found(value=9)), result("queue", found(value=11))]
    ends = [start().read(*order) for order in itertools.permutations(results)]
    assert ends[0].cause() == ends[1].cause()
    assert ends[0].values == ends[1].values


def test_steps_guards_and_follow_ups_are_those_of_the_cause(
    start: Callable[..., Reasoning], found: Found
) -> None:
    full = start().read(result("latency", found(value=9)), result("queue", found(value=11)))
    (step,) = full.steps()
    assert (step.tool, step.params, step.cites) == ("clean", {"host": "h1"}, "slow#1")
    (guard,) = full.guards()
    assert (guard.title, guard.shown, guard.known) == ("Latency", "9 ms", {"limit": 5})
    assert guard.params == {"query": 'latency{host="h1"}'}
    (verify,) = full.verify_checks()
    assert (verify.expect, verify.known) == ("value < limit", {"limit": 5})
    assert full.verify_within() == 900
    assert full.resolution() == "h1 cleaned"
    (follow_up,) = full.follow_ups()
    assert (follow_up.summary, follow_up.owner_of) == ("Bigger disk for h1", "h1")

    worn = start().read(result("latency", found(value=9)), result("queue", found(value=1)))
    assert worn.steps() == ()
    assert worn.resolution() == ""
    assert len(worn.follow_ups()) == 1


def test_a_guard_is_judged_by_a_fresh_reading(
    start: Callable[..., Reasoning], found: Found
) -> None:
    done = start().read(result("latency", found(value=9)), result("queue", found(value=11)))
    (guard,) = done.guards()

    def fresh(evidence: Evidence) -> Truth:
        return judge(guard.expect, guard.captures, guard.known, evidence).truth

    assert fresh(found(value=8)) is Truth.TRUE
    assert fresh(found(value=4)) is Truth.FALSE
    assert fresh(found(value=None)) is Truth.UNKNOWN
    assert fresh(FAILED) is Truth.UNKNOWN


def test_a_step_without_its_value_makes_no_plan(
    start: Callable[..., Reasoning], found: Found
) -> None:
    unnamed = start(('params: {host: "${host}"}', 'params: {host: "${ms.name}"}'))
    done = unnamed.read(result("latency", found(value=9)), result("queue", found(value=11)))
    with pytest.raises(MissingValue, match=r"step 1 \(clean\) of slow"):
        done.steps()


def test_a_check_the_runbook_does_not_have_is_refused(start: Callable[..., Reasoning]) -> None:
    with pytest.raises(KeyError):
        start().finding("colour")
