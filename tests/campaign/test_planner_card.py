"""The planner's card: what planning did, from the record, beside chance and the mean of what was found before."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted_lab import NOW

from zosimos.campaign.control.commands import create
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.explain.belief import believed
from zosimos.campaign.explain.by_chance import by_chance
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.foretold import foretold
from zosimos.campaign.explain.planner_card import planner_card
from zosimos.campaign.files import from_file
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.record import Record
from zosimos.campaign.report.page import write_report
from zosimos.core.objective import Objective
from zosimos.faces.cli import main


def hill(a: int, b: int) -> float:
    return 10 - 0.3 * (a - 9) ** 2 - 0.2 * (b - 3) ** 2


def luck(a: int, b: int) -> float:
    return random.Random(97 * a + b).gauss(0, 1)


def ran(folder: Path, outcome: Callable[[int, int], float], budget: int, **more: Any) -> Record:
    """Run a campaign on a table of 144 rows to its end."""
    return ran_on(
        folder, ["a,b,y", *(f"{a},{b},{outcome(a, b):.4f}" for a in range(12) for b in range(12))], budget, **more
    )


def ran_on(folder: Path, lines: list[str], budget: int, **more: Any) -> Record:
    """Run a campaign on the rows of a table to its end."""
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    data = {
        "name": "card",
        "objectives": {"y": {"goal": "max", "unit": "mL"}},
        "lab": {"kind": "pool", "file": "table.csv"},
        "budget": {"experiments": budget},
        **more,
    }
    (folder / "card.yaml").write_text(yaml.safe_dump(data))
    setup = from_file(folder / "card.yaml")
    record = create(Ledger(str(folder / "l.db")), setup, author="t", now=NOW, entropy=random.Random(0))
    run_campaign(record, setup, wait_for_people=False)
    return record


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A campaign on a hill, which models learn."""
    record = ran(tmp_path_factory.mktemp("climbed"), hill, 18)
    yield record
    record.ledger.close()


