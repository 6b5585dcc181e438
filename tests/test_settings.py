"""What opsbot is told from outside, and what it says when that doesn't fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, read

SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_SIGNING_SECRET": "s",
    "OPSBOT_APPROVERS": "@oncall",
}


def given(**environ: str) -> Settings:
    return read(environ, Path("/nowhere/.env"))


def test_nothing_set_is_fine_and_not_a_slack_configuration() -> None:
    settings = given()
    assert not settings.slack_configured
    assert settings.http_host_port == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("mode", "needed"),
    [
        ("socket", {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OPSBOT_APPROVERS"}),
        ("http", {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "OPSBOT_APPROVERS"}),
    ],
)
def test_half_a_slack_configuration_names_each_variable_that_is_missing(
    mode: str, needed: set[str]
) -> None:
    given(OPSBOT_SLACK_MODE=mode, **SLACK).require_slack()
    for name in SLACK:
        rest = {k: v for k, v in SLACK.items() if k != name}
        settings = given(OPSBOT_SLACK_MODE=mode, **rest)
        if name not in needed:
            settings.require_slack()
            continue
        with pytest.raises(SettingsError, match=rf"Missing: {name} \("):
            settings.require_slack()
    with pytest.raises(SettingsError) as nothing:
        given(OPSBOT_SLACK_MODE=mode).require_slack()
    assert all(name in str(nothing.value) for name in needed)


@pytest.mark.parametrize(
    "address", ["8080", ":8080", "localhost", "localhost:", "localhost:http", "a:99999", "a:²"]
)
def test_a_bad_address_is_quoted(address: str) -> None:
    with pytest.raises(SettingsError, match="OPSBOT_HTTP_ADDR is"):
        _ = given(OPSBOT_HTTP_ADDR=address).http_host_port


@pytest.mark.parametrize(
    ("address", "found"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8080", ("::1", 8080)), ("h:0", ("h", 0))],
)
def test_a_good_address_is_taken_apart(address: str, found: tuple[str, int]) -> None:
    assert given(OPSBOT_HTTP_ADDR=address).http_host_port == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPSBOT_SLACK_MODE", "carrier pigeon"),
        ("OPSBOT_REDIS_DURABILITY", "trust me"),
        ("OPSBOT_GENERIC_MAPPING", "{"),
        ("OPSBOT_GENERIC_MAPPING", '["title"]'),
        ("OPSBOT_GENERIC_MAPPING", '{"title": 1}'),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        given(**{name: value})


def test_the_environment_wins_over_the_file_and_empty_counts_as_not_set(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OPSBOT_CHANNEL=#file\nOPSBOT_ONCALL=U1, @dba ,\nREDIS_URL=redis://file\n")
    settings = read({"OPSBOT_CHANNEL": "#shell", "REDIS_URL": ""}, file)
    assert settings.channel == "#shell"
    assert settings.oncall == ("U1", "@dba")
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://file"


def test_an_integration_reads_what_bears_its_name() -> None:
    settings = given(
        OPSBOT_JIRA_URL="https://jira.example",
        OPSBOT_JIRA_API_TOKEN="t",
        OPSBOT_JIRAFFE_URL="https://giraffe.example",
        JIRA_URL="https://other.example",
    )
    assert settings.integration("jira") == {"url": "https://jira.example", "api_token": "t"}
    assert settings.integration("airflow") == {}


def test_the_file_feeds_integrations_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPSBOT_JIRA_URL=https://jira.example\n")
    assert read({}, tmp_path / ".env").integration("jira") == {"url": "https://jira.example"}


def test_secrets_are_known_by_their_variables_and_where_an_address_has_one() -> None:
    settings = given(
        OPSBOT_JIRA_TOKEN="of-jira",
        ANTHROPIC_API_KEY="of-anthropic",
        REDIS_URL="rediss://user:of%2Fredis@cache:6379/0",
        OPSBOT_PROMETHEUS_URL="https://:of-prometheus@prometheus.example",
        OPSBOT_JIRA_URL="https://jira.example/a:b@c",
        OPSBOT_BUDGET_TOKENS="200000",
        OPSBOT_CHANNEL="#incidents",
    )
    assert settings.secrets == {
        "of-jira", "of-anthropic", "of/redis", "of%2Fredis", "of-prometheus",
    }  # fmt: skip


def test_no_secret_is_printed() -> None:
    settings = given(
        **SLACK,
        OPSBOT_WEBHOOK_TOKEN="hunter2",
        REDIS_URL="redis://:hunter2@h",
        OPSBOT_JIRA_TOKEN="hunter2",
    )
    assert "hunter2" not in repr(settings)
    assert "xoxb-1" not in repr(settings)


def test_a_webhooks_secret_is_one_or_two_and_its_sender_is_let_in_with_each() -> None:
    settings = given(
        OPSBOT_WEBHOOK_TOKEN="a-token",
        OPSBOT_WEBHOOK_PAGERDUTY_SECRET="the-new-one, the-old-one",
        OPSBOT_WEBHOOK_GITHUB_SECRET=" , ",
    )
    assert settings.webhook_secrets == {
        "alertmanager": ("a-token",),
        "generic": ("a-token",),
        "pagerduty": ("the-new-one", "the-old-one"),
    }
    assert {"a-token", "the-new-one", "the-old-one"} <= settings.secrets
    assert "the-old-one" not in repr(settings)
    with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_JIRA_SECRET: ") as three:
        given(OPSBOT_WEBHOOK_JIRA_SECRET="first-secret,second-secret,third-secret")
    assert "second-secret" not in str(three.value)


def test_sns_is_let_in_by_its_topics_and_with_a_secret_alone_it_is_not() -> None:
    topics = "arn:aws:sns:eu-west-1:123456789012:alarms, arn:aws-cn:sns:cn-north-1:123456789012:b"
    settings = given(OPSBOT_WEBHOOK_SNS_TOPICS=topics)
    assert settings.sns_topics == tuple(topics.split(", "))
    assert settings.webhook_secrets == {}
    # An ARN stands in many an alert and is no secret.
    assert settings.secrets == frozenset()
    with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_SNS_SECRET: .*_SNS_TOPICS;"):
        given(OPSBOT_WEBHOOK_SNS_SECRET="a-secret")
    for wrong in ("alarms", "*", "arn:aws:sns:eu-west-1:123456789012:*", "arn:aws:sqs:x:1:a"):
        with pytest.raises(SettingsError, match=r"^OPSBOT_WEBHOOK_SNS_TOPICS: .*no topic's ARN"):
            given(OPSBOT_WEBHOOK_SNS_TOPICS=wrong, OPSBOT_WEBHOOK_SNS_SECRET="a-secret")
