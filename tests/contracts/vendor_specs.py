"""Vendors' own API files, for checking what was sent against what they say is right."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.fakes.http_server import Seen


@cache
def load(name: str) -> dict[str, Any]:
    """One file of the folder that OPSBOT_VENDOR_SPECS names; skips where there is none."""
    folder = os.environ.get("OPSBOT_VENDOR_SPECS")
    if not folder:
        pytest.skip("OPSBOT_VENDOR_SPECS names no folder of vendors' API files")
    text = (Path(folder) / name).read_text()
    spec: dict[str, Any] = yaml.safe_load(text) if name.endswith(".yaml") else json.loads(text)
    return spec


def faults(spec: dict[str, Any], seen: Seen, path: str | None = None) -> list[str]:
    """What the spec finds wrong with a request: its path, its query, its body."""
    wanted = path or seen.path
    found = [each for each in spec["paths"] if _fits(each, wanted)]
    if not found:
        return [f"no such path: {wanted}"]
    # The most literal one: `/issue/picker` before `/issue/{key}`.
    operations = spec["paths"][min(found, key=lambda each: each.count("{"))]
    operation = operations.get(seen.method.lower())
    if operation is None:
        return [f"{wanted} knows no {seen.method}"]
    parameters = [
        _resolve(spec, each)
        for each in (*operations.get("parameters", ()), *operation.get("parameters", ()))
    ]
    known = {each["name"] for each in parameters if each["in"] == "query"}
    wrong = [f"unknown query parameter {name!r}" for name in seen.query if name not in known]
    body = _resolve(spec, operation.get("requestBody", {}))
    if not body:
        return wrong + (["a body where none is due"] if seen.body is not None else [])
    schema = body["content"]["application/json"]["schema"]
    return wrong + schema_faults(spec, schema, seen.body)


def schema_faults(spec: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    """What a schema of the spec finds wrong with a value."""
    whole = {**schema, "components": spec["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def _fits(template: str, path: str) -> bool:
    pattern = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", template)
    )
    return re.fullmatch(pattern, path) is not None


def _resolve(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node
