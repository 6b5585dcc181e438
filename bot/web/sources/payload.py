"""What every sender's file does alike: reads the body, and finds service and environment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, TypedDict, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from bot.policy.inventory import Inventory
from bot.web.errors import BadPayloadError

P = TypeVar("P", bound=BaseModel)
Id = Annotated[str, Field(min_length=1, max_length=256)]
"""A sender's own id of something; becomes part of a key."""
Milliseconds = Annotated[int, Field(ge=0, le=253_402_300_799_000)]
"""Since the epoch, up to the year 9999."""


def _with_colon(value: object) -> object:
    if isinstance(value, str) and value[-5:-4] in ("+", "-"):
        return f"{value[:-2]}:{value[-2:]}"
    return value


OffsetTime = Annotated[AwareDatetime, BeforeValidator(_with_colon)]
"""A time whose offset may be written `+0000`, as Jira and CloudWatch do."""


class Place(TypedDict):
    """Where an alert belongs."""

    service: str
    environment: str


def read(model: type[P], body: bytes) -> P:
    """The body as `model`. Raises BadPayloadError naming the field."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadPayloadError(f"{where}: {first['msg']}") from error


def placed(inventory: Inventory, names: Iterable[str], environment: str = "") -> Place:
    """`service` and `environment` of an alert.

    The first of `names` that the inventory knows, else the first that says anything. An
    environment that the sender doesn't name is the inventory's.
    """
    said = [name for name in names if name]
    found = next((s for name in said if (s := inventory.service_of(name))), "")
    service = found or (said[0] if said else "")
    known = inventory.services.get(service)
    return {
        "service": service,
        "environment": environment or (known.environment if known else ""),
    }


def tagged(tags: Iterable[str], key: str) -> str:
    """The value of the first tag `key:value`; empty where there is none."""
    return next((tag.partition(":")[2].strip() for tag in tags if tag.startswith(f"{key}:")), "")


def moment(milliseconds: int) -> datetime:
    """Milliseconds since the epoch, as a time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
