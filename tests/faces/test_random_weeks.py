"""Weeks by hand, drawn by lot: whatever is told, mended and changed, in whatever order, the record makes sense."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from tests.faces.conftest import Answer

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.whole import WholeChain
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.snapshot.keeping import current
from zosimos.campaign.record.state import State

SPEC = """\
name: glue
space:
  temp: {min: 20, max: 80, unit: degC}
  level: {levels: [1, 2, 3]}
  solvent: {choices: [DMF, THF]}
objectives:
  viscosity: {goal: min, unit: mPa*s}
  strength: {goal: max, unit: MPa}
planner: {kind: sobol, start: START}
budget: {experiments: 20}
seed: 3
"""
STEERINGS = (
    "space.additive={choices: [none, salt], default: none}",
    "space.salt={min: 0, max: 5, default: 0, unit: g}",
    "space.salt=null",
    "objectives.cost={goal: min, unit: EUR}",
    "objectives.cost=null",
    "space.solvent.choices=[DMF, THF, water]",
    "space.solvent.choices=[DMF, water]",
    "space.level.levels=[1, 2]",
    "space.temp.max=60",
    "budget.experiments=40",
)
MOVES = ("ask", "ask", "grow", "grow", "grow", "again", "export", "correct", "correct", "undo", "mend", "take_out")
MOVES += ("drop", "steer")
VIEWS: tuple[tuple[str, ...], ...] = (
    *(("verify",), ("replay",), ("status",), ("show",), ("show", "--json"), ("watch", "--once")),
    *(("report", "-o", "r.html"), ("export", "--format", "csv", "-o", "x.csv"), ("export", "--format", "json")),
)
Cli = Callable[..., Answer]


class Week:
    """A campaign by hand, and what may happen to it."""

    def __init__(self, cli: Cli, seed: int) -> None:
        self.cli, self.lot = cli, random.Random(seed)
        Path("glue.yaml").write_text(SPEC.replace("START", "5" if seed % 2 else "{design: full-factorial}"))
        self.campaign = str(self.ok("ask", "glue.yaml", "-n", 3, "--json").json["campaign"])
        self.grow()

    def ok(self, *arguments: object) -> Answer:
        found = self.cli(*arguments)
        assert found.code == 0, (arguments, found.out, found.err)
        return found

    def may(self, command: str, *arguments: object) -> Answer:
        """Do what may be refused; then nothing of it is on record, and a person is told why."""
        before = self.state.seq
        found = self.cli(command, self.campaign, *arguments)
        assert found.code in (0, 2), found
        assert found.code == 0 or self.state.seq == before, (command, arguments)
        assert "bug in Zosimos" not in found.err + found.out, (command, arguments, found)
        return found

    @property
    def state(self) -> State:
        with Ledger("zosimos.db") as ledger:
            found = current(ledger, self.campaign)
            found.complete()
            return found

    def one(self) -> Experiment:
        return self.lot.choice(list(self.state.experiments.values()))

    def drawn(self) -> str:
        return self.lot.choice(["", "", f"{self.lot.uniform(1, 50):.3g}", "<0.5"])

    # --- what may happen

    def ask(self) -> None:
        self.may("ask", "-n", self.lot.randint(1, 3), "-o", f"asked-{self.state.seq}.csv")

    def grow(self) -> None:
        """Tell the one table that a person keeps, with all columns of today, after filling in some of it."""
        state, rows = self.state, []
        space, outcomes = list(state.spec.space), list(state.spec.objectives)
        for one in state.experiments.values():
            if one.status in ("cancelled", "retracted"):
                continue
            found = [one.measurements.get(name) for name in outcomes]
            told = [self.drawn() if item is None else f"{item.sign}{item.value!r}" for item in found]
            rows.append([one.id, *(state.lens.row(one.values)[name] for name in space), *told])
        if rows:
            self.lot.shuffle(rows)
            write("kept.csv", [["experiment", *space, *outcomes], *rows])
            answer = self.may("tell", "kept.csv")
            assert answer.code == 0 or "holds no result" in answer.err, answer.err
            now = self.state
            for name, one in state.experiments.items():
                assert one.measurements.items() <= now.experiments[name].measurements.items()
            self.again()

    def again(self) -> None:
        """Tell the table once more: nothing is new, whatever was corrected, retracted, dropped or changed since."""
        before = self.state.seq
        if Path("kept.csv").exists() and self.cli("tell", self.campaign, "kept.csv", "--keep").code == 0:
            assert self.state.seq == before

    def export(self) -> None:
        self.ok("export", self.campaign, "--format", "csv", "-o", "x.csv", *self.lot.choice([[], ["--units"]]))
        before, found = self.state.seq, self.may("tell", "x.csv", "--outside")
        assert self.state.seq == before, found.out

    def correct(self) -> None:
        value = self.lot.choice(["5", "7.25", "<0.5"])
        self.may(
            "correct", self.one().id, f"{self.lot.choice(['viscosity', 'strength', 'cost'])}={value}", "--reason", "x"
        )

    def undo(self) -> None:
        """Take all corrections back: that ends, and the experiment is what it was before the first."""
        one = self.one()
        gone = {name for item in one.amendments for name in item.gone}  # what was measured again stays so
        first = {}
        for item in reversed([item for item in one.amendments if item.kind == "corrected"]):
            first |= {name: was for name, was in item.was.items() if name not in gone}
        undone = [self.may("correct", one.id, "--undo", "--reason", "no").code for _ in range(len(one.amendments) + 1)]
        assert undone[-1] == 2
        if one.status == "measured":
            now = self.state.experiments[one.id].measurements
            assert {name: now[name].value for name in first} == {name: item.value for name, item in first.items()}

    def mend(self) -> None:
        self.may("retract", self.one().id, "--reason", "spilled", *self.lot.choice([[], ["--undo"]]))

    def take_out(self) -> None:
        """Let one outcome count no more, and perhaps again: then the experiment is what it was."""
        one, name = self.one(), self.lot.choice(["viscosity", "strength", "cost"])
        if self.may("retract", one.id, name, "--reason", "x").code == 0:
            assert name not in self.state.experiments[one.id].measurements
            if self.lot.random() < 0.5:
                assert self.may("retract", one.id, name, "--undo", "--reason", "x").code == 0
                assert self.state.experiments[one.id].measurements == one.measurements

    def drop(self) -> None:
        self.may("drop", self.one().id, "--reason", "broken", *self.lot.choice([[], ["--undo"], ["--exclude"]]))

    def steer(self) -> None:
        self.may("steer", *self.lot.choice([["--undo"], *(["--set", text] for text in STEERINGS)]))


def write(name: str, rows: list[list[Any]]) -> None:
    with Path(name).open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_week_by_hand_leaves_a_record_that_makes_sense(
    cli: Cli, folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"PAGE": 4, "REFS": 3, "KEYS": 5, "IN_CORE": 2, "EVERY": 7, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, name, size)
    week = Week(cli, seed)
    for _ in range(25):
        getattr(week, week.lot.choice(MOVES))()
    with Ledger("zosimos.db") as ledger:
        kept, whole = current(ledger, week.campaign), readable(week.campaign, WholeChain(ledger, week.campaign))
        assert whole.broken is None
        for field in fields(State):
            assert not field.compare or getattr(kept, field.name) == getattr(whole, field.name), field.name
    for command, *options in VIEWS:
        week.ok(command, week.campaign, *options)
    with Path("x.csv").open(newline="", encoding="utf-8") as opened:
        assert [row["experiment"] for row in csv.DictReader(opened)] == list(whole.experiments)