@pytest.fixture(scope="module")
def gambled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A campaign whose outcomes follow nothing."""
    record = ran(tmp_path_factory.mktemp("gambled"), luck, 22)
    yield record
    record.ledger.close()


@pytest.mark.slow
def test_on_a_hill_planning_pays_and_chance_is_counted_exactly(climbed: Record) -> None:
    card = planner_card(climbed.state, reopened(climbed))
    assert card.verdict == "pays"
    assert card.words.startswith("Planning pays here: predictions of y were off by 0.")
    assert card.chance is not None
    assert (card.chance.rests_on, card.chance.expected) == ("table", 145 / 2)
    assert climbed.state.experiments[card.chance.experiment].measurements["y"].value == 10.0
    assert card.chance.times == pytest.approx(72.5 / card.chance.taken)


@pytest.mark.slow
def test_where_nothing_is_to_be_learned_the_card_does_not_say_that_planning_pays(gambled: Record) -> None:
    card = planner_card(gambled.state, reopened(gambled))
    assert card.verdict in ("does not pay", "open")
    (found,) = card.foretold
    assert found.ratio is not None
    assert found.ratio > 0.8


@pytest.mark.slow
def test_it_is_too_early_with_few_predictions(tmp_path: Path) -> None:
    record = ran(tmp_path, hill, 8)
    card = planner_card(record.state, reopened(record))
    assert card.verdict == "too early"
    assert "of the 10 predictions that it takes" in card.words
    record.ledger.close()


@pytest.mark.slow
def test_predictions_are_compared_with_the_mean_of_what_came_before(climbed: Record) -> None:
    found = foretold(climbed.state, Objective("y", "max", "mL"))
    assert found is not None
    seen = [item for item in climbed.state.observations if item.predictions]
    errors = [item.predictions["y"].mean - item.measurements["y"].value for item in seen]
    assert found.error == pytest.approx(math.hypot(*errors) / math.sqrt(len(errors)))
    values = [item.measurements["y"].value for item in climbed.state.observations]
    first = len(values) - len(seen)
    naive = [sum(values[:place]) / place - values[place] for place in range(first, len(values))]
    assert found.of_mean == pytest.approx(math.hypot(*naive) / math.sqrt(len(naive)))
    assert [level.level for level in found.coverage] == [0.5, 0.8, 0.95]


@pytest.mark.slow
def test_weights_are_those_of_the_moments_and_sum_to_one(climbed: Record) -> None:
    card = planner_card(climbed.state, reopened(climbed))
    assert [moment.results for moment in card.weighed] == [10, 18]
    for moment in card.weighed:
        assert sum(moment.weights["y"].values()) == pytest.approx(1)


def test_after_many_results_the_card_still_says_which_models_have_weight_and_what_they_learned_from(
    climbed: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zosimos.campaign.explain.planner_card.MOST", 12)
    monkeypatch.setattr("zosimos.planners.models.factory.MOST_EXACT", 14)
    card = planner_card(climbed.state, reopened(climbed))
    assert [moment.results for moment in card.weighed] == [10, 18]
    assert card.notes[0].startswith("y: learned from 14 of 18 results")
    assert card.notes[1].startswith("of more than 12 results models are not asked")
    assert card.chance is not None  # a table needs no models


def test_in_a_space_the_models_say_what_chance_would_have_taken(climbed: Record) -> None:
    setup = reopened(climbed)
    belief = believed(context_now(climbed.state, setup))
    found, why = by_chance(climbed.state, replace(setup, lab=None), belief)
    assert why == ""
    assert found is not None
    assert found.rests_on == "models"
    assert 10 < found.expected <= 145 / 2


@pytest.mark.slow
@pytest.mark.parametrize(("size", "why"), [(1e300, "outcomes of y are so large"), (1e-310, "")])
def test_results_too_large_for_models_are_said_to_be_so_and_very_small_ones_make_no_noise(
    tmp_path: Path, size: float, why: str
) -> None:
    rows = [*range(4), *range(20, 24)]
    lines = ["a,y", *(f"{a},{size * (1 + place)}" for place, a in enumerate(rows))]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    data = {
        "name": "far",
        "objectives": {"y": {"goal": "max"}},
        "space": {"a": {"min": 0, "max": 30}},
        "budget": {"experiments": 9},
    }
    (tmp_path / "far.yaml").write_text(yaml.safe_dump(data))
    at = ["--ledger", str(tmp_path / "l.db")]
    assert main(["ask", str(tmp_path / "far.yaml"), *at]) == 0
    assert main(["tell", "last", str(tmp_path / "table.csv"), *at]) == 0
    with Ledger(str(tmp_path / "l.db")) as ledger:
        record = Record(ledger, ledger.campaigns()[0])
        card = planner_card(record.state, reopened(record))
    json.dumps(card.as_json(), allow_nan=False)
    assert why in " ".join(card.notes)


@pytest.mark.slow
def test_the_card_is_the_same_again_is_json_and_stands_in_the_report(climbed: Record, tmp_path: Path) -> None:
    setup, state = reopened(climbed), climbed.state
    one, other = (json.dumps(planner_card(state, setup).as_json(), allow_nan=False) for _ in range(2))
    assert one == other
    page = write_report(state, Head(state.seq, state.head), tmp_path / "r.html", setup).read_text()
    assert "What planning did" in page
    assert json.loads(one)["words"].split(";")[0] in page


def test_the_card_says_what_choices_were_taken_for(tmp_path: Path) -> None:
    solvents, bases = ("DCM", "PhMe", "THF", "water"), ("K2CO3", "NaOH", "Et3N")
    lines = ["s,b,y", *(f"{s},{b},{len(s) + len(b)}" for s in solvents for b in bases)]
    record = ran_on(tmp_path, lines, 5)
    card = planner_card(record.state, reopened(record))
    assert [item.parameter for item in card.choices] == ["s", "b"]
    assert "PhMe as toluene" in card.choices[0].words
    assert card.as_json()["choices"][1]["named"]["Et3N"] == "triethylamine"
    record.ledger.close()
