"""Nothing of the company outlives it: not a stop, not a kill -9 of the process that started it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.sandbox.company import Company

Until = Callable[..., Awaitable[None]]

ROOT = Path(__file__).parents[2]
PARENT = """
import asyncio, json, sys
from pathlib import Path
from bot.sandbox.company import Company

async def main():
    company = Company(Path(sys.argv[1]))
    await company.start()
    breaking = asyncio.create_task(company.break_etl())
    while not any(run.pid for run in company.scheduler.runs):
        await asyncio.sleep(0.01)
    pids = [one.pid for one in company.instances.values()]
    pids += [run.pid for run in company.scheduler.runs if run.pid]
    print(json.dumps(pids), flush=True)
    await breaking
    await asyncio.sleep(60)

asyncio.run(main())
"""


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def test_it_starts_in_less_than_two_seconds_and_stops_whole(tmp_path: Path) -> None:
    began = time.monotonic()
    company = Company(tmp_path)
    await company.start()
    took = time.monotonic() - began
    pids = [instance.pid for instance in company.instances.values()]
    assert len(pids) == 3
    assert all(alive(pid) for pid in pids)

    await company.stop()

    assert took < 2
    assert not any(alive(pid) for pid in pids)


async def test_a_stop_ends_a_job_that_is_running(tmp_path: Path, until: Until) -> None:
    company = Company(tmp_path)
    await company.start()
    breaking = asyncio.create_task(company.break_etl())
    await until(lambda: any(run.pid for run in company.scheduler.runs))
    pids = [run.pid for run in company.scheduler.runs if run.pid]

    await company.stop()

    assert not alive(pids[0])
    await asyncio.gather(breaking, return_exceptions=True)


async def test_a_kill_of_the_parent_leaves_no_replica_and_no_job_behind(
    tmp_path: Path, until: Until
) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert parent.stdout is not None
    pids: list[int] = json.loads(await asyncio.wait_for(parent.stdout.readline(), 20))
    assert len(pids) == 4
    assert all(alive(pid) for pid in pids)

    parent.send_signal(signal.SIGKILL)
    await parent.wait()

    await until(lambda: not any(alive(pid) for pid in pids))


async def test_the_effects_file_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    for run in range(2):
        company = Company(tmp_path)
        company._effects.record("airflow", "variable.set", f"a: {run} → {run + 1}")
        assert len(company.effects) == 1

    assert len((tmp_path / "effects.jsonl").read_text("utf-8").splitlines()) == 2


async def test_credentials_differ_in_each_run(tmp_path: Path) -> None:
    first, second = Company(tmp_path), Company(tmp_path)

    secrets = ("ELASTICSEARCH_API_KEY", "PROMETHEUS_TOKEN", "GRAFANA_TOKEN", "JAEGER_TOKEN")
    for name in (*secrets, "AIRFLOW_PASSWORD", "JIRA_TOKEN"):
        assert first.environment()[f"OPSBOT_{name}"] != second.environment()[f"OPSBOT_{name}"]
