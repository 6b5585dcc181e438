"""The page with an app that has a Home tab, commands, shortcuts, streams and a stop button."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Workspace
from bot.sandbox.slack.manifest import app_of
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot
from tests.fakes.slack_app import EVERYTHING

pytestmark = NEEDS_CHROMIUM
CHANNEL = "C0INCIDENT"
FOR_MAYA: dict[str, Any] = {
    "recipient_user_id": "U0MAYA0001",
    "recipient_team_id": "T0OPSBOTCO",
}
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def said(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label: str, action: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action, "text": plain(label), **more}


def option(label: str, value: str) -> Json:
    return {"text": plain(label), "value": value}


def home(quiet: str) -> Json:
    """Approvals, incidents and quiet hours, as opsbot may show them."""
    asleep = {"type": "timepicker", "action_id": "quiet_from", "initial_time": quiet}
    severity = {
        "type": "static_select",
        "action_id": "filter",
        "placeholder": plain("Severity"),
        "option_groups": [
            {"label": plain("Urgent"), "options": [option("SEV1", "1"), option("SEV2", "2")]},
            {"label": plain("Later"), "options": [option("SEV3", "3")]},
        ],
    }
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("Approvals you can decide")},
            said(
                "*INC-412* daily_revenue_aggregation: replica-2 → replica-1\nLow risk, until 02:41",
                accessory=button("Review", "review", style="primary"),
            ),
            {"type": "divider"},
            {"type": "header", "text": plain("Quiet hours")},
            said("From when do messages wait for the digest?", accessory=asleep),
            {"type": "actions", "elements": [severity, button("Help", "help")]},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": f"Quiet from {quiet} · AI-generated"}],
            },
        ],
    }


MODAL: Json = {
    "type": "modal",
    "callback_id": "open",
    "title": plain("Open incident"),
    "submit": plain("Open"),
    "blocks": [
        {"type": "alert", "level": "warning", "text": plain("Nobody is on call for data.")},
        {
            "type": "input",
            "block_id": "who",
            "label": plain("Commander"),
            "element": {
                "type": "users_select",
                "action_id": "user",
                "initial_user": "U0DEV00001",
            },
        },
    ],
}


class App:
    """A small agent: what it heard, in order, as `kind value`."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.bolt = AsyncApp(client=client, signing_secret="unused-in-socket-mode")
        self._listen()

    async def hears(self, words: str) -> None:
        """The next thing it hears is this."""
        assert await asyncio.wait_for(self.heard.get(), 10) == words

    def _listen(self) -> None:
        app, heard = self.bolt, self.heard

        @app.event("app_home_opened")
        async def opened(event: Json, client: AsyncWebClient) -> None:
            if event["tab"] == "home":
                await client.views_publish(user_id=event["user"], view=home("22:00"))

        @app.action("quiet_from")
        async def quiet(ack: Any, body: Json, action: Json, client: AsyncWebClient) -> None:
            await ack()
            chosen = action["selected_time"]
            await client.views_publish(user_id=body["user"]["id"], view=home(chosen))
            await heard.put(f"quiet {chosen}")

        @app.action("filter")
        async def filtered(ack: Any, action: Json) -> None:
            await ack()
            await heard.put(f"filter {action['selected_option']['value']}")

        @app.action("opinion")
        async def opinion(ack: Any, action: Json) -> None:
            await ack()
            await heard.put(f"opinion {action['value']}")

        @app.action("more")
        async def more(ack: Any, action: Json) -> None:
            await ack()
            await heard.put(f"more {action['selected_option']['value']}")

        @app.command("/opsbot")
        async def command(ack: Any, command: Json) -> None:
            await ack(f"Two incidents are open ({command['text']}).")

        @app.shortcut("open_incident")
        async def on_message(ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=shortcut["trigger_id"], view=MODAL)
            await heard.put(f"shortcut {shortcut['message']['text']}")

        @app.shortcut("new_incident")
        async def anywhere(ack: Any) -> None:
            await ack()
            await heard.put("shortcut")

        @app.view("open")
        async def submitted(ack: Any, view: Json) -> None:
            await ack()
            await heard.put(f"open {view['state']['values']['who']['user']['selected_user']}")

        @app.event("agent_session_stopped")
        async def stopped(event: Json, client: AsyncWebClient) -> None:
            where = {"channel_id": event["channel"], "thread_ts": event["thread_ts"]}
            await client.agents_sessions_setStatus(status="active", **where)
            await client.chat_postMessage(
                channel=event["channel"],
                thread_ts=event["thread_ts"],
                text="Stopped by Maya. Nothing was changed.",
            )

        @app.event("app_context_changed")
        async def looked(event: Json) -> None:
            await heard.put(f"looks at {event['context']['entities'][0]['value']}")

        @app.event("message")
        @app.event("app_mention")
        async def ignored() -> None:
            """Nothing to do."""


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(Workspace(app=app_of(EVERYTHING))) as running:
        yield running


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[App]:
    made = App(AsyncWebClient(token=slack.bot_token, base_url=slack.api_url))
    handler: Any = AsyncSocketModeHandler(made.bolt, slack.app_token)
    await handler.connect_async()
    yield made
    await handler.close_async()


