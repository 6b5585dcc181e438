"""The people, groups and channels the local Slack starts with."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

UserId = Annotated[str, Field(pattern=r"^[UW]0[A-Z0-9]{6,12}$")]
GroupId = Annotated[str, Field(pattern=r"^S0[A-Z0-9]{6,12}$")]
ChannelId = Annotated[str, Field(pattern=r"^[CG]0[A-Z0-9]{6,12}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Team(_Frozen):
    """The workspace itself."""

    id: Annotated[str, Field(pattern=r"^T0[A-Z0-9]{6,12}$")] = "T0OPSBOTCO"
    name: str = "Sample Company"
    domain: str = "sample-company"


class User(_Frozen):
    """One person, or the bot's own user."""

    id: UserId
    name: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,80}$")]
    real_name: str
    title: str = ""
    email: str | None = None
    tz: str = "Etc/UTC"
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    is_stranger: bool = False
    """Of another organisation, seen through a channel that is shared with it."""


class UserGroup(_Frozen):
    """A group that can be mentioned by its handle."""

    id: GroupId
    handle: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,80}$")]
    name: str
    users: tuple[UserId, ...] = ()


class Channel(_Frozen):
    """A channel and who is in it at the start."""

    id: ChannelId
    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,80}$")]
    members: tuple[UserId, ...] = ()
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    """People of another organisation are in it."""
    topic: str = ""


class Command(_Frozen):
    """A slash command of the app; `should_escape` sends people and channels by their id."""

    command: Annotated[str, Field(pattern=r"^/[a-z0-9_-]{1,31}$")]
    description: str = Field(min_length=1, max_length=2_000)
    usage_hint: str = Field(default="", max_length=1_000)
    should_escape: bool = False


class Shortcut(_Frozen):
    """An entry in the menu of every message, or in the one beside the composer."""

    name: str = Field(min_length=1, max_length=24)
    type: Literal["message", "global"]
    callback_id: str = Field(min_length=1, max_length=255)
    description: str = Field(min_length=1, max_length=150)


class BotApp(_Frozen):
    """The one app of this workspace, with what its manifest declares; nothing unless given."""

    app_id: Annotated[str, Field(pattern=r"^A0[A-Z0-9]{6,12}$")] = "A0OPSBOTAP"
    bot_id: Annotated[str, Field(pattern=r"^B0[A-Z0-9]{6,12}$")] = "B0OPSBOTBO"
    user: UserId = "U0OPSBOT01"
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    events: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    home_tab: bool = False
    agent_view: bool = False


MAYA = User(
    id="U0MAYA0001",
    name="maya",
    real_name="Maya Lindqvist",
    title="Data on call, commander",
    email="maya@sample-company.test",
)
DEV = User(
    id="U0DEV00001",
    name="dev",
    real_name="Dev Raman",
    title="Data on call, second",
    email="dev@sample-company.test",
)
SAM = User(
    id="U0SAM00001",
    name="sam",
    real_name="Sam Okafor",
    title="Database administrator",
    email="sam@sample-company.test",
)
OLGA = User(
    id="U0OLGA0001",
    name="olga",
    real_name="Olga Petrova",
    title="Product, stakeholder",
    email="olga@sample-company.test",
)
GUEST = User(
    id="U0GUEST001",
    name="guest",
    real_name="Gil Guest",
    title="Single-channel guest",
    email="guest@partner.test",
    is_restricted=True,
    is_ultra_restricted=True,
)
OPSBOT = User(id="U0OPSBOT01", name="opsbot", real_name="opsbot", is_bot=True)

_CAST = (MAYA, DEV, SAM, OLGA, GUEST, OPSBOT)


class Workspace(_Frozen):
    """A team whose groups and channels name only people it has.

    Without arguments: the sample company's cast, with an app that may do nothing yet.
    """

    team: Team = Team()
    app: BotApp = BotApp()
    users: tuple[User, ...] = _CAST
    groups: tuple[UserGroup, ...] = (
        UserGroup(
            id="S0DATAONCA",
            handle="data-oncall",
            name="Data on call",
            users=(MAYA.id, DEV.id),
        ),
        UserGroup(id="S0DBAONCAL", handle="dba-oncall", name="DBA on call", users=(SAM.id,)),
    )
    channels: tuple[Channel, ...] = (
        Channel(
            id="C0INCIDENT",
            name="incidents",
            members=tuple(user.id for user in _CAST),
            topic="What is broken, who is on it, what is next",
        ),
        Channel(
            id="C0DATATEAM",
            name="data",
            members=(MAYA.id, DEV.id, SAM.id, OPSBOT.id),
            topic="Pipelines and warehouse",
        ),
    )

    @model_validator(mode="after")
    def _names_only_known_people(self) -> Self:
        known = {user.id for user in self.users}
        if self.app.user not in known:
            raise ValueError(f"the app's user {self.app.user!r} is not among the users")
        places = {group.id: group.users for group in self.groups}
        places |= {channel.id: channel.members for channel in self.channels}
        for place, members in places.items():
            if strangers := sorted(set(members) - known):
                raise ValueError(f"{place!r} names users that don't exist: {strangers!r}")
        for label, keys in (
            ("user id", [user.id for user in self.users]),
            ("user name", [user.name for user in self.users]),
            ("group handle", [group.handle for group in self.groups]),
            ("channel id", [channel.id for channel in self.channels]),
            ("channel name", [channel.name for channel in self.channels]),
        ):
            if len(keys) != len(set(keys)):
                raise ValueError(f"a {label} is used twice in {keys!r}")
        return self
