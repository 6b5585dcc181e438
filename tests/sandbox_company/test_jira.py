"""Tickets are opened, found, commented and moved as in Jira Cloud, refusals included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import BasicAuth, ClientSession

from bot.sandbox.company import Company

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Reader


@pytest.fixture
def company(idle_company: Company) -> Company:
    return idle_company


def document(text: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


def fields(**more: Any) -> dict[str, Any]:
    usual = {
        "project": {"key": "DATA"},
        "issuetype": {"name": "Task"},
        "summary": "ETL failed",
        "description": document("It timed out."),
        "labels": ["inc-1"],
    }
    return {"fields": {**usual, **more}}


async def opened(reader: Reader, **more: Any) -> str:
    status, made = await reader.jira("POST", "/issue", fields(**more))
    assert status == 201, made
    return str(made["key"])


async def test_a_ticket_goes_from_to_do_to_done(company: Company, reader: Reader) -> None:
    key = await opened(reader)
    _, page = await reader.jira("GET", f"/issue/{key}/transitions")
    moves = {move["to"]["name"]: move["id"] for move in page["transitions"]}

    for name in ("In Progress", "Done"):
        body = {"transition": {"id": moves[name]}}
        assert (await reader.jira("POST", f"/issue/{key}/transitions", body))[0] == 204

    _, issue = await reader.jira("GET", f"/issue/{key}")
    assert issue["fields"]["status"]["name"] == "Done"
    assert issue["fields"]["status"]["statusCategory"]["key"] == "done"
    assert company.tickets == [
        {"key": key, "status": "Done", "summary": "ETL failed", "project": "DATA"}
    ]
    assert company.effects == []


async def test_each_project_counts_its_own_tickets(company: Company, reader: Reader) -> None:
    first = await opened(reader)
    second = await opened(reader, project={"key": "DBA"})

    assert first.startswith("DATA-")
    assert second.startswith("DBA-")
    assert [ticket["key"] for ticket in company.tickets] == [first, second]


async def test_a_comment_is_a_document_and_is_kept(reader: Reader) -> None:
    key = await opened(reader)

    status, _ = await reader.jira("POST", f"/issue/{key}/comment", {"body": document("Resolved.")})

    assert status == 201
    _, page = await reader.jira("GET", f"/issue/{key}/comment")
    assert page["total"] == 1
    assert page["comments"][0]["body"] == document("Resolved.")


@pytest.mark.parametrize(
    "body", ["plain", None, {"type": "doc"}, {"type": "doc", "version": 1, "content": ["text"]}]
)
async def test_a_comment_that_is_no_document_is_refused(reader: Reader, body: Any) -> None:
    key = await opened(reader)

    status, refusal = await reader.jira("POST", f"/issue/{key}/comment", {"body": body})

    assert status == 400
    assert refusal == {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"project": {"key": "NONE"}}, "project"),
        ({"issuetype": {"name": "Wish"}}, "issuetype"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"description": "plain text"}, "description"),
        ({"labels": ["two words"]}, "labels"),
        ({"priority": {"name": "Urgent"}}, "priority"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_field_that_is_wrong_is_named(
    company: Company, reader: Reader, wrong: dict[str, Any], field: str
) -> None:
    status, refusal = await reader.jira("POST", "/issue", fields(**wrong))

    assert status == 400
    assert set(refusal["errors"]) == {field}
    assert company.tickets == []


async def test_an_edit_changes_what_it_names(reader: Reader) -> None:
    key = await opened(reader)

    body = {"fields": {"summary": "ETL mended"}, "update": {"labels": [{"add": "done"}]}}
    assert (await reader.jira("PUT", f"/issue/{key}", body))[0] == 204

    _, issue = await reader.jira("GET", f"/issue/{key}", fields="summary,labels")
    assert issue["fields"] == {"summary": "ETL mended", "labels": ["inc-1", "done"]}


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = DATA", 2),
        ('project = "DATA" AND labels = "inc-2"', 1),
        ("labels = inc-1 AND status != Done", 1),
        ("project in (DATA, DBA) ORDER BY created ASC", 3),
        ("statusCategory != Done AND labels not in (inc-2)", 1),
        ('summary ~ "lag"', 1),
        ("created >= -1h AND project = DBA", 1),
        ("created < -1h AND project = DBA", 0),
    ],
)
async def test_jql_finds_the_tickets(reader: Reader, jql: str, found: int) -> None:
    await opened(reader)
    await opened(reader, labels=["inc-2"])
    lag = await opened(reader, project={"key": "DBA"}, summary="replica-2 lags")
    await reader.jira("POST", f"/issue/{lag}/transitions", {"transition": {"id": "31"}})

    status, page = await reader.jira("POST", "/search/jql", {"jql": jql, "fields": ["summary"]})

    assert status == 200, page
    assert len(page["issues"]) == found
    assert page["isLast"] is True


async def test_a_search_gives_pages_and_only_ids_unless_asked(reader: Reader) -> None:
    keys = [await opened(reader) for _ in range(3)]
    query = {"jql": "project = DATA ORDER BY key ASC", "maxResults": "2"}

    _, first = await reader.jira("GET", "/search/jql", **query, fields="key,status")
    _, second = await reader.jira(
        "GET", "/search/jql", **query, nextPageToken=first["nextPageToken"]
    )

    assert [issue["key"] for issue in first["issues"]] == keys[:2]
    assert set(second["issues"][0]) == {"id"}
    assert second["isLast"] is True


@pytest.mark.parametrize(
    "jql", ["", "ORDER BY created", "project = NONE", "colour = red", "project = DATA OR key = X"]
)
async def test_jql_that_jira_would_not_run_is_refused(reader: Reader, jql: str) -> None:
    status, refusal = await reader.jira("POST", "/search/jql", {"jql": jql})

    assert status == 400
    assert refusal["errorMessages"]


@pytest.mark.parametrize("path", ["/issue/DATA-1", "/issue/DATA-1/comment", "/project/NONE"])
async def test_what_is_not_there_is_404(reader: Reader, path: str) -> None:
    assert (await reader.jira("GET", path))[0] == 404


async def test_a_transition_it_does_not_know_is_refused(reader: Reader) -> None:
    key = await opened(reader)

    assert (await reader.jira("POST", f"/issue/{key}/transitions", {}))[0] == 400
    body = {"transition": {"id": "99"}}
    assert (await reader.jira("POST", f"/issue/{key}/transitions", body))[0] == 400


async def test_only_the_right_mail_and_token_are_let_in(
    company: Company, reader: Reader, session: ClientSession
) -> None:
    settings = company.environment()
    assert (await reader.jira("GET", "/myself"))[1]["emailAddress"] == settings["OPSBOT_JIRA_EMAIL"]
    url = f"{settings['OPSBOT_JIRA_URL']}/rest/api/3/myself"
    for auth in (None, BasicAuth(settings["OPSBOT_JIRA_EMAIL"], "wrong")):
        async with session.get(url, auth=auth) as answer:
            assert answer.status == 401
