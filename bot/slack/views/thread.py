"""All messages of an incident, in the order in which they stand in its thread."""

from __future__ import annotations

from bot.domain import events as e
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.acts import acts
from bot.slack.views.approval import approval
from bot.slack.views.brakes import breakers
from bot.slack.views.card import card
from bot.slack.views.diagnosis import diagnoses
from bot.slack.views.escalation import escalations
from bot.slack.views.execution import execution, failure
from bot.slack.views.feedback import feedback_buttons
from bot.slack.views.investigation import investigation
from bot.slack.views.monitor import monitor, relapse
from bot.slack.views.moot import is_moot
from bot.slack.views.report import report
from bot.slack.views.text import fitted, heard, section
from bot.slack.views.words import words

_ANSWER = 3000


def thread(scene: Scene) -> list[Slot]:
    """The root first. The same scene gives the same slots."""
    slots = [card(scene), investigation(scene), *diagnoses(scene)]
    for state in scene.incident.fixes:
        slots += [
            approval(scene, state),
            execution(scene, state),
            monitor(scene, state),
            relapse(scene, state),
            failure(scene, state),
        ]
    slots += breakers(scene)
    slots.append(words(scene))
    slots += acts(scene)
    slots += escalations(scene)
    slots.append(report(scene))
    answers = {w.id: w for w in scene.work if isinstance(w, e.QuestionAnswered)}
    slots += [answer_slot(scene.incident.id, answered) for answered in answers.values()]
    return [
        slot.model_copy(update={"moot": True}) if is_moot(scene, slot) else slot
        for slot in slots
        if slot is not None
    ]


def answer_slot(incident: str, answered: e.QuestionAnswered) -> Slot:
    return Slot(
        id=f"answer:{answered.id}",
        text=heard(answered.answer),
        blocks=(
            section(fitted(answered.answer.split("\n"), _ANSWER)),
            feedback_buttons(incident, f"answer:{answered.id}"),
        ),
        channel=answered.channel,
        thread_ts=answered.thread_ts,
    )
