"""Secrets of every kind are planted wherever text comes from, and a whole incident is played."""

from __future__ import annotations

import base64
import io
import json
import logging
import random
import string
import sys
import threading
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_slots import RedisSlots
from bot.domain import events as e
from bot.domain.plan_state import PlanStatus
from bot.incidents.answers import Answers
from bot.incidents.pace import NORMAL
from bot.incidents.question import Question
from bot.redaction.log_records import keep_secrets_out
from bot.redaction.redactor import Redactor
from bot.sandbox.model import Call
from bot.sandbox.slack import LocalSlack
from bot.sandbox.valkey import EmbeddedValkey
from bot.slack.app import make_client
from bot.slack.directory import SlackDirectory
from bot.slack.posting import messages
from bot.slack.posting.messages import Messages
from bot.slack.posting.rates import NotYetError
from bot.slack.projection.projector import Projector
from bot.web.server import WebServer
from tests.fakes.bureau import INVENTORY, Bureau, write_runbooks
from tests.fakes.models import calls, concluding, oracle
from tests.fakes.senders import iso
from tests.fakes.story import at
from tests.fakes.tools import CreateTicket, Look, Paint, PaintLamp, UpdateTicket
from tools.kit.errors import Refused
from tools.kit.tool import Context
from tools.kit.types import DryRun, Handle

CHANCE = random.Random(22)


def drawn(length: int) -> str:
    """Nobody else's: what is looked for must not stand anywhere for another reason."""
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=length))


KNOWN = "plànted wörd " + drawn(9)
TOKEN = drawn(24)
SECRETS = {
    "a known one": KNOWN,
    "a known one in base64": base64.b64encode(f"user:{KNOWN}".encode()).decode()[8:-4],
    "a known one in an address": urllib.parse.quote(KNOWN),
    "a pattern": "AKIA" + "".join(CHANCE.choices(string.ascii_uppercase, k=16)),
    "another pattern": "ghp_" + drawn(36),
    "a key file": f"-----BEGIN RSA PRIVATE KEY-----\n{drawn(48)}\n-----END RSA PRIVATE KEY-----",
    "a named one": "battery" + drawn(8),
    "a random one": drawn(40),
    "one in an address": "pw" + drawn(10),
}
LEAK = " ".join(
    [
        SECRETS["a known one"],
        base64.b64encode(f"user:{KNOWN}".encode()).decode(),
        f"https://db.example/?q={SECRETS['a known one in an address']}",
        SECRETS["a pattern"], SECRETS["another pattern"], SECRETS["a key file"],
        f"password={SECRETS['a named one']} x-thing: {SECRETS['a random one']}",
        f"postgres://app:{SECRETS['one in an address']}@db:5432/orders",
    ]
)  # fmt: skip


def found(text: str) -> list[str]:
    """The kinds of secrets of which a beginning stands in `text`, also as JSON has it."""
    looks = {**SECRETS, "a token": TOKEN, "a key file": SECRETS["a key file"].splitlines()[1]}
    begun = {kind: secret[:14] for kind, secret in looks.items()}
    return [k for k, secret in begun.items() if secret in text or json.dumps(secret)[1:-1] in text]


class LeakyPaint(PaintLamp):
    """Paint a lamp, and tell all in an error."""

    name: ClassVar[str] = "paint"

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        return found.model_copy(update={"warnings": (f"it says {LEAK}",)})

    async def execute(self, params: Paint, ctx: Context) -> Handle:
        raise Refused(f"not with {LEAK}")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Every log line of this process, as a library's own handler would print it."""
    before = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    keep_secrets_out(Redactor([KNOWN, TOKEN]))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)
    logging.setLogRecordFactory(before[0])
    sys.excepthook, threading.excepthook = before[1:]


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalSlack]:
    for name in ("POST", "EDIT"):
        hurried = getattr(messages, name).model_copy(update={"seconds": 0.001})
        monkeypatch.setattr(messages, name, hurried)
    monkeypatch.setattr(messages, "_EDIT_SECONDS", 0.001)
    async with LocalSlack() as running:
        yield running


def webhook() -> dict[str, Any]:
    labels = {
        "alertname": "LampRed", "lamp": "hall", "service": "lamps", "leak": LEAK,
        "db_password": SECRETS["a named one"], "thing": SECRETS["a random one"],
    }  # fmt: skip
    alert = {
        "status": "firing", "labels": labels, "fingerprint": f"a {SECRETS['a pattern']}",
        "annotations": {"summary": f"the lamp is red: {LEAK}", "description": LEAK},
        "startsAt": iso(at(0)), "generatorURL": f"https://x.example/?q={LEAK}",
    }  # fmt: skip
    return {"version": "4", "alerts": [alert]}


