"""The sample's inventory describes the company that runs."""

from __future__ import annotations

from pathlib import Path

import yaml

import bot.sandbox.company as sample
from bot.sandbox.company import Company


async def test_every_job_and_instance_is_in_the_inventory_under_its_service(
    company: Company,
) -> None:
    await company.start_orders()
    path = Path(sample.__file__).with_name("inventory.yml")
    services = yaml.safe_load(path.read_text("utf-8"))["services"]

    jobs = {(name, job) for name, one in services.items() for job in one["jobs"]}
    instances = {(name, each) for name, one in services.items() for each in one["instances"]}

    assert jobs == {(job.service, job.id) for job in company.scheduler.jobs.values()}
    assert instances == {(one.service, one.name) for one in company.instances.values()}
    assert all(set(one["depends_on"]) <= set(services) for one in services.values())
    assert all(one["owners"] for one in services.values())
