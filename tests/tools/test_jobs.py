"""Setting parameters and running again, against Airflow's shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from tests.fakes.airflow import JOB, FakeAirflow
from tests.fakes.http_server import FakeServer
from tools.jobs.airflow import Airflow, AirflowSettings
from tools.jobs.rerun_job import RerunJob, RerunJobParams
from tools.jobs.set_job_parameters import SetJobParameters, SetJobParametersParams
from tools.kit.conformance import (
    WriteCase,
    check_reversible_tool,
    check_write_tool,
)
from tools.kit.errors import InvalidCall, OutcomeUnknown, Refused
from tools.kit.http import within
from tools.kit.tool import Context

RERUN = RerunJobParams(job=JOB)


def connect(url: str, password: str = "s3cret") -> Airflow:
    return Airflow(AirflowSettings(url=url, username="opsbot", password=SecretStr(password)))


def setting(**parameters: str) -> SetJobParametersParams:
    return SetJobParametersParams(job=JOB, parameters=parameters)


def ctx(key: str = "k1") -> Context:
    return Context(deadline=within(5).deadline, key=key)


class Desk:
    """A scheduler, and the two tools over it."""

    def __init__(self, airflow: FakeAirflow, server: FakeServer) -> None:
        self.airflow = airflow
        self.server = server
        self.backend = connect(server.url)
        self.set = SetJobParameters(self.backend)
        self.rerun = RerunJob(self.backend)

    def value(self, name: str) -> str | None:
        return self.airflow.variables[f"{JOB}.{name}"]["value"]

    def description(self, name: str) -> str | None:
        return self.airflow.variables[f"{JOB}.{name}"]["description"]

    async def effects(self) -> int:
        return self.airflow.changes

    async def values(self) -> object:
        return {name: each["value"] for name, each in self.airflow.variables.items()}

    async def runs(self) -> object:
        return sorted(self.airflow.runs)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    airflow = FakeAirflow()
    async with FakeServer(airflow.handle) as server:
        desk = Desk(airflow, server)
        yield desk
        await desk.backend.close()


@pytest.mark.parametrize("values", [{"source": "replica-1"}, {"source": "r", "batch": "7"}])
async def test_set_job_parameters_conforms(desk: Desk, values: dict[str, str]) -> None:
    case = WriteCase(
        connect, SetJobParameters, desk.server.url, setting(**values), desk.values, desk.effects
    )
    await check_reversible_tool(case)
    await check_write_tool(case)


async def test_rerun_job_conforms(desk: Desk) -> None:
    await check_write_tool(
        WriteCase(connect, RerunJob, desk.server.url, RERUN, desk.runs, desk.effects)
    )


async def test_the_dry_run_shows_each_value_before_and_after(desk: Desk) -> None:
    shown = await desk.set.dry_run(setting(source="replica-1"), ctx())
    assert shown.summary == f"Set source of {JOB}: replica-2 → replica-1"
    assert [(each.kind, each.name) for each in shown.targets] == [("job", JOB)]
    change = shown.changes[0]
    assert (change.target, change.field) == (JOB, "source")
    assert (change.before, change.after) == ("replica-2", "replica-1")
    assert shown.warnings == ()


async def test_the_dry_run_warns_of_a_run_that_keeps_the_old_values(desk: Desk) -> None:
    desk.airflow.runs["manual__2"] = "running"
    shown = await desk.set.dry_run(setting(source="replica-1"), ctx())
    assert "a run is running" in shown.warnings[0]


async def test_a_parameter_that_does_not_exist_is_refused_with_those_that_do(desk: Desk) -> None:
    with pytest.raises(InvalidCall, match="it has: batch, source"):
        await desk.set.dry_run(setting(sauce="x"), ctx())
    assert desk.airflow.changes == 0


async def test_a_job_that_does_not_exist_is_refused_in_airflow_s_words(desk: Desk) -> None:
    params = SetJobParametersParams(job="nope", parameters={"source": "x"})
    with pytest.raises(InvalidCall, match="`nope` was not found"):
        await desk.set.dry_run(params, ctx())


async def test_a_value_that_airflow_hides_is_left_alone(desk: Desk) -> None:
    desk.airflow.variables[f"{JOB}.batch"]["value"] = '{"token": "***"}'
    with pytest.raises(Refused, match="could not be put back"):
        await desk.set.dry_run(setting(batch="x"), ctx())


async def test_the_human_s_description_is_kept_beside_the_latest_mark(desk: Desk) -> None:
    await desk.set.execute(setting(source="replica-1"), ctx("k1"))
    assert desk.description("source") == "Where it reads from [opsbot k1]"
    await desk.set.execute(setting(source="replica-3"), ctx("k2"))
    assert desk.description("source") == "Where it reads from [opsbot k2]"
    assert (await desk.set.applied("k1", None, ctx())).answer == "no"
    assert (await desk.set.applied("k2", None, ctx())).answer == "yes"


async def test_a_call_that_set_half_is_unknown_and_says_which_half(desk: Desk) -> None:
    del desk.airflow.variables[f"{JOB}.batch"]
    with pytest.raises(OutcomeUnknown, match="source set, then"):
        await desk.set.execute(setting(source="replica-1", batch="7"), ctx())
    seen = await desk.set.applied("k1", None, ctx())
    assert seen.answer == "unknown"
    assert "only 1 of 2" in seen.summary
    assert "source" in seen.summary


async def test_a_setting_whose_answer_was_lost_is_found_by_its_key(desk: Desk) -> None:
    desk.server.loses = lambda seen: seen.method == "PATCH"
    with pytest.raises(OutcomeUnknown):
        await desk.set.execute(setting(source="replica-1"), ctx())
    assert desk.airflow.changes == 1
    seen = await desk.set.applied("k1", None, ctx())
    assert seen.answer == "yes"
    assert seen.handle is not None
    assert seen.handle.ref == JOB


async def test_verify_fails_when_another_hand_changed_it(desk: Desk) -> None:
    handle = await desk.set.execute(setting(source="replica-1"), ctx())
    desk.airflow.variables[f"{JOB}.source"]["value"] = "replica-9"
    seen = await desk.set.verify(setting(source="replica-1"), handle, ctx())
    assert seen.status == "failed"
    assert "'replica-9', not 'replica-1'" in seen.summary


@pytest.mark.parametrize("bad", [{}, {"a b": "x"}, {"../x": "y"}, {"": "y"}])
def test_parameter_names_that_could_mean_something_else_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SetJobParametersParams(job=JOB, parameters=bad)


async def test_a_rerun_names_the_last_state_and_what_depends_on_the_job(desk: Desk) -> None:
    shown = await desk.rerun.dry_run(RERUN, ctx())
    change = shown.changes[0]
    assert (change.field, change.before, change.after) == ("run", "failed", "one new run")
    assert shown.affects == ("finance",)
    assert shown.sentence == f"run {JOB} once (last run failed)"
    assert shown.undo == "what it writes stays"


@pytest.mark.parametrize("state", ["queued", "running"])
async def test_nothing_is_rerun_while_a_run_is_under_way(desk: Desk, state: str) -> None:
    desk.airflow.runs["manual__2"] = state
    with pytest.raises(InvalidCall, match=f"'manual__2' {state} already"):
        await desk.rerun.dry_run(RERUN, ctx())


async def test_a_paused_job_is_left_to_whoever_paused_it(desk: Desk) -> None:
    desk.airflow.paused = True
    with pytest.raises(Refused, match="paused"):
        await desk.rerun.dry_run(RERUN, ctx())


async def test_a_run_whose_answer_was_lost_is_found_by_its_key(desk: Desk) -> None:
    await desk.backend.check()
    desk.server.loses = lambda seen: seen.method == "POST"
    with pytest.raises(OutcomeUnknown):
        await desk.rerun.execute(RERUN, ctx())
    seen = await desk.rerun.applied("k1", None, ctx())
    assert seen.answer == "yes"
    assert seen.handle is not None
    assert seen.handle.ref == "opsbot-k1"
    assert seen.handle.url == f"{desk.server.url}/dags/{JOB}/runs/opsbot-k1"
    assert (await desk.rerun.applied("k", None, ctx())).answer == "no"


@pytest.mark.parametrize("state", ["queued", "running", "restarting"])
async def test_a_run_under_way_is_looked_at_again(desk: Desk, state: str) -> None:
    desk.airflow.new_run_state = state
    handle = await desk.rerun.execute(RERUN, ctx())
    seen = await desk.rerun.verify(RERUN, handle, ctx())
    assert seen.status == "pending"
    assert seen.summary.startswith(f"new run of {JOB} is "), "people read it, so no id"
    assert 1 <= seen.after_seconds <= 5


async def test_a_failed_run_is_reported_with_its_last_words(desk: Desk) -> None:
    desk.airflow.new_run_state = "failed"
    handle = await desk.rerun.execute(RERUN, ctx())
    seen = await desk.rerun.verify(RERUN, handle, ctx())
    assert seen.status == "failed"
    assert "RuntimeError: connection timeout to replica-2" in seen.summary


async def test_one_sign_in_serves_many_calls(desk: Desk) -> None:
    await desk.backend.job(JOB, ctx())
    await desk.backend.job(JOB, ctx())
    assert [seen.path for seen in desk.server.writes()] == ["/auth/token"]


async def test_a_lapsed_token_is_renewed_for_reads_and_for_writes(desk: Desk) -> None:
    await desk.backend.job(JOB, ctx())
    desk.airflow.tokens.clear()
    await desk.backend.job(JOB, ctx())
    desk.airflow.tokens.clear()
    await desk.rerun.execute(RERUN, ctx())
    assert desk.airflow.changes == 1


async def test_a_token_that_stays_refused_is_believed(desk: Desk) -> None:
    settings = AirflowSettings(url=desk.server.url, token=SecretStr("stale"))
    backend = Airflow(settings)
    with pytest.raises(Refused, match="OPSBOT_AIRFLOW_TOKEN"):
        await backend.job(JOB, ctx())
    await backend.close()
    assert len(desk.server.seen) == 1


async def test_a_wrong_password_names_its_settings_and_is_not_shown(desk: Desk) -> None:
    backend = connect(desk.server.url, "wr0ng")
    with pytest.raises(Refused, match="OPSBOT_AIRFLOW_USERNAME, OPSBOT_AIRFLOW_PASSWORD") as caught:
        await backend.job(JOB, ctx())
    await backend.close()
    assert "wr0ng" not in str(caught.value)


def test_settings_without_any_credential_name_what_is_missing() -> None:
    with pytest.raises(ValidationError, match="OPSBOT_AIRFLOW_TOKEN"):
        AirflowSettings(url="http://airflow.example")


async def test_check_says_what_answered(desk: Desk) -> None:
    assert await desk.backend.check() == f"Airflow 3.3.2 at {desk.server.url}, 1 jobs"


async def test_a_proxy_s_not_found_is_no_proof_that_nothing_happened(desk: Desk) -> None:
    async def proxy(request: web.Request) -> web.Response:
        return web.Response(status=404, text="<h1>Not Found</h1>", content_type="text/html")

    async with FakeServer(proxy) as elsewhere:
        backend = Airflow(AirflowSettings(url=elsewhere.url, token=SecretStr("t0k3n")))
        for tool in (SetJobParameters(backend), RerunJob(backend)):
            assert (await tool.applied("k1", None, ctx())).answer == "unknown"
        await backend.close()
