"""A person at the local Slack's page sees, approves and rejects, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot

pytestmark = NEEDS_CHROMIUM


def _button(label: str, action: str, **more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": action, "text": text, **more}


def _said(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, "expand": True}


def _option(label: str, value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": label}, "value": value}


def card_blocks(status: str, link: str | None) -> list[dict[str, Any]]:
    """An incident's card: header, three lines, context, buttons."""
    menu = {
        "type": "overflow",
        "action_id": "card_more",
        "options": [_option("Change severity", "sev"), _option("Resolve", "resolve")],
    }
    review = [_button("Review fix", "review", url=link)] if link else []
    return [
        {
            "type": "header",
            "text": {
                "type": "plain_text",
                "text": f"SEV2 · {status} · daily_revenue_aggregation failed",
            },
        },
        _said(
            "*Now:* Job failed 02:04; revenue tables stale.\n"
            "*Cause (high confidence):* replica-2 lag 2.3 h; limit 30 min.\n"
            "*Next:* <@U0MAYA0001> to approve replica-1 (lag 4 min) + re-run by 02:41."
        ),
        {
            "type": "context",
            "elements": [
                {"type": "mrkdwn", "text": f"✋ {status} · INC-412 · Commander Maya · 22 min"}
            ],
        },
        {"type": "actions", "elements": [*review, _button("Follow", "follow"), menu]},
    ]


PLAN = {
    "type": "plan",
    "title": "Investigating, 2 of 3",
    "tasks": [
        {"task_id": "1", "title": "Job log: connection timeout to replica-2", "status": "complete"},
        {"task_id": "2", "title": "replica-2 lag 2.3 h (limit 30 min)", "status": "complete"},
        {"task_id": "3", "title": "Recent changes", "status": "in_progress"},
    ],
}

APPROVAL = [
    _said("*Approve 2 changes for INC-412?*"),
    _said(
        "1 `daily_revenue_aggregation.source`: replica-2 → replica-1\n"
        "2 run `daily_revenue_aggregation` once (today's partition)"
    ),
    _said(
        "*Affects:* 1 job, 1 table (dry run 02:26)\n"
        "*Undo:* 1 one click · 2 rewrites partition, no automatic undo\n"
        "*Risk:* low. replica-1 lag 4 min (limit 30)\n"
        "*Who:* <!subteam^S0DATAONCA> or commander, 1 needed"
    ),
    {
        "type": "actions",
        "block_id": "approval",
        "elements": [
            _button(
                "Approve",
                "approve",
                style="primary",
                value="plan-7f3a",
                accessibility_label="Approve the fix of INC-412",
                confirm={
                    "title": {"type": "plain_text", "text": "Run INC-412 fix now?"},
                    "text": {
                        "type": "plain_text",
                        "text": "Source switches to replica-1, then the job runs once. "
                        "The switch can be undone in one click.",
                    },
                    "confirm": {"type": "plain_text", "text": "Approve and run"},
                    "deny": {"type": "plain_text", "text": "Back"},
                },
            ),
            _button("Reject", "reject", style="danger", value="plan-7f3a"),
            _button("Ask", "ask", value="plan-7f3a"),
        ],
    },
    {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": "Expires 02:41 · plan 7f3a"}],
    },
]

REASON = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Reject this fix"},
    "submit": {"type": "plain_text", "text": "Reject"},
    "close": {"type": "plain_text", "text": "Back"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
            "hint": {"type": "plain_text", "text": "The thread shows it with your name."},
        }
    ],
}


