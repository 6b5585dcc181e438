"""Each request that opsbot sends to Jira is one that Atlassian's own specification takes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from pydantic import SecretStr

from tests.contracts import vendor_specs
from tests.fakes.http_server import FakeServer, Seen
from tests.fakes.jira import FakeJira
from tools.kit.http import within
from tools.kit.tool import Context
from tools.tickets.create_ticket import CreateTicket, CreateTicketParams
from tools.tickets.jira import Jira, JiraSettings
from tools.tickets.update_ticket import UpdateTicket, UpdateTicketParams

BLOCKS = {"paragraph"}
INLINE = {"text", "hardBreak"}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return vendor_specs.load("jira.openapi.json")


async def sent() -> list[Seen]:
    """Everything the two tools send over the life of a ticket."""
    jira = FakeJira()
    ctx = Context(deadline=within(10).deadline, key="k1")
    async with FakeServer(jira.handle) as server:
        backend = Jira(
            JiraSettings(
                url=server.url, email="a@acme.example", token=SecretStr("t0k"), project="DATA"
            )
        )
        create, update = CreateTicket(backend), UpdateTicket(backend)
        new = CreateTicketParams(
            summary="replica-2 lags", description="By 2.3 h.\nStill.\n\nGraph.", priority="high"
        )
        await backend.check()
        await create.dry_run(new, ctx)
        handle = await create.execute(new, ctx)
        await create.applied("k1", None, ctx)
        await create.verify(new, handle, ctx)
        change = UpdateTicketParams(key=handle.ref, comment="Resolved:\nswitched", status="done")
        await update.dry_run(change, ctx)
        await update.execute(change, ctx)
        await update.applied("k1", None, ctx)
        await update.verify(change, handle, ctx)
        await backend.close()
        return server.seen


def first(seen: list[Seen], end: str) -> Seen:
    return next(each for each in seen if each.method == "POST" and each.path.endswith(end))


def adf_faults(document: Any) -> list[str]:
    """What is wrong with a document; the specification takes anything for one."""
    if not isinstance(document, dict) or document.get("type") != "doc":
        return [f"not a document: {document!r}"]
    wrong = [] if document.get("version") == 1 else ["version is not 1"]
    for block in document["content"]:
        if block["type"] not in BLOCKS:
            wrong.append(f"block {block['type']!r}")
        for node in block["content"]:
            if node["type"] not in INLINE:
                wrong.append(f"node {node['type']!r}")
            if node["type"] == "text" and not node.get("text"):
                wrong.append("an empty text")
    return wrong


async def test_every_request_is_one_the_specification_takes(spec: dict[str, Any]) -> None:
    seen = await sent()
    assert {each.method for each in seen} == {"GET", "POST"}
    for each in seen:
        assert vendor_specs.faults(spec, each) == [], f"{each.method} {each.path}"


async def test_prose_is_sent_as_a_document() -> None:
    seen = await sent()
    assert adf_faults(first(seen, "/issue").body["fields"]["description"]) == []
    assert adf_faults(first(seen, "/comment").body["body"]) == []


@pytest.mark.parametrize("prose", ["plain", {"type": "doc", "version": 2, "content": []}])
def test_prose_that_is_no_document_is_refused(prose: object) -> None:
    assert adf_faults(prose) != []


def _fields_as_a_list(body: dict[str, Any]) -> None:
    body["fields"] = []


def _transition_as_a_word(body: dict[str, Any]) -> None:
    body["transition"] = "done"


def _property_with_more(body: dict[str, Any]) -> None:
    body["properties"] = [{"key": "opsbot", "worth": 1}]


@pytest.mark.parametrize(
    ("end", "spoil"),
    [
        ("/issue", _fields_as_a_list),
        ("/transitions", _transition_as_a_word),
        ("/comment", _property_with_more),
    ],
)
async def test_the_same_request_with_a_fault_is_refused(
    spec: dict[str, Any], end: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    seen = first(await sent(), end)
    body = deepcopy(seen.body)
    spoil(body)
    faulty = Seen(seen.method, seen.path, seen.query, {}, body, seen.peer)
    assert vendor_specs.faults(spec, faulty) != []


async def test_a_search_by_an_address_that_is_gone_is_refused(spec: dict[str, Any]) -> None:
    search = next(each for each in await sent() if each.path.endswith("/search/jql"))
    wrong = Seen("GET", search.path, {**search.query, "startAt": ["0"]}, {}, None, search.peer)
    assert vendor_specs.faults(spec, wrong) == ["unknown query parameter 'startAt'"]
