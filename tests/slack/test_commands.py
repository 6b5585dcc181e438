"""`/opsbot …` and `@opsbot …` do the same: real Bolt over Socket Mode at the local Slack."""

from __future__ import annotations

import pytest

from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import DEV, MAYA, approved, diagnosed, opened, proposed, resolved

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened(), diagnosed(), proposed())
    await desk.redis.set("opsbot:counter", 1)
    await desk.connect()
    await desk.settled()
    return desk


async def typed(person: Person, text: str, words: str) -> SeenMessage:
    """The answer to `/opsbot text`, which only that person sees."""
    await person.slash("/opsbot", text, channel=CHANNEL)
    return await person.wait_for(lambda m: m.ephemeral and words in str(m.blocks))


async def heard(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks))


async def root(person: Person) -> SeenMessage:
    return await person.wait_for(lambda m: "*Now:*" in str(m.blocks) and not m.ephemeral)


async def test_help_is_short_and_says_that_nothing_is_approved_by_command(
    asking: Desk, maya: Person
) -> None:
    for text in ("", "help"):
        answer = await typed(maya, text, "Nothing is approved by command")
        assert len(str(answer.blocks[0]["text"]["text"]).split("\n")) <= 12
    answer = await typed(maya, "coffee <!channel>", "I don't know `coffee`")
    assert len(str(answer.blocks[0]["text"]["text"]).split("\n")) <= 12


async def test_lists_name_what_is_open_and_whose(asking: Desk, maya: Person) -> None:
    answer = await typed(maya, "list open", "*Open: 1*")
    text = answer.blocks[0]["text"]["text"]
    assert "|INC-1>" in text
    assert "SEV2 · Needs approval" in text
    await typed(maya, "list mine", "Yours: none.")
    await typed(maya, "commander INC-1 @maya", "You command INC-1.")
    await typed(maya, "list mine", "Commander Maya")
    await typed(maya, "list", "*The latest: 1*")


async def test_approvals_say_which_are_mine_with_a_link(asking: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "maya") as maya, Person(slack.page_url, "sam") as sam:
        answer = await typed(maya, "approvals", "*1 approval waits, for you*")
        assert "|Review>" in answer.blocks[0]["text"]["text"]
        await typed(sam, "approvals", "*1 approval waits, not for you*")


async def test_approving_by_command_says_where_to_press(asking: Desk, maya: Person) -> None:
    answer = await typed(maya, "approve INC-1", "Nothing is approved or rejected by command")
    assert "|in its thread>" in answer.blocks[0]["text"]["text"]
    fix = (await asking.ledger.load("INC-1")).fix
    assert fix is not None
    assert fix.status is PlanStatus.AWAITING


async def test_open_opens_one_and_names_its_service(asking: Desk, maya: Person) -> None:
    await typed(maya, "open etl <!here> is late sev2", "*INC-2 is open:*")
    await typed(maya, "list open", "*Open: 2*")
    incident = await asking.ledger.load("INC-2")
    assert (incident.service, incident.severity, incident.environment) == (
        "etl",
        "sev2",
        "production",
    )
    await heard(maya, "Open on etl as well: INC-1.")


async def test_status_and_catch_up_are_told_to_one_alone(asking: Desk, maya: Person) -> None:
    await typed(maya, "status INC-1", "A fix waits for @data-oncall")
    answer = await typed(maya, "catchup inc-1", "*Next update:*")
    assert len(answer.blocks[0]["text"]["text"].split("\n")) <= 8


async def test_severity_is_set_with_a_reason(asking: Desk, maya: Person) -> None:
    await typed(maya, "sev INC-1 1 customers see it", "INC-1 is SEV1 now, it was SEV2")
    assert (await asking.ledger.load("INC-1")).severity == "sev1"
    await typed(maya, "sev INC-1 high", "Nothing was changed.")
    await typed(maya, "sev INC-9 1 why", "There is no incident INC-9.")


