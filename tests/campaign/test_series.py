"""Campaigns whose objective is made of a series: the file, a table by hand, and what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scripted_lab import Campaign, ScriptedLab
from told_tables import results

from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.definition.build import build_objectives, outcome_names
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.explain.experiment import explain_experiment
from zosimos.campaign.explain.model_cards import model_cards
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.report.formatting import aim
from zosimos.campaign.setup import assemble
from zosimos.campaign.tables.writing import proposals_csv
from zosimos.core.errors import SpecError
from zosimos.core.records import Measurement

MATCH = {"mismatch": {"goal": "min", "of": "rms(spectrum, wanted)"}}
ALONG = {"spectrum": {"unit": "", "min": 0, "along": {"min": 400, "max": 700, "step": 100, "unit": "nm"}}}
WANTED = {"wanted": {400: 0.1, 500: 0.5, 600: 0.3, 700: 0.0}}


def spec(**more: Any) -> CampaignSpec:
    data = {"name": "match", "space": {"x": {"min": 0, "max": 1}}, "objectives": MATCH, "budget": {"experiments": 9}}
    return parse_spec({**data, "measured": ALONG, "constants": WANTED, **more})


# --- the file


def test_a_series_is_measured_channel_by_channel_and_named_once_in_a_formula() -> None:
    found = spec()
    (objective,) = build_objectives(found)
    assert objective.of is not None
    names = ["spectrum_400", "spectrum_500", "spectrum_600", "spectrum_700"]
    assert [one.name for one in objective.of.quantities] == names
    assert {one.low for one in objective.of.quantities} == {0.0}
    assert outcome_names(found) == ["mismatch", *names]
    assert aim(objective) == "minimise mismatch, made of spectrum in 4 channels, 400 to 700 nm"
    assert parse_spec(plain(found)) == found


@pytest.mark.parametrize(
    ("along", "places"),
    [
        ([0, 0.5, 2], (0.0, 0.5, 2.0)),
        ({"values": [1, 3]}, (1.0, 3.0)),
        ({"min": -1, "max": 1, "count": 3}, (-1.0, 0.0, 1.0)),
        ({"min": 0, "max": 0.3, "step": 0.1}, (0.0, 0.1, 0.2, 0.3)),
    ],
)
def test_an_axis_is_a_list_or_a_range(along: Any, places: tuple[float, ...]) -> None:
    objectives = {"m": {"goal": "max", "of": "area(curve)"}}
    (objective,) = build_objectives(spec(objectives=objectives, measured={"curve": {"along": along}}, constants={}))
    assert objective.of is not None
    assert objective.of.series[0].axis == places
    assert [one.name for one in objective.of.quantities] == [f"curve_{place:g}" for place in places]


def test_channels_may_have_names_of_their_own_and_one_may_be_named_alone() -> None:
    measured = {"spectrum": {"channels": ["F1", "F2", "F3"], "along": [415, 445, 480], "unit": "AU"}}
    objectives = {"m": {"goal": "max", "of": "max(spectrum) - F2 + spectrum[480]"}}
    (objective,) = build_objectives(spec(objectives=objectives, measured=measured, constants={}))
    assert objective.of is not None
    assert [(one.name, one.unit) for one in objective.of.quantities] == [("F1", "AU"), ("F2", "AU"), ("F3", "AU")]
    alone = spec(objectives={"m": {"goal": "max", "of": "F2"}}, measured=measured, constants={})
    assert outcome_names(alone) == ["m", "F2"]


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"measured": {}}, "objectives.mismatch.of", "spectrum is one number"),
        ({"measured": {}, "constants": {}}, "objectives.mismatch.of", "spectrum is one number"),
        ({"constants": {"wanted": [1, 2]}}, "objectives.mismatch.of", "series of 4 and 2 values"),
        ({"constants": {"wanted": {400: 1, 500: 1, 610: 1, 700: 1}}}, "objectives.mismatch.of", "600 meets 610"),
        ({"constants": {"wanted": {500: 1, 400: 1}}}, "constants.wanted", "does not increase"),
        ({"constants": {"wanted": {}}}, "constants.wanted", "curve of 1 to 200"),
        ({"measured": {"spectrum": {"channels": []}}}, "measured.spectrum.channels", "no channels"),
        ({"measured": {"spectrum": {"along": []}}}, "measured.spectrum.channels", "no channels"),
        ({"measured": {"spectrum": {"along": [1, 2], "channels": ["a"]}}}, "measured.spectrum.along", "2 places"),
        ({"measured": {"spectrum": {"along": [2, 1]}}}, "measured.spectrum.along", "does not increase"),
        ({"measured": {"spectrum": {"along": {"min": 0, "max": 1}}}}, "measured.spectrum.along", "step (or count)"),
        ({"measured": {"spectrum": {"along": {"min": 0, "max": 1, "step": 0.3}}}}, "along.step", "do not end at max"),
        ({"measured": {"spectrum": {"along": {"min": 1, "max": 0, "step": 0.5}}}}, "along.min", "not below max"),
        ({"measured": {"spectrum": {"along": {"min": 0, "max": 1, "step": 0.001}}}}, "along.step", "too many"),
        ({"measured": {"spectrum": {"along": [1, 2], "channels": ["x", "y"]}}}, "measured.spectrum", "x, a channel"),
        ({"measured": {**ALONG, "idle": {"along": [1, 2]}}}, "measured.idle", "no formula of an objective names idle"),
        ({"measured": {"spectrum": {"along": [1, 2], "values": [3]}}}, "measured.spectrum.values", "unknown"),
        (
            {"measured": {"spectrum": {"along": {"min": -1e308, "max": 1e308, "count": 4}}}},
            "measured.spectrum.along.max",
            "more than a number can be",
        ),
        (
            {"measured": {"spectrum": {"along": [1, 1 + 1e-12, 2, 3]}}},
            "measured.spectrum.channels",
            "give channels: names of their own",
        ),
        ({"measured": {"x": {"along": [1, 2]}, **ALONG}}, "measured.x", "x is a parameter and a series, too"),
        (
            {"objectives": {**MATCH, "spectrum": {"goal": "max"}}},
            "measured.spectrum",
            "spectrum is an objective and a series, too",
        ),
    ],
)
def test_what_is_no_series_or_does_not_fit_is_refused_by_its_field(more: Any, field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        assemble(spec(**more), {})
    assert words in str(caught.value)
    assert field in str(caught.value)


# --- by hand and in a lab


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, None, approval="suggest", objectives=MATCH, measured=ALONG, constants=WANTED)


def test_channels_are_columns_of_a_table_by_hand(campaign: Campaign) -> None:
    from scripted_lab import golden

    (proposed,) = campaign.commands.ask(campaign.setup, 1, golden)
    header = proposals_csv(campaign.state, [proposed]).splitlines()[0].split(",")
    assert [name for name in header if name.startswith("spectrum") and "uncertainty" not in name] == [
        f"spectrum_{place}" for place in (400, 500, 600, 700)
    ]
    table = b"experiment,spectrum_400,spectrum_500,spectrum_600,spectrum_700\ne0001,0.1,0.7,0.3,0\n"
    campaign.commands.tell(campaign.setup, results(campaign.state, table))
    assert campaign.experiment("e0001").measurements["mismatch"].value == pytest.approx(0.1)


def spectra(task: Any) -> list[Measurement]:
    places = np.arange(400.0, 701.0, 20.0)
    x, z = float(task.values["x"]), float(task.values["z"])
    curve = x * np.exp(-(((places - 480) / 40) ** 2)) + z * np.exp(-(((places - 600) / 50) ** 2))
    return [
        Measurement(f"spectrum_{place:g}", float(value), 0.01, origin="simulated")
        for place, value in zip(places, curve, strict=True)
    ]


@pytest.mark.slow
def test_a_spectrum_of_many_channels_is_matched_in_a_lab_explained_and_replayed(ledger: Ledger, tmp_path: Path) -> None:
    along = {"spectrum": {"along": {"min": 400, "max": 700, "step": 20}}}
    objectives = {"mismatch": {"goal": "min", "of": "sqrt(mean((spectrum - wanted)**2)) + 0.001 * x"}}

    wanted = [one.value for one in spectra(SimpleNamespace(values={"x": 0.4, "z": 0.7}))]
    made = Campaign(
        ledger,
        ScriptedLab(tmp_path / "journal", measure=spectra),
        space={"x": {"min": 0, "max": 1}, "z": {"min": 0, "max": 1}},
        objectives=objectives,
        measured=along,
        constants={"wanted": wanted},
        planner={"start": 4},
        batch=2,
        revision=4,
        budget={"experiments": 8},
    )
    made.run(decide=decide)
    assert min(item.measurements["mismatch"].value for item in made.state.experiments.values()) < 0.03
    last = made.experiment("e0008")
    assert len(last.candidate.predictions) == 17
    assert (
        "(of spectrum in 16 channels, 400 to 700); mostly by spectrum, above all by spectrum_" in last.candidate.reason
    )
    events = list(ledger.events(made.record.campaign))
    assert replay(made.record.campaign, events, made.setup).divergence is None
    explained = explain_experiment(made.record.campaign, events, made.setup, "e0008")
    parts = explained.as_json()["made"]["mismatch"]
    assert {part["part"] for part in parts} == {"spectrum", "x"}
    assert parts[0]["channel"].startswith("spectrum_")
    cards = model_cards(made.state, made.setup)
    assert list(cards) == ["spectrum", "spectrum [shape 1]", "spectrum [shape 2]", "mismatch"]
    assert "2 shapes" in cards["spectrum"].models


def test_lines_and_tables_for_the_eye_leave_channels_out(campaign: Campaign) -> None:
    from zosimos.campaign import wording
    from zosimos.campaign.definition.build import shown_names

    table = b"x,spectrum_400,spectrum_500,spectrum_600,spectrum_700\n0.5,0.1,0.7,0.3,0\n"
    campaign.commands.tell(campaign.setup, results(campaign.state, table))
    (item,) = campaign.state.experiments.values()
    found = {name: one.as_json() for name, one in item.measurements.items()}
    assert len(found) == 5
    assert wording.outcomes(campaign.state.spec, found) == "mismatch 0.1"
    assert shown_names(campaign.state.spec) == ["mismatch"]
