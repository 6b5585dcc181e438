"""The audit key, kept outside Redis, and the mark in Redis since when it signs."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.seal import Seal

_MARK = "chaining"


class AuditKeyError(Exception):
    """The audit key is missing, or not the one that signed until now. Says what to copy."""


def read_key(given: SecretStr | None, data: Path, *, make: bool) -> str:
    """`given`, else that of the data folder, made where there is none and `make` says so.

    Raises AuditKeyError where there is none or the file can't be used.
    """
    if given:
        return given.get_secret_value()
    path = data / "audit.key"
    try:
        if make and not path.exists():
            _write(path)
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise AuditKeyError(
            f"there is no audit key: {str(path)!r} doesn't exist; set OPSBOT_AUDIT_KEY, or"
            " OPSBOT_DATA to the folder that opsbot runs with"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise AuditKeyError(
            f"the audit key {str(path)!r} can't be used: {error}; set OPSBOT_AUDIT_KEY"
        ) from error
    if not key:
        raise AuditKeyError(f"the audit key {str(path)!r} is empty; set OPSBOT_AUDIT_KEY")
    return key


async def begin(redis: Redis, seal: Seal) -> None:
    """Mark since which incident all is signed, once. Raises AuditKeyError for another key."""
    if await signed_since(redis, seal) is None:
        count = int(await redis.get(keys.COUNTER) or 0)
        await redis.set(keys.CHAINING, f"{count} {seal.of(_MARK, count, '')}", nx=True)
        await signed_since(redis, seal)


async def signed_since(redis: Redis, seal: Seal) -> int | None:
    """The last incident's number from before; None without a mark.

    Raises AuditKeyError for a mark that isn't signed with this key.
    """
    mark: Any = await redis.get(keys.CHAINING)
    if mark is None:
        return None
    number, _, signature = str(mark).partition(" ")
    count = int(number) if number.isdecimal() else -1
    match seal.made(signature, _MARK, count, ""):
        case "ours":
            return count
        case "by another key":
            theirs = signature.partition(":")[0][:8]
            raise AuditKeyError(
                f"this ledger is signed with another audit key ({theirs!r},"
                f" this one is {seal.name!r}): set OPSBOT_AUDIT_KEY to the one of the machine on"
                " which opsbot ran first, or copy its audit.key into OPSBOT_DATA; if that key is"
                f" lost, `DEL {keys.CHAINING}` in Redis begins anew, and what was signed with it"
                " can't be checked any more"
            )
        case _:
            raise AuditKeyError(
                f"{keys.CHAINING!r} in Redis was tampered with: it says {number[:20]!r} and isn't"
                " signed for it; `opsbot audit verify` tells what else was"
            )


def _write(path: Path) -> None:
    """Whole or not at all, and the first of several processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