async def test_resolving_says_what_was_void_and_reopening_that_it_is_open(
    asking: Desk, maya: Person
) -> None:
    await typed(maya, "reopen INC-1 why", "INC-1 is open.")
    await typed(maya, "resolve INC-1 painted by hand", "is void and ran nothing: plan")
    await typed(maya, "resolve INC-1 again", "INC-1 is resolved already.")
    await typed(maya, "reopen INC-1 it is red", "INC-1 is open again, and you are on it.")
    incident = await asking.ledger.load("INC-1")
    assert (incident.resolved_at, incident.taken_by) == (None, MAYA)


async def test_while_a_fix_runs_it_can_not_be_resolved(asking: Desk, maya: Person) -> None:
    await asking.happens(approved(), story.started())
    await typed(maya, "resolve INC-1 enough", "is under way: wait for its end, or stop it first")
    assert (await asking.ledger.load("INC-1")).resolved_at is None


async def test_stop_and_resume_take_scopes(asking: Desk, maya: Person) -> None:
    await typed(maya, "stop etl a bad deploy", "*etl is stopped*, by Maya")
    await typed(maya, "stop INC-1", "*INC-1 is stopped*")
    assert set(await asking.controls.stopped()) == {"etl", "INC-1"}
    await typed(maya, "resume etl", "*Etl may go on.*")
    await typed(maya, "resume INC-1", "*INC-1 may go on.*")
    assert await asking.controls.stopped() == {}


async def test_follow_and_quiet_are_commands_too(asking: Desk, maya: Person) -> None:
    await typed(maya, "follow INC-1", "You follow INC-1")
    await typed(maya, "unfollow INC-1", "You no longer follow INC-1")
    await typed(maya, "quiet 22:00-07:00", "From 22:00 to 07:00")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sev 1 customers see it", "INC-1 is SEV1 now"),
        ("resolve painted", "*INC-1 is resolved:* painted"),
        ("stop now", "*INC-1 is stopped*"),
        ("catchup", "*Next update:*"),
    ],
)
async def test_without_an_id_the_last_five_are_offered_and_pressing_one_does_it(
    asking: Desk, maya: Person, text: str, words: str
) -> None:
    if text == "stop now":
        answer = await typed(maya, "stop", "Nothing was changed.")
        words = "*INC-1 is stopped*"
    else:
        answer = await typed(maya, text, "Which incident do you mean")
    assert [b.text[:5] for b in answer.buttons] == ["INC-1"]
    await maya.click(answer, answer.buttons[0])
    done = await heard(maya, words)
    assert done.ephemeral


async def test_where_nothing_fits_nothing_is_offered(asking: Desk, maya: Person) -> None:
    await typed(maya, "reopen", "There is no such incident now.")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("sev INC-1", "How severe is it?"),
        ("sev INC-1 1", "How severe is it?"),
        ("commander INC-1", "Who commands?"),
        ("resolve INC-1", "Resolve the incident"),
    ],
)
async def test_what_is_missing_is_asked_for_in_a_window(
    asking: Desk, maya: Person, text: str, title: str
) -> None:
    await maya.slash("/opsbot", text, channel=CHANNEL)
    view = await maya.wait_for_view()
    assert view["title"]["text"] == title


