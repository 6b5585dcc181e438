"""Who is in which conversation right now, and who may see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.workspace import User, UserGroup, Workspace


@dataclass
class Conversation:
    """A channel or a direct message with the bot, as it stands now."""

    id: str
    name: str
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    topic: str = ""
    user: str | None = None
    """The other side of a direct message."""
    members: list[str] = field(default_factory=list)

    @property
    def event_type(self) -> str:
        """`im`, `group` or `channel`, as events say it."""
        return "im" if self.is_im else "group" if self.is_private else "channel"


class Directory:
    """Looks up people and conversations by id or by name, and holds live membership."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.bot = workspace.app.user
        self.users: dict[str, User] = {user.id: user for user in workspace.users}
        self.groups: dict[str, UserGroup] = {group.id: group for group in workspace.groups}
        self.conversations: dict[str, Conversation] = {
            channel.id: Conversation(
                id=channel.id,
                name=channel.name,
                is_private=channel.is_private,
                is_archived=channel.is_archived,
                is_ext_shared=channel.is_ext_shared,
                topic=channel.topic,
                members=list(channel.members),
            )
            for channel in workspace.channels
        }

    def user(self, key: str) -> User | None:
        """The user of this id, `@name` or name."""
        if key in self.users:
            return self.users[key]
        name = key.removeprefix("@").lower()
        return next((user for user in self.users.values() if user.name == name), None)

    def group(self, key: str) -> UserGroup | None:
        """The user group of this id, `@handle` or handle."""
        if key in self.groups:
            return self.groups[key]
        handle = key.removeprefix("@").lower()
        return next((group for group in self.groups.values() if group.handle == handle), None)

    def find(self, key: str) -> Conversation | None:
        """The conversation of this id, `#name` or name."""
        if key in self.conversations:
            return self.conversations[key]
        name = key.removeprefix("#").lower()
        return next(
            (place for place in self.conversations.values() if place.name == name and name), None
        )

    def open_dm(self, user_id: str) -> Conversation:
        """The direct message between the bot and this person, made on first use.

        Raises `SlackError` (`user_not_found`, `user_disabled`, `cannot_dm_bot`).
        """
        user = self.users.get(user_id)
        if user is None:
            raise SlackError("user_not_found")
        if user.deleted:
            raise SlackError("user_disabled")
        if user.is_bot:
            raise SlackError("cannot_dm_bot")
        dm_id = f"D0{user_id[2:]}"
        if dm_id not in self.conversations:
            self.conversations[dm_id] = Conversation(
                id=dm_id,
                name="",
                is_im=True,
                is_private=True,
                user=user_id,
                members=[user_id, self.bot],
            )
        return self.conversations[dm_id]

    def bot_sees(self, place: Conversation) -> bool:
        """Whether the bot knows that this conversation exists."""
        return not place.is_private or self.bot in place.members

    def may_see(self, user_id: str, place: Conversation) -> bool:
        """Members always; public channels also everyone who is no guest."""
        if user_id in place.members:
            return True
        user = self.users[user_id]
        return not place.is_private and not (user.is_restricted or user.is_ultra_restricted)

    def seen_by(self, user_id: str) -> list[Conversation]:
        """The conversations this person can open, channels before direct messages."""
        places = [place for place in self.conversations.values() if self.may_see(user_id, place)]
        return sorted(places, key=lambda place: place.is_im)
