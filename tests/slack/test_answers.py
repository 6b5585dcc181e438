"""Answers from ledger and tools, word by word: the answer first, evidence and incident linked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from bot.domain import events as e
from bot.incidents.intent import ASKABLE, Intent
from bot.slack.views.answers.reply import reply
from bot.slack.views.answers.told import Told
from bot.slack.views.help import no_consent
from bot.slack.views.text import read
from tests.fakes import story
from tests.slack.scenes import (
    MAYA,
    PEOPLE,
    WORK,
    approved,
    begun,
    called,
    diagnosed,
    evidence,
    plan,
    proposed,
    rejected,
    resolved,
    scene,
    switch,
)
from tools.kit.types import Evidence

CARD = "https://sample-company.slack.com/archives/C0INCIDENT/p1"
APPROVAL = "https://sample-company.slack.com/archives/C0INCIDENT/p2"
LINKED = f"→ <{CARD}|INC-1>"
Happened = e.IncidentEvent | Iterable[e.IncidentEvent]


def told(
    *events: Happened, work: Iterable[e.WorkEvent] = WORK, looked: Evidence | None = None
) -> Told:
    links = {"card": CARD, "approval:P1": APPROVAL}
    return Told(
        scene=scene(*events, work=work, links=links, people=PEOPLE),
        now=story.at(1320),
        looked=looked,
    )


def asked(intent: Intent, *events: Happened, **more: Any) -> str:
    return reply(intent, told(*events, **more))


def feed(*changes: dict[str, Any], **more: Any) -> Evidence:
    given: dict[str, Any] = {
        "tool": "query_changes",
        "query": "q",
        "summary": f"{len(changes)} changes",
        "status": "found" if changes else "empty",
        "url": "https://grafana.example.com/a",
        "values": {"changes": list(changes)},
    }
    return Evidence.model_validate({**given, **more})


def change(minutes: float, **more: Any) -> dict[str, Any]:
    at = story.at(60 * minutes).isoformat()
    return {"at": at, "text": "v42", "services": ["etl"], "kind": "deploy", "by": "ci", **more}


WAITING = (diagnosed(), proposed())


def test_why_gives_the_cause_what_waits_and_the_evidence() -> None:
    assert asked(Intent.WHY, *WAITING) == (
        "ETL job 'daily_revenue_aggregation' failed (exit code 1): replica-2 is 2.3 h behind"
        " (limit 30 min), so reads time out. A fix waits for @data-oncall until 02:02."
        " Confidence high. Not known: Why replica-2 lags. Evidence: Job log ·"
        " <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|Lag of the source>."
        f" {LINKED}"
    )
    assert "I am still investigating" in asked(Intent.WHY)


def test_what_changed_names_the_newest_before_the_alert_as_a_suspect() -> None:
    found = asked(Intent.CHANGED, *WAITING, looked=feed(change(3), change(-9), change(-90)))
    assert found == (
        "2 changes in the 2 h before 01:47, 1 since: 01:38 deploy of etl by ci: v42; 00:17 deploy"
        " of etl by ci: v42; 01:50 deploy of etl by ci: v42. The newest before it is a suspect, not"
        f" proven. Evidence: <https://grafana.example.com/a|recent changes>. {LINKED}"
    )
    old = asked(Intent.CHANGED, looked=feed(change(-90)))
    assert "suspect" not in old


def test_what_changed_says_when_it_cant_know() -> None:
    assert asked(Intent.CHANGED).startswith("I can't see changes: no source of them is configured")
    away = feed(status="failed", summary="the feed doesn't answer")
    assert asked(Intent.CHANGED, looked=away).startswith("I could not read what changed: the feed")
    assert asked(Intent.CHANGED, looked=feed()).startswith("Nothing, as far as <https://grafana")


def test_what_was_recorded_answers_where_the_source_is_away() -> None:
    recorded = evidence("job_log").model_copy(update={"evidence": feed(change(-9))})
    away = feed(status="failed", summary="the feed doesn't answer")
    for looked in (None, away):
        assert asked(Intent.CHANGED, work=[recorded], looked=looked).startswith("1 change in the")


def test_impact_is_what_its_owners_wrote_and_else_the_alert() -> None:
    assert asked(Intent.IMPACT, *WAITING) == (
        "The alert says: revenue tables are not refreshed until a run succeeds. SEV2, 1 alert fires"
        " on etl. The fix that is proposed touches 1 job, every later run of"
        f" daily_revenue_aggregation. {LINKED}"
    )
    written = told()
    known = written.scene.incident.model_copy(update={"impact": "finance sees old numbers"})
    owned = Told(scene=written.scene.model_copy(update={"incident": known}), now=written.now)
    assert reply(Intent.IMPACT, owned).startswith("Finance sees old numbers. SEV2")


def test_how_long_counts_from_the_alert() -> None:
    assert asked(Intent.HOW_LONG, diagnosed()) == (
        "22 min so far, since 01:47. The diagnosis stood after 2 s. How much longer it takes is not"
        f" known. {LINKED}"
    )
    over = asked(Intent.HOW_LONG, *WAITING, resolved())
    assert over.startswith("It took 22 min: from 01:47 to 02:09.")


def test_who_is_on_it_wakes_nobody() -> None:
    nobody = asked(Intent.WHO, *WAITING, called("the fix was rejected"))
    assert nobody == (
        "Nobody has said that they are on it. @data-oncall was called 01:48: the fix was rejected."
        f" A fix waits for @data-oncall until 02:02. {LINKED}"
    )
    taken = e.IncidentTaken(at=story.at(70), actor=MAYA)
    on_it = asked(Intent.WHO, *WAITING, taken)
    assert on_it.startswith("Maya is on it. Nobody was called yet.")
    assert "<@" not in nobody + on_it
    assert "<!subteam" not in nobody


def test_who_approved_names_who_and_when_or_that_nobody_did() -> None:
    digest = plan().digest("change")[:4]
    link = f"<{APPROVAL}|plan {digest}>"
    assert asked(Intent.APPROVED) == (
        f"Nobody: nothing was proposed, so nothing could be approved. {LINKED}"
    )
    assert asked(Intent.APPROVED, *WAITING).startswith(f"Nobody yet: {link} has not run. A fix")
    yes = asked(Intent.APPROVED, *WAITING, approved())
    assert yes == f"Maya approved 01:47: {link}. {LINKED}"
    no = asked(Intent.APPROVED, *WAITING, rejected())
    assert no == f"Maya rejected 01:47 (wait for the DBA): {link}. {LINKED}"
    itself = asked(Intent.APPROVED, diagnosed(), story.proposed(plan(), story.ALLOW))
    assert itself.startswith("No person: policy rule auto lets ")


def test_is_it_safe_tells_risk_undo_and_guards() -> None:
    safe = asked(Intent.SAFE, diagnosed(), proposed(risk="low"))
    assert "low risk, it touches 1 job" in safe
    assert "Undo: 1 one click · 2 what it writes stays, no automatic undo." in safe
    assert "replica-1 lag 4 min (limit 30 min). Nothing ran yet." in safe
    warned = switch(dry_run=switch().dry_run.model_copy(update={"warnings": ("a run is queued",)}))
    asking = proposed(plan(steps=(warned,)))
    assert "Warned: a run is queued." in asked(Intent.SAFE, diagnosed(), asking)
    assert asked(Intent.SAFE).startswith("Nothing is proposed, so I change nothing.")
    assert "rejected: nothing more of it runs." in asked(Intent.SAFE, *WAITING, rejected())


def test_seen_before_quotes_what_helped_and_calls_it_a_lead() -> None:
    alike = Evidence(
        tool="search_incidents", query="q", summary="s", status="found",
        excerpt="INC-7 was alike: replica-2 lagged; helped: switched to replica-1",
    )  # fmt: skip
    assert asked(Intent.SEEN, looked=alike) == (
        "INC-7 was alike: replica-2 lagged; helped: switched to replica-1. A likeness is a lead,"
        f" not evidence of this cause. {LINKED}"
    )
    none = alike.model_copy(update={"status": "empty", "summary": "none of 3 closed ones is alike"})
    assert asked(Intent.SEEN, looked=none).startswith("Not that I know of. None of 3")
    assert asked(Intent.SEEN).startswith("I could not look through past incidents.")


def test_what_it_is_doing_is_where_the_incident_is() -> None:
    looking = asked(Intent.DOING, work=[*WORK, begun("changes", "Recent changes")])
    assert looking.startswith(
        "Investigating: 3 of 4 checks done, now Recent changes. Last seen: replica-1 lag 4 min"
    )
    assert asked(Intent.DOING, *WAITING).startswith("Waiting. A fix waits for @data-oncall")
    running = asked(Intent.DOING, *WAITING, approved(), story.started(0))
    assert running.startswith("Running, step 1 of 2: Set source of")
    assert asked(Intent.DOING, *WAITING, resolved()).startswith("Nothing: it was resolved 02:09.")
    handed = asked(Intent.DOING, diagnosed(), called("no runbook step fits"))
    assert handed.startswith("Nothing by myself: this is a person's now. Called 01:48: no runbook")


def test_what_was_ruled_out_says_what_was_not_reached_too() -> None:
    reached = diagnosed(
        ruled_out=("the disk is full (41 %)",),
        coverage={"checked": ["a", "b"], "failed": ["Log of the replica"]},
    )
    assert asked(Intent.RULED_OUT, reached) == (
        "Ruled out: the disk is full (41 %). 2 checks were read. Not reached, so not ruled out: Log"
        f" of the replica. {LINKED}"
    )
    long = asked(Intent.RULED_OUT, diagnosed(ruled_out=("why " * 60,)))
    assert "why… " in long, "what is cut off has no full stop as well"
    assert asked(Intent.RULED_OUT).startswith("Nothing yet: I am still looking.")


def test_the_plan_is_told_with_what_it_waits_for() -> None:
    waits = asked(Intent.PLAN, *WAITING)
    assert waits.startswith(f"Proposed (<{APPROVAL}|plan ")
    assert "daily_revenue_aggregation.source: replica-2 → replica-1" in waits
    assert "A fix waits for @data-oncall until 02:02." in waits
    assert asked(Intent.PLAN).startswith("None yet: I am still investigating.")
    assert asked(Intent.PLAN, diagnosed()).startswith("None of mine: no runbook step fits")
    assert "Rejected, so it does not run" in asked(Intent.PLAN, *WAITING, rejected())
    open_ends = asked(Intent.PLAN, *WAITING, resolved())
    assert "Still open: replica-2 replication lag 2.3 h." in open_ends


def test_a_catch_up_has_at_most_eight_lines() -> None:
    reached = diagnosed(ruled_out=("a full disk",))
    words = asked(Intent.CATCH_UP, reached, proposed(), approved(), story.done(0))
    assert "*Now:* " in words
    assert len(words.split("\n")) <= 8


def test_an_unknown_question_gets_the_state_and_what_can_be_asked() -> None:
    answer = asked(Intent.ANYTHING, *WAITING)
    assert answer.startswith("ETL job 'daily_revenue_aggregation' failed")
    assert all(words in answer for words in ASKABLE)


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize(
    "events",
    [(), (diagnosed(),), WAITING, (*WAITING, approved()), (*WAITING, rejected()),
     (*WAITING, resolved())],
)  # fmt: skip
def test_every_answer_is_short_and_ends_with_its_incident(
    intent: Intent, events: tuple[Happened, ...]
) -> None:
    answer = asked(intent, *events, looked=feed(*[change(-n) for n in range(40)]))
    assert f"<{CARD}|INC-1>" in answer
    assert len(read(answer)) < 1_200


def test_a_yes_in_chat_is_told_where_to_press() -> None:
    words = no_consent(told(*WAITING))
    assert words.startswith("A yes in chat approves nothing. Press *Approve* in <" + APPROVAL)
    assert "A fix waits for @data-oncall until 02:02." in words
    assert "Nothing waits for an approval here" in no_consent(told(*WAITING, rejected()))
    assert "in the incident's thread" in no_consent(None)
