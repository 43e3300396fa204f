"""The examples are what they say: their table is made by their script, their campaigns validate, their lab runs."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_lab import NOW

from zosimos.campaign.control.commands import create
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.files import from_file
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_pool_table_is_what_its_script_makes() -> None:
    made = subprocess.run([sys.executable, EXAMPLES / "make_pool.py"], capture_output=True, check=True)
    assert made.stdout.decode() == (EXAMPLES / "pool.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_example_validates(name: str) -> None:
    setup = from_file(EXAMPLES / name)
    assert setup.space(setup.spec).parameters


@pytest.mark.slow
def test_the_laboratory_of_two_files_reaches_its_target(tmp_path: Path) -> None:
    setup = from_file(EXAMPLES / "dilution.yaml", ["budget.experiments=7"])
    ledger = Ledger(str(tmp_path / "ledger.db"))
    record = create(ledger, setup, author="tester", now=NOW, entropy=random.Random(0))
    assert run_campaign(record, reopened(record)).status == "finished"
    found = [one.measurements["absorbance"] for one in Record(ledger, record.campaign).state.experiments.values()]
    assert len(found) == 7
    assert min(abs(one.value - 0.6) for one in found) < 0.01
    assert {one.origin for one in found} == {"simulated"}
