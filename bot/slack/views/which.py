"""Which incident is meant: buttons for a few, one question for many."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from bot.domain.incident import Incident
from bot.slack import ids
from bot.slack.views.spoken import Spoken, spoken
from bot.slack.views.text import Block, button, cut, said, visible
from tools.kit.types import Frozen

MOST_BUTTONS = 5
_LABEL = 70
_QUESTION = 1_200


class Choice(Frozen):
    """What such a button carries. Never a proof of anything: all of it is looked up again."""

    incident: str
    question: str

    @classmethod
    def unpack(cls, value: str) -> Choice | None:
        """None for a value that isn't one of ours."""
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            return None


def which(found: Sequence[Incident], question: str) -> Spoken:
    """For two or more. `question`: as it was asked, to be answered once it is clear."""
    if len(found) > MOST_BUTTONS:
        return spoken(
            f"{len(found)} incidents fit that. Which service or job do you mean, or which id, such"
            f" as `{said(found[0].id, 40)}`?"
        )
    lines = [f"• {said(i.id, 40)}: {said(i.title, 120)}" for i in found]
    buttons = [_button(n, incident, question) for n, incident in enumerate(found)]
    text = "\n".join(["Which one?", *lines])
    return spoken(text, {"type": "actions", "elements": buttons})


def nothing_found() -> str:
    return (
        "No incident matches that. Ask with a service, a job or an incident's id, such as `INC-12`."
    )


def _button(number: int, incident: Incident, question: str) -> Block:
    label = cut(f"{incident.id} · {incident.title}", _LABEL)
    return button(
        label,
        f"{ids.WHICH}:{number}",
        f"Answer for {incident.id}",
        value=Choice(
            incident=incident.id, question=visible(question)[:_QUESTION]
        ).model_dump_json(),
    )
