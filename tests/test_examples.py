"""The examples are what they say: their table is made by their script, and their campaigns validate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zosimos.campaign.setup import from_file

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_pool_table_is_what_its_script_makes() -> None:
    made = subprocess.run([sys.executable, EXAMPLES / "make_pool.py"], capture_output=True, check=True)
    assert made.stdout.decode() == (EXAMPLES / "pool.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_example_validates(name: str) -> None:
    setup = from_file(EXAMPLES / name)
    assert setup.space(setup.spec).parameters