def listen(app: AsyncApp) -> None:
    """The listeners of a small incident bot."""

    @app.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        if body["user"]["id"] != "U0MAYA0001":
            await client.chat_postEphemeral(
                channel=body["channel"]["id"],
                user=body["user"]["id"],
                thread_ts=body["container"]["thread_ts"],
                text="You can't approve this: needs @data-oncall or commander.",
            )
            return
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["container"]["message_ts"],
            text="Approved by Maya 02:27 · queued",
        )

    @app.action("reject")
    async def reject(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view = REASON | {"private_metadata": body["container"]["message_ts"]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("reason")
    async def reason(ack: Any, view: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        why = view["state"]["values"]["why"]["text"]["value"]
        await client.chat_update(
            channel="C0INCIDENT", ts=view["private_metadata"], text=f'Rejected by Maya: "{why}"'
        )

    @app.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        await say(
            text="`daily_revenue_aggregation` failed 02:04: replica-2 is *2.3 h* behind.",
            thread_ts=event.get("thread_ts", event["ts"]),
        )


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """A local Slack with the small incident bot connected and an approval waiting."""
    async with LocalSlack() as running:
        client = AsyncWebClient(token=running.bot_token, base_url=running.api_url)
        app = AsyncApp(client=client, signing_secret="unused-in-socket-mode")
        listen(app)
        handler: Any = AsyncSocketModeHandler(app, running.app_token)
        await handler.connect_async()
        await post_incident(client)
        yield running
        await handler.close_async()


async def post_incident(client: AsyncWebClient) -> None:
    """The card, the investigation and the approval with its link from the card."""
    root = await client.chat_postMessage(
        channel="C0INCIDENT", text="INC-412", blocks=card_blocks("Needs approval", None)
    )
    thread = {"channel": "C0INCIDENT", "thread_ts": root["ts"]}
    await client.chat_postMessage(**thread, text="Investigating", blocks=[PLAN])
    asked = await client.chat_postMessage(**thread, text="Approve by 02:41?", blocks=APPROVAL)
    link = await client.chat_getPermalink(channel="C0INCIDENT", message_ts=asked["ts"])
    await client.chat_update(
        channel="C0INCIDENT",
        ts=root["ts"],
        text="INC-412",
        blocks=card_blocks("Needs approval", link["permalink"]),
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where this test's pictures go."""
    return tmp_path


@pytest.mark.parametrize("size", SIZES)
async def test_maya_follows_the_card_to_the_approval_and_approves(
    slack: LocalSlack, pictures: Path, size: str
) -> None:
    async with at_page(slack, size) as page:
        card = page.locator("#timeline .message").first
        await expect(card.get_by_role("heading")).to_contain_text("SEV2 · Needs approval")
        await expect(card.get_by_text("2 replies")).to_be_visible()
        await shoot(page, pictures, f"{size}-1-channel")
        await card.get_by_text("Review fix").click()
        thread = page.locator("#thread")
        await expect(thread.get_by_text("Approve 2 changes for INC-412?")).to_be_visible()
        await expect(thread.get_by_role("button", name="Reject")).to_be_in_viewport()
        await shoot(page, pictures, f"{size}-2-thread")
        await thread.get_by_role("button", name="Approve the fix of INC-412").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading")).to_have_text("Run INC-412 fix now?")
        await shoot(page, pictures, f"{size}-3-confirm")
        await dialog.get_by_role("button", name="Back").click()
        await expect(thread.get_by_text("Approve 2 changes for INC-412?")).to_be_visible()
        await thread.get_by_role("button", name="Approve the fix of INC-412").click()
        await dialog.get_by_role("button", name="Approve and run").click()
        await expect(thread.get_by_text("Approved by Maya 02:27 · queued")).to_be_visible()
        await expect(thread.get_by_text("(edited)")).to_be_visible()
        await expect(thread.get_by_text("Approve 2 changes")).to_have_count(0)
        await shoot(page, pictures, f"{size}-4-approved")


@pytest.mark.parametrize("size", SIZES)
async def test_a_reject_asks_for_the_reason_and_shows_it(
    slack: LocalSlack, pictures: Path, size: str
) -> None:
    async with at_page(slack, size) as page:
        await page.get_by_text("2 replies").click()
        await page.get_by_role("button", name="Reject").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading")).to_have_text("Reject this fix")
        await dialog.get_by_role("button", name="Reject").click()
        await expect(dialog.get_by_text("Please complete this required field.")).to_be_visible()
        await dialog.get_by_label("Why?").fill("wait for DBA")
        await shoot(page, pictures, f"{size}-5-modal")
        await dialog.get_by_role("button", name="Reject").click()
        await expect(page.locator("#thread").get_by_text("wait for DBA")).to_be_visible()
        await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
async def test_who_may_not_approve_is_told_so_alone(
    slack: LocalSlack, pictures: Path, size: str
) -> None:
    async with at_page(slack, size, "sam", "dark") as page:
        await page.get_by_text("2 replies").click()
        await page.get_by_role("button", name="Approve the fix of INC-412").click()
        await page.get_by_role("button", name="Approve and run").click()
        await expect(page.get_by_text("You can't approve this")).to_be_visible()
        await expect(page.get_by_text("Only visible to you")).to_be_visible()
        await shoot(page, pictures, f"{size}-6-ephemeral-dark")
        await page.get_by_label("You are").select_option(
            label="Maya Lindqvist · Data on call, commander"
        )
        await expect(page.get_by_text("Approve 2 changes for INC-412?")).to_be_visible()
        await expect(page.get_by_text("You can't approve this")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_typed_on_the_page_is_answered_in_its_thread(
    slack: LocalSlack, pictures: Path, size: str
) -> None:
    async with at_page(slack, size) as page:
        box = page.get_by_label("Message #incidents")
        await box.press_sequentially("@ops")
        await expect(page.get_by_role("option", name="@opsbot App")).to_be_visible()
        await box.press("Enter")
        await box.press_sequentially("why is *etl* failing?")
        await box.press("Enter")
        asked = page.locator("#timeline .message").last
        await expect(asked.locator(".mention")).to_have_text("@opsbot")
        await asked.get_by_text("1 reply").click()
        answer = page.locator("#thread .message").last
        await expect(answer.locator("code")).to_have_text("daily_revenue_aggregation")
        await expect(answer.locator("strong")).to_have_text("2.3 h")
        await shoot(page, pictures, f"{size}-7-answer")
        await page.get_by_role(
            "button", name=re.compile("Back to the channel|Close the thread")
        ).click()
        await expect(page.get_by_role("heading", name="# incidents")).to_be_visible()


async def test_on_a_phone_one_pane_shows_and_back_leads_to_the_list(
    slack: LocalSlack, pictures: Path
) -> None:
    async with at_page(slack, "phone") as page:
        await page.get_by_text("2 replies").click()
        await expect(page.locator("#channel-pane")).to_be_hidden()
        small = await page.locator("#thread button:visible").evaluate_all(
            "nodes => nodes.filter(node => node.offsetHeight < 44).map(node => node.textContent)"
        )
        assert small == [], "these buttons are too small for a thumb"
        await page.get_by_role("button", name="Back to the channel").click()
        await page.get_by_role("button", name="Back to channels").click()
        await shoot(page, pictures, "phone-8-list")
        await page.get_by_role("link", name="data").click()
        await expect(page.get_by_role("heading", name="# data")).to_be_visible()


async def test_hostile_text_stays_text(slack: LocalSlack) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    hostile = (
        "<img src=x onerror=alert(1)> &lt;script&gt;alert(2)&lt;/script&gt; "
        "<javascript:alert(3)|go>"
    )
    await client.chat_postMessage(channel="C0DATATEAM", text=hostile)
    async with at_page(slack, "desktop") as page:
        await page.get_by_role("link", name="data").click()
        message = page.locator("#timeline .message").last
        await expect(message).to_contain_text("<script>alert(2)</script>")
        assert await message.locator("img, script, a[href^='javascript']").count() == 0


async def test_a_click_with_no_app_there_says_so_and_the_page_comes_back_by_itself(
    slack: LocalSlack,
) -> None:
    async with at_page(slack, "desktop") as page:
        await slack.socket_mode.drop_connections()
        await expect(page.get_by_text("opsbot not connected")).to_be_visible()
        await page.get_by_role("button", name="Follow").click()
        await expect(page.get_by_text("isn't connected right now")).to_be_visible()
        port = slack.state.port
        await slack.stop()
        await expect(page.get_by_text("reconnecting…")).to_be_visible()
        await slack.start(port)
        async with Person(slack.page_url, "dev") as dev:
            await dev.say("#incidents", "is anyone there?")
        await expect(page.get_by_text("is anyone there?")).to_be_visible(timeout=10_000)
