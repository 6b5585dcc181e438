"""People set what only people can: how severe, who commands, over or not."""

from __future__ import annotations

import pytest

from bot.domain.plan_state import PlanStatus
from bot.domain.refusals import CommandHeldError, CommandRefusedError
from bot.incidents.responders import LONGEST, Responders
from bot.slack.scene import Stage, stage_of
from tests.fakes.bureau import bell_alert
from tests.fakes.house import House
from tests.fakes.story import alert, at


@pytest.fixture
def people(house: House) -> Responders:
    return Responders(house.incidents, house.people)


@pytest.mark.parametrize("user", ["G1", "B1", "U9"])
async def test_guests_bots_and_strangers_set_nothing(
    house: House, people: Responders, user: str
) -> None:
    await house.asked()
    before = await house.events()
    for act in (
        people.set_severity("INC-1", user, "sev1", "why not"),
        people.take_command("INC-1", user),
        people.offer("INC-1", user, "U1"),
        people.resolve("INC-1", user, "done"),
        people.reopen("INC-1", user, "not done"),
    ):
        with pytest.raises(CommandRefusedError, match="only full members"):
            await act
    assert await house.events() == before


async def test_the_audit_trail_says_who_set_the_severity_and_why(
    house: House, people: Responders
) -> None:
    await house.asked()
    await people.set_severity("INC-1", "U3", "sev1", "customers see it" + "!" * 999)
    [change] = (await house.incident()).severity_changes
    assert (change.actor, change.severity) == ("U3", "sev1")
    assert len(change.reason) == LONGEST
    with pytest.raises(CommandRefusedError, match="SEV1 already"):
        await people.set_severity("INC-1", "U3", "sev1", "again")


async def test_a_guest_can_not_be_asked_to_command(house: House, people: Responders) -> None:
    await house.asked()
    with pytest.raises(CommandRefusedError, match="only a full member"):
        await people.offer("INC-1", "U1", "G1")


async def test_nobody_hands_another_s_command_to_themselves(
    house: House, people: Responders
) -> None:
    await house.asked()
    await people.take_command("INC-1", "U1")
    with pytest.raises(CommandHeldError):
        await people.offer("INC-1", "U2", "U2")
    asked = await people.offer("INC-1", "U2", "U3")
    assert (asked.commander, asked.offered_to) == ("U1", "U3")
    taken = await people.take_command("INC-1", "U3")
    [handover] = taken.handovers
    assert (handover.by, handover.to, taken.commander) == ("U2", "U3", "U3")
    assert handover.accepted_at == at(0)


async def test_an_end_by_hand_voids_what_waits_and_calls_nobody_more(
    house: House, people: Responders
) -> None:
    await house.asked()
    over = await people.resolve("INC-1", "U3", " painted by hand ")
    assert over.resolution == "painted by hand"
    assert (await house.fix()).status is PlanStatus.VOID
    await house.later(3600)
    assert (await house.incident()).reported_at
    assert not (await house.incident()).calls
    with pytest.raises(CommandRefusedError, match="resolved already"):
        await people.resolve("INC-1", "U3", "once more")


async def test_it_does_not_end_without_a_word(house: House, people: Responders) -> None:
    await house.asked()
    with pytest.raises(CommandRefusedError, match="say how it ended"):
        await people.resolve("INC-1", "U3", "  ")


async def test_while_a_fix_is_under_way_it_does_not_end(house: House, people: Responders) -> None:
    await house.approved()
    await house.jobs.run(house.queue.items.pop(0).key)
    assert (await house.fix()).status is PlanStatus.RUNNING
    with pytest.raises(CommandRefusedError, match="under way"):
        await people.resolve("INC-1", "U3", "enough")


async def resolved_by_fix(house: House) -> None:
    await house.approved()
    for _ in range(5):
        await house.later(60)
    incident = await house.incident()
    assert incident.resolved_at
    assert incident.reported_at


async def test_reopened_it_keeps_its_diagnosis_and_needs_a_person(
    house: House, people: Responders
) -> None:
    await resolved_by_fix(house)
    diagnosis = (await house.incident()).diagnosis
    again = await people.reopen("INC-1", "U3", "the hall is red again")
    assert again.diagnosis == diagnosis
    assert stage_of(again) is Stage.NEEDS_PERSON
    assert "INC-1" in await house.ledger.open_incidents()
    before = await house.events()
    await house.later(3600)
    assert await house.events() == before, "nothing starts by itself"


async def test_what_is_open_can_not_be_reopened(house: House, people: Responders) -> None:
    await house.asked()
    with pytest.raises(CommandRefusedError, match="is open"):
        await people.reopen("INC-1", "U3", "why not")


async def test_an_alert_that_fires_again_joins_the_incident_that_was_reopened(
    house: House, people: Responders
) -> None:
    await resolved_by_fix(house)
    await people.reopen("INC-1", "U3", "not over")
    house.clock.advance(7200)
    late = alert(starts_at=house.clock.now)
    await house.receive(late)
    assert await house.ledger.open_incidents() == ["INC-1"]
    assert (await house.incident()).alerts[late.fingerprint].starts_at == late.starts_at


async def test_an_alert_that_another_incident_holds_by_now_stays_there(
    house: House, people: Responders
) -> None:
    await house.receive(alert(), bell_alert(fingerprint="bell"))
    await people.resolve("INC-1", "U3", "over")
    again = alert(starts_at=at(60))
    house.clock.advance(7200)
    await house.receive(again)
    before = await house.ledger.holder(again.fingerprint)
    assert before is not None
    assert before.incident != "INC-1"
    await people.reopen("INC-1", "U3", "not over")
    assert await house.ledger.holder(again.fingerprint) == before


async def test_an_alert_that_is_taken_in_the_same_moment_stays_where_it_is(
    house: House, people: Responders, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.receive(alert())
    await people.resolve("INC-1", "U3", "over")
    free = people._free
    racing = [alert(starts_at=at(60))]

    async def taken_meanwhile(incident: object) -> object:
        claims = await free(incident)  # type: ignore[arg-type]
        while racing:
            await house.receive(racing.pop())
        return claims

    monkeypatch.setattr(people, "_free", taken_meanwhile)
    again = await people.reopen("INC-1", "U3", "not over")
    assert not again.resolved_at
    assert await house.ledger.open_incidents() == ["INC-2", "INC-1"]


async def test_its_tickets_are_closed_once(house: House, people: Responders) -> None:
    await resolved_by_fix(house)
    await people.reopen("INC-1", "U3", "not over")
    await people.resolve("INC-1", "U3", "now it is")
    await house.later(3600)
    assert (await house.incident()).reported_at
    assert (await house.events()).count("incident.reported") == 2
    plans = (await house.incident()).plans
    assert [name for name in plans if name.startswith("books")] == ["books-open", "books-close"]
