"""The demo's plays end as their options say, and the record tells what happened."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.plays.demo import Played

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SWITCH = "variable.set daily_revenue_aggregation.source: replica-2 → replica-1"
BACK = "variable.set daily_revenue_aggregation.source: replica-1 → replica-2"
TITLE = "ETL job 'daily_revenue_aggregation' failed (exit code 1)"
MAYA = "U0MAYA0001"
Plays = dict[str, asyncio.Task[Played]]


def play(name: str) -> pytest.MarkDecorator:
    """Which play this test is about; the fixture starts those that were selected."""
    return pytest.mark.parametrize("name", [name])


@play("approve")
async def test_an_approved_fix_runs_once_is_verified_and_reported(
    name: str, outcomes: Plays
) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    record = played.record
    assert set(record) == {
        "incident", "thread", "evidence", "diagnosis", "actions", "effects", "tickets",
        "escalation", "seconds",
    }  # fmt: skip
    assert record["incident"]["status"] == "resolved"
    assert record["incident"]["resolved_at"] > record["incident"]["opened_at"]
    assert record["diagnosis"]["confidence"] == "high"
    assert record["diagnosis"]["runbook"] == "etl-source-timeout"
    assert len(record["evidence"]) == 6
    switched, rerun = played.effects
    assert switched == SWITCH
    assert rerun.startswith("run.started daily_revenue_aggregation/opsbot-INC-1-P1-2-")
    assert [a["tool"] for a in record["actions"]] == ["set_job_parameters", "rerun_job"]
    for action in record["actions"]:
        assert action["verdict"] == "ask"
        assert action["decided_by"] == MAYA
        assert action["outcome"] == "succeeded"
        assert action["verified"] is True
        assert action["rolled_back"] is False
    assert record["escalation"] is None
    assert all(seconds is not None for seconds in record["seconds"].values())


@play("approve")
async def test_an_approved_fix_leaves_one_ticket_done_and_the_lag_with_its_owners(
    name: str, outcomes: Plays
) -> None:
    record = (await outcomes[name]).record
    own, lag = record["tickets"]
    assert (own["summary"], own["status"]) == (f"[INC-1] {TITLE}", "Done")
    assert lag["status"] == "To Do"
    assert re.fullmatch(r"replica-2 replication lag 2\.\d h", lag["summary"])


@play("approve")
async def test_the_happy_path_is_the_root_and_six_messages(name: str, outcomes: Plays) -> None:
    played = await outcomes[name]
    firsts = [text.splitlines()[0] for text in played.texts]
    assert len(firsts) == 7
    assert firsts[0] == f"SEV2 · Resolved · {TITLE}"
    assert firsts[1] == "Investigated, 6 of 6"
    assert firsts[2].startswith("Cause (high confidence): replica-2 is 2.")
    assert re.fullmatch(r"Done \d\d:\d\d · approved by Maya", firsts[3])
    assert firsts[4] == "Fix of INC-1, 2 of 2 done · approved by Maya"
    assert firsts[5].startswith("Recovered ")
    assert firsts[6].startswith("INC-1 resolved in ")
    assert "@dba-oncall" in played.texts[6]


@play("reject")
async def test_a_rejected_fix_touches_nothing_and_calls_a_person(
    name: str, outcomes: Plays
) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    assert played.effects == []
    for action in played.record["actions"]:
        assert action["decided_by"] == MAYA
        assert action["outcome"] is None
    escalation = played.record["escalation"]
    assert escalation["to"] == ["@data-oncall"]
    assert "wait for the DBA" in escalation["reason"]
    rejected = [text for text in played.texts if text.startswith("Rejected by Maya: ")]
    assert len(rejected) == 1
    assert '"wait for the DBA"' in rejected[0]
    assert "[Approve]" not in "\n".join(played.texts)


@play("auto")
async def test_where_policy_allows_it_nobody_is_asked(name: str, outcomes: Plays) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    assert played.record["incident"]["status"] == "resolved"
    assert played.effects[0] == SWITCH
    assert len(played.effects) == 2
    for action in played.record["actions"]:
        assert action["verdict"] == "allow"
        assert action["decided_by"] == f"policy:{action['rule']}"
    assert played.record["escalation"] is None
    assert not any("Approve" in text for text in played.texts)


@play("no-runbook")
async def test_a_novel_failure_brings_evidence_and_a_person_and_no_step(
    name: str, outcomes: Plays
) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    record = played.record
    assert len(record["evidence"]) >= 3
    assert len({e["query"] for e in record["evidence"]}) >= 3
    assert record["actions"] == []
    assert played.effects == []
    assert record["diagnosis"]["runbook"] is None
    assert record["escalation"]["to"] == ["@data-oncall"]
    assert record["incident"]["status"] != "resolved"
    assert any("needs you:" in text for text in played.texts)


@play("fix-fails")
async def test_a_fix_that_fails_is_undone_and_a_person_called(name: str, outcomes: Plays) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    assert played.effects[0] == SWITCH
    assert played.effects[-1] == BACK
    assert len([what for what in played.effects if what.startswith("run.started ")]) == 1
    switch, rerun = played.record["actions"]
    assert switch["rolled_back"] is True
    assert rerun["rolled_back"] is False
    assert rerun["verified"] is False
    assert played.record["escalation"]["to"] == ["@data-oncall"]
    assert played.record["incident"]["status"] != "resolved"
    failed = [text for text in played.texts if "The fix of INC-1 failed: step 2 failed" in text]
    assert len(failed) == 1
    assert "Step 1 undone" in failed[0]


@pytest.mark.parametrize("name", ["wide", "wide-model"])
async def test_a_cascade_is_one_incident_looked_into_by_a_team_that_finds_one_cause(
    name: str, outcomes: Plays
) -> None:
    played = await outcomes[name]
    assert played.code == 0, played.stderr
    record = played.record
    assert record["incident"]["status"] == "resolved"
    assert record["diagnosis"]["cause"].startswith("orders_export holds")
    assert record["diagnosis"]["runbook"] == "orders-db-saturated"
    assert played.effects == ["variable.set orders_export.parallelism: 48 → 4"]
    [team] = [text for text in played.texts if text.startswith("Investigat")]
    assert "orders-api" in team
    assert "orders-db" in team
    assert sorted(t["status"] for t in record["tickets"]) == ["Done", "To Do"]
