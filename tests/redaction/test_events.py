"""What the ledger keeps: words without secrets, names of ours and what runs to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import RedactionFailedError, Redactor
from tests.fakes import story
from tests.fakes.story import at

LEAK = "password=hunter2hunter2"
BY: dict[str, Any] = {"at": at(0), "actor": "opsbot"}
clean = EventCleaner(Redactor(["planted-secret", "opsbot"]))


@pytest.mark.parametrize(
    "event",
    [
        e.IncidentOpened(
            **BY, title=LEAK, severity="sev2", service="etl", environment="",
            alert=story.alert(title=LEAK, labels={"db_password": "hunter2hunter2"}),
        ),
        e.ApprovalDecided(**BY, plan_id="P1", digest="d", choice="reject", reason=LEAK),
        e.PlanVoided(**BY, plan_id="P1", cause="failed", reason=LEAK),
        e.ActionFinished(**BY, plan_id="P1", step=0, outcome="failed", summary=LEAK),
        e.PersonCalled(**BY, to=("@oncall",), reason=LEAK),
        e.IncidentResolved(**BY, summary=LEAK),
        e.QuestionAnswered(
            **BY, id="1", channel="C", thread_ts="1", question=LEAK, answer="planted-secret"
        ),
        e.AgentBriefed(**BY, agent="lead", text=LEAK),
        e.BrainChanged(**BY, to="runbook", reason=LEAK),
    ],
    ids=lambda event: event.type,
)  # fmt: skip
def test_what_was_said_is_kept_without_its_secrets(event: e.Event) -> None:
    [kept] = clean([event])
    told = kept.model_dump_json()
    assert "hunter2" not in told
    assert "planted" not in told
    assert "[secret " in told
    # A password that is a name of ours: the words lose it, the ledger stays readable.
    assert (kept.actor, type(kept)) == ("opsbot", type(event))
    assert clean([kept]) == [kept]


def test_a_step_that_holds_a_secret_is_not_kept_at_all() -> None:
    step = story.step(params={"lamp": "hall", "colour": LEAK})
    plan = story.plan().model_copy(update={"steps": (step,)})
    proposed = e.PlanProposed(**BY, plan=plan, verdict=story.ask())
    with pytest.raises(RedactionFailedError) as failed:
        clean([proposed])
    assert "hunter2" not in str(failed.value)


def test_nor_is_a_checkpoint_that_holds_one() -> None:
    started = e.ActionStarted(
        **BY, plan_id="P1", step=0, key="k", checkpoint={"db_password": "hunter2hunter2"},
        deadline=at(30),
    )  # fmt: skip
    with pytest.raises(RedactionFailedError):
        clean([started])


def test_among_the_names_of_others_none_is_taken_for_ours() -> None:
    labels = {"key": LEAK, "source": "planted-secret", "hosts": "a"}
    fired = story.alert(labels=labels)
    [kept] = clean([e.AlertJoined(**BY, alert=fired)])
    assert kept.alert.labels["key"].startswith("password=[secret ")
    assert kept.alert.labels["source"].startswith("[secret ")
    assert kept.alert.labels["hosts"] == "a"
    started = e.ActionStarted(
        **BY, plan_id="P1", step=0, key="k", checkpoint={"key": LEAK}, deadline=at(30)
    )
    with pytest.raises(RedactionFailedError):
        clean([started])


def test_a_models_turn_stays_byte_for_byte_for_it_is_sent_back() -> None:
    signature = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pki"
    turn = {"raw": [{"type": "thinking", "signature": signature}], "text": LEAK}
    taken = e.TurnTaken(**BY, agent="lead", turn=turn, tokens=1, dollars=0)
    assert clean([taken]) == [taken]


def test_what_another_release_wrote_is_carried_along_as_it_is() -> None:
    unknown = e.UnknownEvent(**BY, raw={"type": "moon.rose", "note": LEAK})
    assert clean([unknown]) == [unknown]
