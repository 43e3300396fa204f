"""Ledgers made in bulk are ledgers: they verify, and the planner itself decides what stands in them."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import reopened

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

import scale  # noqa: E402 - the path comes first
from scaling.generator import make_ledger  # noqa: E402
from scaling.measure import Cell, measured  # noqa: E402

AS_PROCESSES = {"--version", "head"}
"""What is measured in a process of its own here too, beside the loop."""


@pytest.mark.slow
def test_a_ledger_made_in_bulk_verifies_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "made.db"
    ids = make_ledger(path, 2, 400, seed=3)
    assert make_ledger(path, 2, 400, seed=3) == ids, "it is kept"
    with Ledger(str(path)) as ledger:
        assert sorted(ids) == ledger.campaigns()
        for name in ids:
            assert verify(ledger, name).seq >= 400
            record = Record(ledger, name)
            found = replay(name, ledger.events(name), reopened(record))
            assert (found.divergence, found.decisions) == (None, record.state.decisions)
            kinds = {event.kind for event in ledger.events(name)}
            assert {"experiment.failed", "observation.told", "step.done", "session.opened"} <= kinds


def test_the_same_seed_makes_the_same_events(tmp_path: Path) -> None:
    heads = []
    for folder in ("a", "b"):
        (name,) = make_ledger(tmp_path / folder / "made.db", 1, 100, seed=8)
        with Ledger(str(tmp_path / folder / "made.db")) as ledger:
            heads.append(str(verify(ledger, name)))
    assert heads[0] == heads[1]


def test_a_command_in_a_process_of_its_own_is_measured_or_left_out_with_the_reason() -> None:
    cell = measured([sys.executable, "-c", "print(sum(range(10**6)))"], 60.0, once=True)
    assert (cell.text.strip(), cell.left_out) == (str(sum(range(10**6))), "")
    assert cell.cpu_s > 0
    assert cell.mb > 5
    failed = measured([sys.executable, "-c", "raise SystemExit('no rows')"], 60.0, once=True)
    assert failed.left_out == "it failed with exit code 1: no rows"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands of the command line be carried out in this process, where a start of each would take a second."""
    from zosimos.faces.cli import main

    def carried_out(arguments: Sequence[str], limit_s: float, *, once: bool = False) -> Cell:
        if tuple(arguments[:3]) != scale.CLI or arguments[3] in AS_PROCESSES:
            return measured(arguments, limit_s, once=once)
        began = time.process_time()
        code = main(list(arguments[3:]))
        return Cell(time.process_time() - began, 100.0, left_out=f"exit code {code}" if code else "")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scale, "measured", carried_out)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_scale_prints_figures_by_command_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--sizes", "100,300", "--late", "220", "--campaigns", "3", "--widths", "10,20", "--once"]
    monkeypatch.setattr(sys, "argv", ["scale.py", *few, "--cache", str(tmp_path)])
    scale.main()
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    assert found["left_out"] == []
    flat = {"status", "list", "head", "ask", "tell"}
    for command in (*flat, "verify", "replay", "report", "export", "export_json", "export_crate"):
        assert set(found["cells"][command]) == {"100", "300"}
        assert all(cell["cpu_s"] > 0 and cell["mb"] > 10 for cell in found["cells"][command].values())
    for command in ("validate", "ask", "tell", "status", "verify", "replay", "report"):
        assert set(found["cells"][f"wide_{command}"]) == {"10", "20"}
    assert set(found["flat"]) == flat
    assert set(found["flat_mb"]) == flat | {"export", "export_json"}
    assert found["loop_late_over_early"] > 0