async def post(house: Bureau) -> None:
    server = WebServer(
        house.inbox, INVENTORY, house.clock,
        secrets={"alertmanager": [TOKEN]}, mapping={}, healthy=lambda: {"ok": True},
    )  # fmt: skip
    runner = await server.start("127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    url = f"http://{host}:{port}/webhooks/alertmanager"
    async with aiohttp.ClientSession() as session:
        for given, status in ((TOKEN, 202), (f"wrong {KNOWN}", 401)):
            headers = {"Authorization": f"Bearer {urllib.parse.quote(given)}"}
            async with session.post(url, json=webhook(), headers=headers) as answer:
                assert answer.status == status
                assert found(await answer.text()) == []
    await runner.cleanup()


async def in_slack(slack: LocalSlack, house: Bureau) -> str:
    """Everything that is said in Slack, once the projector has said it all."""
    assert isinstance(house.ledger, RedisLedger)
    slots = RedisSlots(house.redis)
    client = make_client(slack.bot_token, slack.api_url)
    feed = RedisLedger(house.redis, sync_each_commit=False)
    projector = Projector(
        ledger=house.ledger,
        feed=feed,
        store=slots,
        messages=Messages(client, slots, house.redactor),
        directory=SlackDirectory(client),
        channel="C0INCIDENT",
        pace=NORMAL,
        standing_in=(),
        declared={},
        oncall=(),
        inventory=house.inventory,
    )
    for _ in range(40):
        try:
            await projector.project("INC-1")
            break
        except NotYetError:
            continue
    card = (await slots.all("INC-1"))["card"]
    answer = await client.conversations_replies(
        channel=card.channel, ts=card.ts, limit=200, include_all_metadata=True
    )
    return json.dumps(answer["messages"], ensure_ascii=False)


async def stored(redis: Redis) -> str:
    """Every key and every value, whatever kind it is of."""
    whole: Any = redis
    parts: list[str] = []
    async for key in whole.scan_iter("*"):
        parts.append(key)
        match await whole.type(key):
            case "stream":
                parts.append(str(await whole.xrange(key)))
            case "hash":
                parts.append(str(await whole.hgetall(key)))
            case "string":
                parts.append(await whole.get(key))
            case "list":
                parts.append(str(await whole.lrange(key, 0, -1)))
            case "set":
                parts.append(str(await whole.smembers(key)))
            case "zset":
                parts.append(str(await whole.zrange(key, 0, -1)))
    return "\n".join(parts)


async def ever_written(redis: Redis) -> str:
    """The server's append-only files: what was taken away again stands there too."""
    server: Any = redis
    folder = Path((await server.config_get("dir"))["dir"]) / "appendonlydir"
    return "\n".join(f.read_bytes().decode("utf-8", "replace") for f in folder.iterdir())


@pytest.mark.invariant(22)
@pytest.mark.timeout(120)
async def test_no_secret_reaches_redis_slack_a_model_a_ticket_or_a_log(
    redis: Redis, valkey: EmbeddedValkey, slack: LocalSlack, tmp_path: Path, lines: io.StringIO
) -> None:
    folder = write_runbooks(tmp_path)
    page = folder / "red-lamp.md"
    text = page.read_text(encoding="utf-8")
    flat = LEAK.replace("\n", " ")
    text = text.replace("title: Dust on hall", f"title: {json.dumps('Dust on hall ' + flat)}")
    text = text.replace("Paint it green.", f"Paint it green. {LEAK}")
    page.write_text(text.replace("label: Dust", f"label: {json.dumps('Dust ' + flat)}"), "utf-8")
    measures = [Call("measure", {"gauge": gauge, "minutes": 5}) for gauge in "abc"]
    looks = calls(*measures, Call("paint", {"lamp": "hall", "colour": "green"}))
    end = concluding("someone painted it", "red-lamp.colour", "red-lamp.clean", "t1.1")
    async with oracle("claude", looks, end, end, end) as asked:
        house = Bureau(
            redis, folder, asked.model, secrets=(KNOWN, TOKEN, slack.bot_token),
            tools=(Look, LeakyPaint, CreateTicket, UpdateTicket),
        )  # fmt: skip
        house.gauges.says = {"a": f"the log says {LEAK}\nand a ticket: {LEAK}", "b": LEAK}
        house.gauges.jammed = {"c"}
        await post(house)
        while await house.intake.drain(wait_seconds=0.001):
            pass
        await house.work()
        said = await in_slack(slack, house)
        assert "Approve" in said
        card = (await RedisSlots(redis).all("INC-1"))["card"]
        thread: dict[str, Any] = {"channel": card.channel, "thread_ts": card.ts}
        question = Question(id="1.2", by="U1", text=f"is it {LEAK}?", **thread)
        await Answers(house.ledger, house.clock).give(question, "INC-1", f"no, not {LEAK}")
        await house.decide()
        await house.work()
        logging.getLogger("urllib3").error("no way to %s", LEAK, exc_info=ValueError(LEAK))
        said += await in_slack(slack, house)
        prompts = asked.sent
        incident = await house.incident()

    # It was played to its end, and the poison arrived everywhere, without what makes it one.
    assert (await house.fix()).status is PlanStatus.FAILED
    kinds = {type(event) for event in await house.ledger.decisions("INC-1")}
    assert {e.ApprovalDecided, e.ActionFinished} <= kinds
    kept, written, logged = await stored(redis), await ever_written(redis), lines.getvalue()
    tickets = str(house.world.effects)
    places = {
        "Redis": kept, "its files": written, "Slack": said, "the model": prompts,
        "the log": logged, "tickets": tickets, "its state": incident.model_dump_json(),
    }  # fmt: skip
    for where, told in places.items():
        assert found(told) == [], where
        assert "[secret " in told, where
    # The files are read as they are: what is in them is found there.
    await redis.set("x", SECRETS["a pattern"])
    assert found(await ever_written(redis)) == ["a pattern"]
    await redis.delete("x")
