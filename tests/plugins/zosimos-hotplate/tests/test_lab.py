"""The laboratory of two files: a campaign in it, a plate that does not get there, wrong recipes refused in words."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

import zosimos as zo

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a campaign writes beside its ledger be written elsewhere."""
    monkeypatch.chdir(tmp_path)


def lab(folder: Path, changes: Mapping[str, str]) -> Path:
    """Copy the example, with other words in its files."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return folder / "heat_treatment.yaml"


def test_a_campaign_measures_what_the_plate_did(tmp_path: Path) -> None:
    file = lab(tmp_path, {"loss: { goal": "held: { goal: min, unit: degC }\n  loss: { goal"})
    with zo.Campaign.create(
        file, ledger=tmp_path / "l.db", overrides={"budget.experiments": 2, "planner.kind": "sobol"}
    ) as campaign:
        assert campaign.run().status == "finished"
        for one in campaign.experiments:
            held, dose, loss = (one.outcomes[name] for name in ("held", "dose", "loss"))
            assert held.uncertainty is not None
            assert abs(held.value - one["temperature"]) < 3 * held.uncertainty
            assert 0.05 < held.uncertainty < 0.5
            whole = one["hold"] * 10 ** ((one["temperature"] - 60) / 10)
            assert whole < dose.value < 3 * whole + 2
            assert 0.1 < loss.value < 4.0
        assert campaign.replay().divergence is None


def test_a_plate_that_does_not_get_there_fails_the_experiment_and_is_switched_off(tmp_path: Path) -> None:
    file = lab(tmp_path, {"limit: 30 min": "limit: 1 min"})
    with zo.Campaign.create(file, ledger=tmp_path / "l.db", overrides={"budget.experiments": 1}) as campaign:
        campaign.run()
        (one,) = campaign.experiments
        assert "after 60 s and was to be within 0.5 K" in str(one.failure)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("within: 0.5 K", "within: 0.5 degC", ""),
        ("ramp: 15 K/min", "ramp: 15 K", "measure different things"),
        ("to: temperature", "to: hold + 50", "is in min, and would be taken in degC"),
        ("to: temperature", "to: temprature", "nothing is called 'temprature'"),
        ("plate: heats", "plate: weighs", "no role that heats"),
        ("heater-on: {}", "", "heater-on"),
        ("max: 85 degC", "max: 60 degC", "outside the limits"),
        ("as: held", "as: the mean", "no name that a formula can speak of"),
        ("for: 60 * hold", "fro: 60 * hold", "did you mean"),
    ],
)
def test_what_a_recipe_or_a_lab_file_gets_wrong_is_refused_in_words(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    file = lab(tmp_path, {old: new})
    if not words:
        zo.Campaign.create(file, ledger=tmp_path / "l.db").close()
        return
    with pytest.raises(zo.ZosimosError) as caught:
        zo.Campaign.create(file, ledger=tmp_path / "l.db")
    assert words in str(caught.value)


def events(ledger: Path, *words: str) -> int:
    """Count the events on record in whose text all words stand."""
    with closing(sqlite3.connect(ledger)) as connection:
        try:
            found = connection.execute("SELECT text FROM events").fetchall()
        except sqlite3.OperationalError:  # it is being made
            return 0
    return sum(all(word in text for word in words) for (text,) in found)


@contextmanager
def served(file: Path, time_scale: int) -> Iterator[str]:
    """Serve the laboratory by another process, so that its devices live on when a session ends."""
    address = "127.0.0.1:" + str(20_000 + os.getpid() % 20_000)
    command = [sys.executable, "-m", "zosimos.faces.cli", "lab", "serve", str(file), "--tcp", address, "--json"]
    process = subprocess.Popen([*command, "--time-scale", str(time_scale)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("{")
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_session_that_ends_in_the_middle_switches_off_and_the_next_heats_again(tmp_path: Path) -> None:
    file, ledger = lab(tmp_path, {}), tmp_path / "l.db"
    here = {"budget.experiments": 1, "planner.kind": "sobol", "lab.time_scale": 200}

    async def stopped_in_the_middle(campaign: zo.Campaign) -> None:
        task = asyncio.create_task(campaign.arun())
        while events(ledger, '"step.read"', '"on":true') < 5:
            assert not task.done()
            await asyncio.sleep(0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    with (
        served(tmp_path / "heat_treatment/lab.yaml", 200) as address,
        zo.Campaign.create(file, ledger=ledger, overrides={**here, "lab.served": address}) as campaign,
    ):
        asyncio.run(stopped_in_the_middle(campaign))
        assert events(ledger, '"step.intended"', '"name":"heat"') == 1
        campaign.resume()
        assert campaign.run().status == "finished"
        (one,) = campaign.experiments
        assert one.outcomes["dose"].value > 1.0
    assert events(ledger, '"step.intended"', '"name":"heat"') == 2
    assert events(ledger, '"step.done"') == events(ledger, '"step.intended"')
