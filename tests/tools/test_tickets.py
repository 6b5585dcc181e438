"""Filing and updating tickets, against Jira's shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr, ValidationError

from tests.fakes.http_server import FakeServer
from tests.fakes.jira import FakeJira
from tools.kit.conformance import WriteCase, check_write_tool
from tools.kit.errors import InvalidCall, OutcomeUnknown
from tools.kit.http import within
from tools.kit.tool import Context
from tools.kit.types import Effect
from tools.tickets.create_ticket import CreateTicket, CreateTicketParams
from tools.tickets.jira import Jira, JiraSettings
from tools.tickets.update_ticket import UpdateTicket, UpdateTicketParams

LAG = CreateTicketParams(
    summary="replica-2 lags", description="By 2.3 h.\n\nSee graph.", labels=("db",), priority="high"
)


def connect(url: str) -> Jira:
    return Jira(
        JiraSettings(url=url, email="bot@acme.example", token=SecretStr("t0k"), project="DATA")
    )


def ctx(key: str = "k1") -> Context:
    return Context(deadline=within(5).deadline, key=key)


class Desk:
    """A tracker, and the two tools over it."""

    def __init__(self, jira: FakeJira, server: FakeServer) -> None:
        self.jira = jira
        self.server = server
        self.backend = connect(server.url)
        self.create = CreateTicket(self.backend)
        self.update = UpdateTicket(self.backend)

    async def effects(self) -> int:
        return self.jira.changes

    async def world(self) -> object:
        return str((self.jira.issues, self.jira.comments))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    jira = FakeJira()
    async with FakeServer(jira.handle) as server:
        desk = Desk(jira, server)
        yield desk
        await desk.backend.close()


async def test_create_ticket_conforms(desk: Desk) -> None:
    await check_write_tool(
        WriteCase(connect, CreateTicket, desk.server.url, LAG, desk.world, desk.effects)
    )


@pytest.mark.parametrize(
    "more", [{"comment": "Resolved:\nsource switched"}, {"status": "done"},
             {"comment": "Resolved", "status": "done"}]
)  # fmt: skip
async def test_update_ticket_conforms(desk: Desk, more: dict[str, str]) -> None:
    key = desk.jira.add("etl failed")
    params = UpdateTicketParams.model_validate({"key": key, **more})
    await check_write_tool(
        WriteCase(connect, UpdateTicket, desk.server.url, params, desk.world, desk.effects)
    )


def test_both_keep_the_books_and_no_more() -> None:
    assert (CreateTicket.effect, UpdateTicket.effect) == (Effect.RECORD, Effect.RECORD)


async def test_the_dry_run_of_a_new_ticket_shows_all_it_will_say(desk: Desk) -> None:
    shown = await desk.create.dry_run(LAG, ctx())
    assert shown.summary == "File a ticket in DATA: replica-2 lags"
    assert [target.name for target in shown.targets] == ["new in DATA"]
    assert {each.field: each.after for each in shown.changes} == {
        "summary": "replica-2 lags",
        "description": "By 2.3 h.\n\nSee graph.",
        "labels": "db",
        "priority": "high",
    }


async def test_a_project_that_does_not_exist_is_refused_in_jira_s_words(desk: Desk) -> None:
    params = LAG.model_copy(update={"project": "NOPE"})
    with pytest.raises(InvalidCall, match="No project could be found with key 'NOPE'"):
        await desk.create.dry_run(params, ctx())
    with pytest.raises(InvalidCall, match="project: valid project is required"):
        await desk.create.execute(params, ctx())
    assert desk.jira.issues == {}


async def test_a_new_ticket_carries_its_fields_and_the_call_s_label(desk: Desk) -> None:
    handle = await desk.create.execute(LAG, ctx())
    fields = desk.server.writes()[0].body["fields"]
    assert fields["labels"] == ["db", "opsbot-k1"]
    assert fields["priority"] == {"name": "High"}
    assert fields["issuetype"] == {"name": "Task"}
    assert [each["type"] for each in fields["description"]["content"]] == ["paragraph"] * 2
    assert (handle.ref, handle.url) == ("DATA-1", f"{desk.server.url}/browse/DATA-1")


async def test_a_ticket_whose_answer_was_lost_is_found_by_its_key(desk: Desk) -> None:
    desk.server.loses = lambda seen: seen.method == "POST"
    with pytest.raises(OutcomeUnknown):
        await desk.create.execute(LAG, ctx())
    seen = await desk.create.applied("k1", None, ctx())
    assert seen.answer == "yes"
    assert seen.handle is not None
    assert seen.handle.ref == "DATA-1"
    assert len(desk.jira.issues) == 1


async def test_the_dry_run_of_a_move_shows_the_status_by_its_own_name(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    params = UpdateTicketParams(key=key, comment="Resolved", status="done")
    shown = await desk.update.dry_run(params, ctx())
    assert shown.summary == "Move DATA-1 to Done"
    assert [(each.field, each.before, each.after) for each in shown.changes] == [
        ("status", "To Do", "Done"),
        ("comment", None, "Resolved"),
    ]


async def test_a_move_takes_the_usual_way_where_there_are_several(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    await desk.update.execute(UpdateTicketParams(key=key, status="done"), ctx())
    assert desk.jira.issues[key]["status"] == "Done"
    assert "Moved to done." in desk.jira.texts(key)[0]


async def test_a_ticket_that_is_there_already_is_not_moved_again(desk: Desk) -> None:
    key = desk.jira.add("etl failed", status="Won't do")
    await desk.update.execute(UpdateTicketParams(key=key, comment="x", status="done"), ctx())
    assert desk.jira.issues[key]["status"] == "Won't do"


async def test_a_move_the_workflow_lacks_changes_nothing(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    desk.jira.locked.add(key)
    with pytest.raises(InvalidCall, match="can't go from 'To Do' to 'done'"):
        await desk.update.execute(UpdateTicketParams(key=key, comment="x", status="done"), ctx())
    assert desk.jira.changes == 0


async def test_a_comment_without_its_move_is_unknown(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    desk.server.loses = lambda seen: seen.path.endswith("/comment") and seen.method == "POST"
    params = UpdateTicketParams(key=key, comment="x", status="done")
    with pytest.raises(OutcomeUnknown):
        await desk.update.execute(params, ctx())
    seen = await desk.update.applied("k1", None, ctx())
    assert seen.answer == "unknown"
    assert "'To Do'" in seen.summary


async def test_a_comment_whose_answer_was_lost_is_found_by_its_key(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    desk.server.loses = lambda seen: seen.method == "POST"
    with pytest.raises(OutcomeUnknown):
        await desk.update.execute(UpdateTicketParams(key=key, comment="x"), ctx())
    seen = await desk.update.applied("k1", None, ctx())
    assert seen.answer == "yes"
    assert seen.handle is not None
    assert seen.handle.ref == key


async def test_verify_fails_where_the_ticket_was_moved_back(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    params = UpdateTicketParams(key=key, comment="x", status="done")
    handle = await desk.update.execute(params, ctx())
    desk.jira.issues[key]["status"] = "In Progress"
    assert (await desk.update.verify(params, handle, ctx())).status == "failed"


async def test_an_update_of_nothing_or_of_no_ticket_is_refused(desk: Desk) -> None:
    key = desk.jira.add("etl failed")
    for params in (UpdateTicketParams(key=key), UpdateTicketParams(key=key, comment=" ")):
        with pytest.raises(InvalidCall, match="nothing to do"):
            await desk.update.dry_run(params, ctx())
    with pytest.raises(InvalidCall, match="no ticket 'DATA-99'"):
        await desk.update.dry_run(UpdateTicketParams(key="DATA-99", comment="x"), ctx())


@pytest.mark.parametrize("key", ["", "DATA", "data-1", "DATA-0", "DATA-1/comment", "DATA-1\n"])
def test_only_a_ticket_key_is_a_ticket_key(key: str) -> None:
    with pytest.raises(ValidationError):
        UpdateTicketParams(key=key, comment="x")


async def test_check_says_who_is_signed_in(desk: Desk) -> None:
    said = await desk.backend.check()
    assert said == f"Jira at {desk.server.url} as Ops Bot, project DATA"
