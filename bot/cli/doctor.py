"""`opsbot doctor`: checks the settings and everything they point at."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import yaml
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import duty, settings, wiring
from bot.adapters import store
from bot.adapters.audit_key import read_key, signed_since
from bot.cli.ledger import open_store
from bot.cli.refusals import start_up
from bot.cli.say import fail, out
from bot.domain.ports import Rotas, RotaUnreadableError
from bot.domain.seal import Seal
from bot.files import bundled_manifest
from bot.incidents.pulse import Beat
from bot.knowledge.problem import format_problem
from bot.sandbox.running import find_running
from bot.settings import Settings, SettingsError
from bot.slack import setup
from bot.slack.app import make_client
from bot.slack.directory import SlackDirectory
from bot.web.sources.generic import check_mapping
from tools.kit.errors import ToolError

_SECONDS = 15
Check = Callable[[], Awaitable[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: the settings say it all."""


def run(options: argparse.Namespace) -> int:
    try:
        return asyncio.run(_doctor(settings.read()))
    except start_up() as error:
        return fail(error)


async def _doctor(given: Settings) -> int:
    backends = wiring.connect_backends(given)
    checks: list[tuple[str, Check]] = [
        ("files", lambda: _files(given)),
        ("redis", lambda: _redis(given)),
        ("audit", lambda: _audit(given)),
        *_slack(given, duty.rotas(backends)),
        ("webhooks", lambda: _webhooks(given)),
        ("running", lambda: _running(given)),
        ("heartbeat", lambda: _heartbeat(duty.heartbeats(given, backends))),
    ]
    checks += [(name, backend.check) for name, backend in backends.items()]
    try:
        passed = [await _one(name, check) for name, check in checks]
    finally:
        await asyncio.gather(*(backend.close() for backend in backends.values()))
    if not backends:
        out("–  systems    none configured; the sample company stands in with `opsbot up`")
    if all(passed):
        out("All is well. Next: `opsbot up`, or `opsbot demo` to see an incident.")
        return 0
    return fail("mend what is marked with ✗, then run `opsbot doctor` again")


async def _one(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            said = await check()
    except SlackApiError as error:
        said = f"Slack refuses: {error.response.get('error')}"
    except TimeoutError:
        said = f"no answer within {_SECONDS} s"
    except _failures() as error:
        said = str(error)
    else:
        out(f"✓  {name:<10} {said}")
        return True
    out(f"✗  {name:<10} {said}")
    return False


async def _files(given: Settings) -> str:
    prepared = wiring.prepare(given)
    if prepared.problems:
        raise SettingsError("; ".join(format_problem(p) for p in prepared.problems))
    services = len(prepared.inventory.services)
    rules = len(prepared.policy.rules)
    return f"{len(prepared.runbooks)} runbooks, {rules} rules, {services} services"


async def _redis(given: Settings) -> str:
    if given.redis_url is None:
        running = find_running(given.data)
        where = f"in {str(given.data)!r}"
        return f"embedded, {'running' if running else 'started by `opsbot up`'} {where}"
    redis = await store.connect(given.redis_url.get_secret_value())
    try:
        accepted = given.redis_durability == "accepted"
        found = await store.durability(redis, accepted=accepted)
    finally:
        await redis.aclose()
    if found.accepted:
        return "answers; its durability is accepted, so nothing runs without a person"
    return "answers, keeps what it acknowledged" + (
        " (asked for the disk each time)" if found.sync_each_write else ""
    )


async def _audit(given: Settings) -> str:
    path = given.data / "audit.key"
    where = "OPSBOT_AUDIT_KEY" if given.audit_key else repr(str(path))
    if not given.audit_key and not path.exists():
        return f"a key is made in {where} at the first start; other machines need the same one"
    seal = Seal(read_key(given.audit_key, given.data, make=False))
    running = find_running(given.data)
    if given.redis_url is None and running is None:
        return f"key {seal.name} of {where}"
    async with open_store(given) as redis:
        since = await signed_since(redis, seal)
    signs = "signs from the first start on" if since is None else "signs this ledger"
    return f"key {seal.name} of {where} {signs}"


def _slack(given: Settings, rotas: Rotas) -> list[tuple[str, Check]]:
    """Slack's lines: each thing that can be missing has its own, so no fault hides another."""
    if not given.slack_configured:
        return [("slack", _local_slack)]
    token = given.slack_bot_token
    client = make_client(token.get_secret_value() if token else "", given.slack_api_url)

    async def bot() -> str:
        given.require_slack()
        return await setup.check_bot(client)

    async def scopes() -> str:
        manifest = yaml.safe_load(bundled_manifest().read_text("utf-8"))
        return await setup.check_scopes(client, manifest["oauth_config"]["scopes"]["bot"])

    async def people() -> str:
        directory = SlackDirectory(client, rotas)
        counts = [
            await setup.check_people(client, directory, variable, names)
            for variable, names in (
                ("OPSBOT_APPROVERS", given.approvers),
                ("OPSBOT_ONCALL", given.oncall or given.approvers),
            )
        ]
        return ", ".join(counts)

    return [
        ("slack", bot),
        ("scopes", scopes),
        ("events", lambda: _events(given)),
        ("channel", lambda: setup.check_channel(client, given.channel)),
        ("people", people),
    ]


async def _local_slack() -> str:
    return "local page; set SLACK_BOT_TOKEN and SLACK_APP_TOKEN for your workspace"


async def _events(given: Settings) -> str:
    """Whether what happens in Slack can get here."""
    given.require_slack()
    if given.slack_mode == "socket":
        token = given.slack_app_token
        return await setup.check_socket(
            token.get_secret_value() if token else "", given.slack_api_url
        )
    secret = given.slack_signing_secret
    return await setup.check_request_url(
        secret.get_secret_value() if secret else "", *given.http_host_port
    )


async def _webhooks(given: Settings) -> str:
    host, port = given.http_host_port
    check_mapping(given.generic_mapping)
    open_to = given.webhook_secrets
    if not open_to and not given.sns_topics:
        return f"{host}:{port}; a new token each time, set OPSBOT_WEBHOOK_TOKEN to keep one"
    changing = [name for name, secrets in open_to.items() if len(secrets) > 1]
    # SNS proves itself without a secret too.
    names = dict.fromkeys((*open_to, *(("sns",) if given.sns_topics else ())))
    said = f"POST {host}:{port}/webhooks/… from {', '.join(names)}"
    if changing:
        said += f"; two secrets hold of {', '.join(changing)}, drop the old one in time"
    return said


async def _running(given: Settings) -> str:
    """What the serving process says of itself, where one runs here."""
    host, port = given.http_host_port
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{host}:{port}/health") as answer,
        ):
            state: dict[str, Any] = await answer.json()
    except (aiohttp.ClientError, ValueError):
        return f"no opsbot answers at {host}:{port}"
    if "able" not in state:
        return f"what answers at {host}:{port} is no opsbot of this release"
    failing = state["failing"]
    if failing:
        said = "; ".join(f"{name}: {why}" for name, why in failing.items())
        raise SettingsError(f"opsbot runs and is not able to work: {said}")
    return "opsbot runs and is able to work" if state["able"] else "opsbot is starting"


async def _heartbeat(beats: Mapping[str, Beat]) -> str:
    if not beats:
        return "none goes out; set OPSBOT_HEARTBEAT_URL to be called where opsbot itself fails"
    return f"goes to {' and '.join(beats)} while opsbot is able to work"


def _failures() -> tuple[type[Exception], ...]:
    return (*start_up(), ToolError, SlackClientError, RotaUnreadableError, setup.SetupError)