async def to_the_app(page: Page) -> None:
    """Open the direct message with the app, past the list where the page is narrow."""
    back = page.get_by_role("button", name="Back to channels")
    if await back.is_visible():
        await back.click()
    await page.get_by_role("link", name="opsbot").click()


def last(page: Page, where: str = "#timeline") -> Locator:
    return page.locator(f"{where} .message").last


@pytest.mark.parametrize("size", SIZES)
async def test_the_home_tab_shows_what_was_published_and_its_controls_work(
    slack: LocalSlack, app: App, tmp_path: Path, size: str
) -> None:
    async with at_page(slack, size) as page:
        await to_the_app(page)
        await app.hears(f"looks at {CHANNEL}")
        await page.get_by_role("button", name="Home").click()
        shown = page.locator("#home")
        await expect(shown.get_by_role("heading", name="Approvals you can decide")).to_be_visible()
        await expect(page.get_by_label("Message opsbot")).to_be_hidden()
        await shoot(page, tmp_path, f"{size}-home")
        await shown.get_by_label("Severity").select_option("SEV2")
        await app.hears("filter 2")
        await shown.get_by_label("Time").fill("23:15")
        await app.hears("quiet 23:15")
        await expect(shown.get_by_text("Quiet from 23:15")).to_be_visible()
        await expect(shown.get_by_label("Time")).to_have_value("23:15")
        if size == "phone":
            small = await shown.locator("button, select, input").evaluate_all(
                "nodes => nodes.filter(node => node.offsetHeight < 44).map(node => node.outerHTML)"
            )
            assert small == [], "these are too small for a thumb"
        await page.get_by_role("button", name="Messages").click()
        await expect(page.get_by_label("Message opsbot")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
async def test_a_command_is_offered_explained_and_answered_to_one_person(
    slack: LocalSlack, app: App, tmp_path: Path, size: str
) -> None:
    async with at_page(slack, size) as page:
        box = page.get_by_label("Message #incidents")
        await box.press_sequentially("/op")
        await expect(page.get_by_role("option", name="/opsbot help | list | sev")).to_be_visible()
        await shoot(page, tmp_path, f"{size}-command")
        await box.press("Enter")
        await expect(box).to_have_value("/opsbot ")
        await box.press_sequentially("list open")
        await expect(page.get_by_role("note")).to_have_text("/opsbot help | list | sev")
        await box.press("Enter")
        await expect(last(page)).to_contain_text("Two incidents are open (list open).")
        await expect(last(page)).to_contain_text("Only visible to you")
        await box.fill("/ospbot list")
        await box.press("Enter")
        await expect(page.get_by_text("/ospbot is not a valid command")).to_be_visible()


async def test_in_a_thread_commands_are_not_offered_and_the_page_says_why(
    slack: LocalSlack, app: App
) -> None:
    root = await app.client.chat_postMessage(channel=CHANNEL, text="card")
    await app.client.chat_postMessage(channel=CHANNEL, thread_ts=root["ts"], text="reply")
    async with at_page(slack, "desktop") as page:
        await page.get_by_text("1 reply").click()
        await page.get_by_label("Reply", exact=True).press_sequentially("/op")
        await expect(page.get_by_text("Commands can't be used in threads")).to_be_visible()
        await expect(page.get_by_role("option", name="/opsbot")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
async def test_a_messages_menu_opens_its_shortcut_and_its_modal(
    slack: LocalSlack, app: App, tmp_path: Path, size: str
) -> None:
    await app.client.chat_postMessage(channel=CHANNEL, text="etl is down again")
    async with at_page(slack, size) as page:
        message = last(page)
        await message.click() if size == "phone" else await message.hover()
        await message.get_by_role("button", name="More actions").click()
        await shoot(page, tmp_path, f"{size}-menu")
        await page.get_by_role("menuitem", name="Open incident").click()
        await app.hears("shortcut etl is down again")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("Nobody is on call for data.")).to_be_visible()
        await shoot(page, tmp_path, f"{size}-modal")
        await dialog.get_by_label("Commander").select_option(label="Sam Okafor (sam)")
        await dialog.get_by_role("button", name="Open").click()
        await app.hears("open U0SAM00001")
        await expect(dialog).to_have_count(0)
        await page.get_by_role("button", name="Shortcuts").click()
        await page.get_by_role("menuitem", name="New incident").click()
        await app.hears("shortcut")


async def test_a_message_and_its_menu_are_reached_by_the_keyboard_alone(
    slack: LocalSlack, app: App
) -> None:
    for text in ("first", "second"):
        await app.client.chat_postMessage(channel=CHANNEL, text=text)
    async with at_page(slack, "desktop") as page:
        await last(page).focus()
        await page.keyboard.press("ArrowUp")
        await expect(page.locator("#timeline .message").first).to_be_focused()
        for _ in range(5):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Open incident")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("menu")).to_have_count(0)
        await expect(page.get_by_role("button", name="More actions")).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
async def test_an_answer_is_seen_growing_and_can_be_stopped(
    slack: LocalSlack, app: App, tmp_path: Path, size: str
) -> None:
    root = (await app.client.chat_postMessage(channel=CHANNEL, text="why is etl failing?"))["ts"]
    await app.client.chat_postMessage(channel=CHANNEL, thread_ts=root, text="Let me look.")
    async with at_page(slack, size) as page:
        await page.get_by_text("1 reply").click()
        where = {"channel_id": CHANNEL, "thread_ts": root}
        await app.client.agents_sessions_setStatus(status="processing", title="ETL", **where)
        await app.client.assistant_threads_setStatus(
            channel_id=CHANNEL,
            thread_ts=root,
            status="is thinking…",
            loading_messages=["Reading the job log", "Asking replica-2"],
        )
        await expect(page.get_by_role("status").get_by_text("opsbot is thinking…")).to_be_visible()
        await expect(page.get_by_text("Reading the job log")).to_be_visible()
        await expect(page.locator("#thread-place")).to_have_text("# incidents · ETL")
        stream = await app.client.chat_startStream(
            channel=CHANNEL,
            thread_ts=root,
            **FOR_MAYA,
            chunks=[{"type": "markdown_text", "text": "**daily_revenue_aggregation** failed"}],
        )
        growing = last(page, "#thread")
        await expect(growing).to_contain_text("daily_revenue_aggregation failed")
        await expect(growing).to_have_attribute("aria-busy", "true")
        await app.client.chat_appendStream(
            channel=CHANNEL,
            ts=stream["ts"],
            chunks=[
                {"type": "markdown_text", "text": " at 02:04: its source lags."},
                {"type": "task_update", "id": "1", "title": "Job log", "status": "in_progress"},
            ],
        )
        await expect(growing).to_contain_text("failed at 02:04: its source lags.")
        await expect(growing.get_by_role("img", name="in progress")).to_be_visible()
        await expect(page.get_by_role("status").get_by_text("opsbot is working…")).to_be_visible()
        await shoot(page, tmp_path, f"{size}-stream")
        await page.get_by_role("button", name="Stop the agent").click()
        await expect(last(page, "#thread")).to_contain_text("Stopped by Maya.")
        await expect(page.get_by_role("button", name="Stop the agent")).to_have_count(0)
        await expect(page.locator("#thread [aria-busy]")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
async def test_feedback_menus_and_reactions_under_an_answer(
    slack: LocalSlack, app: App, tmp_path: Path, size: str
) -> None:
    opinion = {
        "type": "feedback_buttons",
        "action_id": "opinion",
        "positive_button": {"text": plain("Helpful"), "value": "up"},
        "negative_button": {"text": plain("Not helpful"), "value": "down"},
    }
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [option("Severity", "sev"), option("Resolve", "resolve")],
        "confirm": {
            "title": plain("Go on?"),
            "text": plain("The thread shows it with your name."),
            "confirm": plain("Yes"),
            "deny": plain("Back"),
        },
    }
    people = {"type": "users_select", "action_id": "who", "placeholder": plain("Commander")}
    blocks: list[Json] = [
        {"type": "markdown", "text": "replica-2 is **2.3 h** behind."},
        {"type": "actions", "elements": [button("Follow", "follow"), people, menu]},
        {"type": "context_actions", "elements": [opinion]},
    ]
    await app.client.chat_postMessage(channel=CHANNEL, text="an answer", blocks=blocks)
    async with at_page(slack, size, scheme="dark") as page:
        answer = last(page)
        await answer.get_by_role("button", name="Helpful", exact=True).click()
        await app.hears("opinion up")
        good = answer.get_by_role("button", name="Helpful", exact=True)
        await expect(good).to_have_attribute("aria-pressed", "true")
        await answer.get_by_role("button", name="Not helpful").click()
        await app.hears("opinion down")
        await expect(good).to_have_attribute("aria-pressed", "false")
        more = answer.locator(".actions").get_by_role("button", name="More actions")
        await more.click()
        await page.get_by_role("menuitem", name="Resolve").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Yes").click()
        await app.hears("more resolve")
        await answer.click() if size == "phone" else await answer.hover()
        await answer.get_by_role("button", name="React with +1").click()
        await expect(answer.get_by_role("button", name="👍 1, from maya")).to_be_visible()
        await expect(answer.get_by_role("button", name="Not helpful")).to_have_attribute(
            "aria-pressed", "true"
        )
        await shoot(page, tmp_path, f"{size}-answer-dark")


@pytest.mark.parametrize("size", SIZES)
async def test_an_open_menu_stays_open_at_its_entry_when_the_message_is_edited(
    slack: LocalSlack, app: App, size: str
) -> None:
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [option("Severity", "sev"), option("Resolve", "resolve")],
    }

    def card(state: str) -> list[Json]:
        said = {"type": "section", "text": {"type": "mrkdwn", "text": state}}
        return [said, {"type": "actions", "elements": [button("Follow", "follow"), menu]}]

    posted = await app.client.chat_postMessage(
        channel=CHANNEL, text="a card", blocks=card("Investigating")
    )
    async with at_page(slack, size) as page:
        shown = last(page)
        await shown.locator(".actions").get_by_role("button", name="More actions").click()
        await page.keyboard.press("ArrowDown")
        resolve = page.get_by_role("menuitem", name="Resolve")
        for state in ("Fixing", "Monitoring"):
            await app.client.chat_update(
                channel=CHANNEL, ts=posted["ts"], text="a card", blocks=card(state)
            )
            await expect(shown).to_contain_text(state)
            await expect(resolve).to_be_focused()
        await resolve.click()
        await app.hears("more resolve")
        await expect(page.get_by_role("menu")).to_have_count(0)


async def test_prompts_are_offered_above_the_composer_and_sent_by_a_click(
    slack: LocalSlack, app: App
) -> None:
    place = slack.state.directory.open_dm("U0MAYA0001").id
    prompts = [{"title": "Why is the ETL failing?", "message": "Why is etl failing?"}]
    await app.client.assistant_threads_setSuggestedPrompts(
        channel_id=place, title="Ask about", prompts=prompts
    )
    async with at_page(slack, "desktop") as page:
        await to_the_app(page)
        await page.get_by_role("button", name="Why is the ETL failing?").click()
        await expect(last(page)).to_contain_text("Why is etl failing?")
