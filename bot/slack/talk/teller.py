"""Gathers what an answer about an incident is made from, and who may be told of it."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.ports import Clock, Ledger, SlotStore
from bot.incidents.inquiry import Inquiry
from bot.incidents.intent import Intent
from bot.incidents.question import Question
from bot.slack.addresses import Addresses
from bot.slack.directory import SlackDirectory
from bot.slack.scene import Scene, named
from bot.slack.views.answers.reply import reply
from bot.slack.views.answers.told import Told


class Teller:
    """Answers from ledger, tools and runbooks, without a model."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        slots: SlotStore,
        addresses: Addresses,
        directory: SlackDirectory,
        inquiry: Inquiry,
        clock: Clock,
        channel: str,
    ) -> None:
        """`channel`: id of the one in which incidents open."""
        self._ledger = ledger
        self._slots = slots
        self._addresses = addresses
        self._directory = directory
        self._inquiry = inquiry
        self._clock = clock
        self._channel = channel

    async def answer(self, incident: Incident, intent: Intent) -> str:
        """The words, escaped, with links."""
        told = await self.told(incident)
        looked = await self._inquiry.look(incident, intent)
        return reply(intent, told.model_copy(update={"looked": looked}))

    async def told(self, incident: Incident) -> Told:
        approvals = (f"approval:{plan}" for plan in incident.plans)
        scene = Scene(
            incident=incident,
            work=tuple(await self._ledger.work(incident.id)),
            people=await self._directory.people(named(incident)),
            links=await self._addresses.of(incident.id, "card", *approvals),
        )
        return Told(scene=scene, now=self._clock())

    async def may_tell(self, question: Question, incident: Incident) -> bool:
        """Whether the place where it is asked may hear of it, as `may_hear` says."""
        card = (await self._slots.all(incident.id)).get("card")
        return await self.may_hear(question, card.channel if card else None)

    async def may_hear(self, question: Question, channel: str | None = None) -> bool:
        """Whether what is said in `channel`, else that of incidents, may be told where and by whom
        it is asked; asked of Slack afresh.

        In that channel always; to others only what they can read there; in a direct message that is
        enough, anywhere else everybody of ours has to be able to read it, and nobody else be there.
        """
        channel = channel or self._channel
        if channel == question.channel:
            return True
        if not await self._directory.may_see(question.by, channel):
            return False
        if question.direct:
            return True
        directory, place = self._directory, question.channel
        return await directory.is_open(channel) and await directory.is_ours_alone(place)
