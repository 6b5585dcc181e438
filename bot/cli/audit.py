"""`opsbot audit verify | export`: whether the trails are whole, and all that they say."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from redis.asyncio import Redis

from bot import settings
from bot.adapters.audit_key import AuditKeyError, read_key, signed_since
from bot.adapters.redis_ledger import RedisLedger
from bot.cli.ledger import open_store
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.domain.chain import Flaw
from bot.domain.seal import Seal
from bot.incidents.audit import Audited, Head, audited
from bot.incidents.export import rows

_MANY = 200
"""Trails between two signs of life."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="verify | export", required=True)
    verifying = actions.add_parser("verify", help="say what was tampered with, and where")
    verifying.add_argument("incidents", nargs="*", metavar="INC-n", help="default: all")
    verifying.add_argument(
        "--head",
        action="append",
        default=[],
        type=_head,
        metavar="INC-1:12:3f9a1c2b",
        help="entry and head as a report in Slack says them; may be given more than once",
    )
    exporting = actions.add_parser("export", help="JSON Lines on stdout, one for each event")
    exporting.add_argument("incidents", nargs="*", metavar="INC-n", help="default: all")
    exporting.add_argument(
        "--since", type=_instant, metavar="2026-11-23", help="only what happened since, UTC"
    )


def run(options: argparse.Namespace) -> int:
    wanted = [name.upper() for name in options.incidents]
    try:
        if options.action == "verify":
            return asyncio.run(_verify(settings.read(), wanted, options.head))
        return asyncio.run(_export(settings.read(), wanted, options.since))
    except start_up() as error:
        return fail(error)


async def _verify(given: settings.Settings, wanted: list[str], heads: Sequence[Head]) -> int:
    seal = Seal(read_key(given.audit_key, given.data, make=False))
    bad, last = 0, None
    async with open_store(given) as redis:
        ledger = RedisLedger(redis, sync_each_commit=False)
        known = await ledger.all_incidents()
        held = {head.incident for head in heads}
        nowhere = sorted(set(wanted) - set(known) - held, key=_number)
        if nowhere:
            return fail(f"there is no incident {nowhere[0]!r}; `opsbot incidents` lists them")
        names = sorted({*(wanted or known), *held}, key=_number)
        since, why = await _mark(redis, seal, any_incidents=bool(known))
        if why:
            bad += 1
            out(f"✗  ledger    {why}")
        for name in _counted(names):
            last = audited(await ledger.trail(name), seal, since, heads)
            bad += bool(last.flaws)
            _tell(last)
    if bad:
        return fail(
            "the audit trail is not what opsbot wrote. Stop its workers, copy Redis's files away"
            " before anything else writes to them, and find out who could write to Redis and when;"
            " an `opsbot audit export` kept elsewhere says what stood there"
        )
    if last is None:
        err("No incidents yet. `opsbot demo` plays one.")
        return 0
    out(f"{len(names)} whole, every effect approved or allowed; signed with key {seal.name}.")
    err(
        "Next: that an end was cut off shows only against what Slack holds: take a report's head,"
        f" as in `opsbot audit verify --head {last.incident}:{last.entries}:{last.head[:8]}`."
    )
    return 0


async def _mark(redis: Redis, seal: Seal, *, any_incidents: bool) -> tuple[int | None, str]:
    """The last incident from before chaining; and what is wrong with the mark that says so."""
    try:
        since = await signed_since(redis, seal)
    except AuditKeyError as error:
        return None, str(error)
    if since is None and any_incidents:
        return None, (
            "nothing says since when it is signed: start this release once; if it ran before, the"
            " mark was removed"
        )
    return since, ""


def _tell(found: Audited) -> None:
    if not found.flaws:
        old = f" ({found.unchained} from before chaining)" if found.unchained else ""
        out(f"✓  {found.incident:<9} {found.entries} entries{old}, head {found.head[:8]}")
    for flaw in found.flaws:
        out(f"✗  {found.incident:<9} {_where(flaw, found.entries)}{flaw.what}")


def _where(flaw: Flaw, entries: int) -> str:
    if flaw.first == 0:
        return ""
    if flaw.first == flaw.last:
        return f"entry {flaw.first}: "
    if (flaw.first, flaw.last) == (1, entries):
        return f"all {entries} entries: "
    return f"entries {flaw.first} to {flaw.last}: "


async def _export(given: settings.Settings, wanted: list[str], since: datetime | None) -> int:
    unreadable = []
    async with open_store(given) as redis:
        ledger = RedisLedger(redis, sync_each_commit=False)
        for name in _counted(wanted or sorted(await ledger.all_incidents(), key=_number)):
            try:
                for row in rows(await ledger.trail(name), since):
                    out(json.dumps(row, ensure_ascii=False))
            except (ValueError, TypeError, KeyError):
                unreadable.append(name)
    if unreadable:
        names = ", ".join(unreadable)
        return fail(f"{names}: it holds what no opsbot writes; run `opsbot audit verify`")
    return 0


def _counted(names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names, start=1):
        yield name
        if number % _MANY == 0 and number < len(names):
            err(f"{number} of {len(names)} …")


def _number(name: str) -> tuple[int, str]:
    digits = name.rpartition("-")[2]
    return (int(digits) if digits.isdecimal() else 0, name)


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        told = f"{text!r} is no date such as 2026-11-23 or 2026-11-23T02:00"
        raise argparse.ArgumentTypeError(told) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