async def test_guests_change_nothing_and_are_told_nothing(asking: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        for text in (
            "sev INC-1 1 why",
            "commander INC-1 @maya",
            "resolve INC-1 over",
            "open etl is late",
            "stop all",
        ):
            await guest.slash("/opsbot", text, channel=CHANNEL)
            await guest.wait_for(
                lambda m: m.ephemeral and "nly full members of the workspace can" in str(m.blocks)
            )
    incident = await asking.ledger.load("INC-1")
    assert (incident.severity, incident.commander, incident.resolved_at) == ("sev2", None, None)
    assert await asking.ledger.open_incidents() == ["INC-1"]
    assert await asking.controls.stopped() == {}


async def test_who_can_not_look_into_the_channel_is_told_nothing_of_it(
    asking: Desk, slack: LocalSlack
) -> None:
    async with Person(slack.page_url, "guest") as guest:
        direct = await guest.open_messages()
        typed_there = (
            "list", "approvals", "status INC-1", "catchup INC-1", "resolve INC-1", "stop", "sev 1"
        )  # fmt: skip
        for text in typed_there:
            await guest.slash("/opsbot", text, channel=direct)

        async def all_answered() -> bool:
            return len(await refusals()) == len(typed_there)

        async def refusals() -> list[SeenMessage]:
            words = "Only those who can see the incidents' channel are told of them."
            return [m for m in await guest.messages(direct) if words in str(m.blocks)]

        await until(all_answered)


class TestTwins:
    """The same words said to `@opsbot`."""

    async def test_in_a_thread_no_id_is_needed(self, asking: Desk, maya: Person) -> None:
        card = await root(maya)
        await maya.say(CHANNEL, "@opsbot sev 1: customers see it", thread_ts=card.ts)
        answer = await heard(maya, "INC-1 is SEV1 now")
        assert answer.ephemeral
        assert answer.thread_ts == card.ts
        await maya.say(CHANNEL, "@opsbot commander @dev", thread_ts=card.ts)
        await heard(maya, "Dev is asked to command INC-1")
        assert (await asking.ledger.load("INC-1")).offered_to == DEV

    async def test_what_others_may_know_is_said_to_all(self, asking: Desk, maya: Person) -> None:
        card = await root(maya)
        await maya.say(CHANNEL, "@opsbot status", thread_ts=card.ts)
        answer = await heard(maya, "A fix waits for @data-oncall")
        assert not answer.ephemeral
        await maya.say(CHANNEL, "@opsbot list open")
        assert not (await heard(maya, "*Open: 1*")).ephemeral

    async def test_catch_up_is_for_one_alone(self, asking: Desk, maya: Person) -> None:
        card = await root(maya)
        await maya.say(CHANNEL, "@opsbot catch me up", thread_ts=card.ts)
        answer = await heard(maya, "*Next update:*")
        assert answer.ephemeral

    async def test_a_sentence_resolves_nothing_until_its_button_is_pressed(
        self, asking: Desk, maya: Person
    ) -> None:
        card = await root(maya)
        await maya.say(CHANNEL, "@opsbot resolve the disk was replaced", thread_ts=card.ts)
        offer = await heard(maya, "Resolve INC-1? Press to end it")
        assert (await asking.ledger.load("INC-1")).resolved_at is None
        await maya.click(offer, offer.buttons[0])
        await heard(maya, "*INC-1 is resolved:* the disk was replaced")

    async def test_named_it_resolves_at_once(self, asking: Desk, maya: Person) -> None:
        await maya.say(CHANNEL, "@opsbot resolve INC-1 the disk was replaced")
        await heard(maya, "*INC-1 is resolved:* the disk was replaced")

    async def test_what_is_missing_is_a_button_s_window(self, asking: Desk, maya: Person) -> None:
        card = await root(maya)
        await maya.say(CHANNEL, "@opsbot resolve", thread_ts=card.ts)
        offer = await heard(maya, "Press to say the rest:")
        await maya.click(offer, offer.buttons[0])
        assert (await maya.wait_for_view())["title"]["text"] == "Resolve the incident"

    async def test_opened_twice_by_one_message_it_is_one(self, asking: Desk, maya: Person) -> None:
        await maya.say(CHANNEL, "@opsbot open etl is late")
        await heard(maya, "*INC-2 is open:*")
        await asking.settled()
        assert await asking.ledger.open_incidents() == ["INC-1", "INC-2"]

    async def test_a_question_stays_a_question(self, asking: Desk, maya: Person) -> None:
        await maya.say(CHANNEL, "@opsbot open questions on etl?")
        await heard(maya, "A fix waits for @data-oncall")
        assert await asking.ledger.open_incidents() == ["INC-1"]


async def test_what_is_over_opens_no_window(asking: Desk, maya: Person) -> None:
    await asking.happens(resolved())
    await typed(maya, "sev INC-1", "INC-1 is resolved; reopen it first.")
    await typed(maya, "resolve INC-1", "INC-1 is resolved; reopen it first.")


async def test_after_the_end_it_is_reopened_from_the_last_five(asking: Desk, maya: Person) -> None:
    await asking.happens(resolved())
    answer = await typed(maya, "reopen it is red again", "Which incident do you mean")
    await maya.click(answer, answer.buttons[0])
    await heard(maya, "INC-1 is open again")
