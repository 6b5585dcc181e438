"""In CI a test that lacks something fails; at a desk it is skipped and says what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPS = {
    "a call": "def test_it():\n    pytest.skip('no browser here')\n",
    "a mark": "@pytest.mark.skipif(True, reason='no browser here')\ndef test_it():\n    pass\n",
    "a fixture": (
        "@pytest.fixture\ndef browser():\n    pytest.skip('no browser here')\n\n"
        "def test_it(browser):\n    pass\n"
    ),
    "the whole file": "pytest.skip('no browser here', allow_module_level=True)\n",
}
EXPECTED = "@pytest.mark.xfail(strict=True, reason='known')\ndef test_it():\n    assert 1 == 2\n"
SETTINGS = (
    "import os\n\ndef test_it():\n    assert 'SLACK_BOT_TOKEN' not in os.environ\n"
    "    assert os.environ['OPSBOT_VENDOR_SPECS'] == 'kept'\n"
)


def _run(folder: Path, test: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_bytes((ROOT / "tests/conftest.py").read_bytes())
    (folder / "test_it.py").write_text(f"import pytest\n{test}", encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | variables
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "--rootdir=.", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("how", SKIPS)
def test_a_skip_fails_in_ci_and_names_what_is_missing(tmp_path: Path, how: str) -> None:
    ran = _run(tmp_path, SKIPS[how], CI="true")
    assert ran.returncode != 0
    assert "must not be skipped in CI" in ran.stdout
    assert "no browser here" in ran.stdout


def test_a_skip_stays_a_skip_at_a_desk(tmp_path: Path) -> None:
    ran = _run(tmp_path, SKIPS["a fixture"])
    assert ran.returncode == 0
    assert "1 skipped" in ran.stdout


def test_a_failure_that_is_expected_stays_one_in_ci(tmp_path: Path) -> None:
    ran = _run(tmp_path, EXPECTED, CI="true")
    assert ran.returncode == 0
    assert "1 xfailed" in ran.stdout


def test_the_settings_of_whoever_runs_the_tests_stay_out(tmp_path: Path) -> None:
    ran = _run(tmp_path, SETTINGS, SLACK_BOT_TOKEN="xoxb-theirs", OPSBOT_VENDOR_SPECS="kept")
    assert ran.returncode == 0, ran.stdout
