"""👍 and 👎: the latest of each person counts, and 👎 asks why."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.sandbox.slack.checks.views import accept_view
from bot.slack import ids
from bot.slack.views.feedback import Opinion, feedback_buttons, feedback_counts, why_not_view
from tests.fakes import story
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import (
    DEV,
    MAYA,
    WORK,
    diagnosed,
    opened,
    proposed,
    reported,
    resolved,
    scene,
    shown,
    slot,
)

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    await desk.happens(opened())
    await desk.ledger.note("INC-1", *WORK)
    await desk.happens(diagnosed(), proposed())
    await desk.connect()
    await desk.settled()
    return desk


async def diagnosis(person: Person) -> SeenMessage:
    return await person.wait_for(lambda m: "*Cause (high confidence):*" in str(m.blocks[:1]))


def values(message: SeenMessage) -> tuple[str, str]:
    """What the two sides carry."""
    [buttons] = message.blocks[-1]["elements"]
    return buttons["positive_button"]["value"], buttons["negative_button"]["value"]


async def given(desk: Desk) -> list[tuple[str, str, bool, str]]:
    work = await desk.ledger.work("INC-1")
    found = [w for w in work if isinstance(w, e.FeedbackGiven)]
    return [(f.actor, f.about, f.helpful, f.reason) for f in found]


async def test_a_thumb_up_is_kept_with_the_incident(asking: Desk, maya: Person) -> None:
    message = await diagnosis(maya)
    await maya.use(message, ids.FEEDBACK, values(message)[0])
    await maya.wait_for(lambda m: m.ephemeral and "noted with INC-1" in m.text)
    assert await given(asking) == [(MAYA, "diagnosis", True, "")]


async def test_a_thumb_down_counts_at_once_and_asks_why(asking: Desk, maya: Person) -> None:
    await maya.say(CHANNEL, "@opsbot why is etl failing")
    answer = await maya.wait_for(lambda m: "Confidence high." in str(m.blocks))
    await maya.use(answer, ids.FEEDBACK, values(answer)[1])
    view = await maya.wait_for_view()
    about = (await given(asking))[0][1]
    assert about.startswith("answer:")
    await maya.submit(view["id"], {"reason": {"text": "I asked <!channel> something else"}})
    await maya.wait_for(lambda m: m.ephemeral and "noted with INC-1" in m.text)
    assert await given(asking) == [
        (MAYA, about, False, ""),
        (MAYA, about, False, "I asked <!channel> something else"),
    ]


@pytest.mark.parametrize(
    ("person", "value", "words"),
    [
        ("maya", "nonsense", "not one of mine any more"),
        (
            "maya",
            Opinion(incident="INC-9", about="diagnosis", helpful=True),
            "There is nothing like",
        ),
        (
            "maya",
            Opinion(incident="INC-1", about="answer:7", helpful=True),
            "There is nothing like",
        ),
        ("guest", Opinion(incident="INC-1", about="diagnosis", helpful=True), "Only full members"),
    ],
)
async def test_what_was_never_said_gets_no_feedback_and_a_guest_gives_none(
    asking: Desk, slack: LocalSlack, person: str, value: str | Opinion, words: str
) -> None:
    async with Person(slack.page_url, person) as somebody:
        told = value if isinstance(value, str) else value.model_dump_json()
        forged = feedback_buttons("INC-1", "diagnosis")
        forged["elements"][0]["positive_button"]["value"] = told
        await asking.client.chat_postMessage(channel=CHANNEL, text="forged", blocks=[forged])
        message = await somebody.wait_for(lambda m: m.text == "forged")
        await somebody.use(message, ids.FEEDBACK, told)
        await somebody.wait_for(lambda m: m.ephemeral and words in m.text)
    assert await given(asking) == []


def opinion(by: str, seconds: float, *, helpful: bool, about: str = "diagnosis") -> e.FeedbackGiven:
    return e.FeedbackGiven(at=story.at(seconds), actor=by, about=about, helpful=helpful)


def test_the_latest_of_each_person_counts_on_each_thing() -> None:
    said = [
        opinion(MAYA, 3, helpful=False),
        opinion(MAYA, 2, helpful=True),
        opinion(MAYA, 1, helpful=True, about="answer:1"),
        opinion(DEV, 1, helpful=True),
    ]
    assert feedback_counts(said) == "👍 2 · 👎 1"
    assert feedback_counts([]) == ""


def test_the_report_counts_it() -> None:
    over = scene(
        diagnosed(),
        proposed(),
        resolved(),
        reported(),
        work=[*WORK, opinion(MAYA, 9, helpful=True)],
    )
    assert "*Feedback:* 👍 1 · 👎 0" in shown(slot(over, "report"))


def test_the_modal_is_one_that_slack_takes() -> None:
    asked = Opinion(incident="INC-" + "9" * 30, about="answer:" + "1" * 60, helpful=False)
    accept_view(why_not_view(asked, ("C0INCIDENT", None)), "modal")
