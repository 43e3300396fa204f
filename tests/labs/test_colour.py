"""The colour lab: its physics against independent figures, its files, and a whole campaign through the drivers."""

from __future__ import annotations

import copy
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from colour_campaign import ColourCampaign

from zosimos.analysis.colour.difference import ciede2000, srgb_to_lab, xyz_to_lab
from zosimos.campaign.definition.read import parse_spec, read_spec
from zosimos.campaign.lab import lab_class
from zosimos.campaign.setup import assemble
from zosimos.core.errors import SpecError
from zosimos.instruments.world.vessel import FL_PER_ML
from zosimos.labs.colour import dyes
from zosimos.labs.colour.files import data as own_file
from zosimos.labs.colour.files import lab_file
from zosimos.labs.colour.gamut import nearest
from zosimos.labs.colour.options import FOLDER, campaign

ROOT = Path(__file__).parents[2]
BOUNDS = dict.fromkeys(dyes.STOCK_MOL_PER_L, (0.0, 0.5))


@pytest.mark.slow
def test_the_certificates_are_those_of_the_sealed_references() -> None:
    """An independent library works the colours out from the spectra, at 1 nm."""
    with np.printoptions(), warnings.catch_warnings():  # it changes how numpy prints, for the whole process
        warnings.simplefilter("ignore")
        import colour as science

    shape = science.SpectralShape(380, 780, 1)
    light = science.SDS_ILLUMINANTS["D65"].copy().align(shape)
    observer = science.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    certified = [standard.certificate for standard in lab_file().standards["references"]]
    references = lab_file().devices["sensor-1"].simulator["references"]
    for reference, said in zip(references, certified, strict=True):
        share = dyes.transmittance(reference, shape.wavelengths)
        sample = science.SpectralDistribution(share, shape.wavelengths)
        expected = science.sd_to_XYZ(sample, observer, light, method="Integration") / 100.0
        assert ciede2000(xyz_to_lab(said), xyz_to_lab(expected)) < 0.15


def test_absorption_follows_beer_and_lambert() -> None:
    nm = np.array([430.0, 504.0, 629.0])
    one, two = (dyes.transmittance({"red": c, "blue": 1e-6}, nm) for c in (1e-5, 2e-5))
    only = dyes.transmittance({"red": 1e-5}, nm)
    assert np.allclose(two, one * only)
    assert dyes.transmittance({}, nm) == pytest.approx(1.0)


def test_gamut_says_whether_a_colour_can_be_made() -> None:
    green = nearest((40, 120, 80), BOUNDS, 1.5)
    assert green.inside
    assert green.delta_e < 0.05
    mixed = dyes.xyz(dyes.mixture(green.volumes_ml, 1.5))
    assert ciede2000(xyz_to_lab(mixed), xyz_to_lab(dyes.xyz(dyes.mixture(green.volumes_ml, 1.5)))) == 0.0
    magenta = nearest((255, 0, 255), BOUNDS, 1.5)
    assert not magenta.inside
    assert "NO: the nearest colour is sRGB" in str(magenta)


def test_the_example_is_the_labs_own_campaign() -> None:
    assert read_spec(ROOT / "examples" / "colour.yaml") == parse_spec(campaign())


def test_card_is_a_campaign_to_start_from() -> None:
    card = lab_class("colour").card()
    assert card is not None
    setup = assemble(parse_spec({"name": "from the card", **card.spec}), {})
    assert setup.clock == "virtual"
    assert set(card.options.model_json_schema()["properties"]) >= {"target", "volume", "budget"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"lab": {"kind": "colour", "target": [40, 120]}}, "lab.target.2", "missing"),
        ({"lab": {"kind": "colour", "target": [40, 120, 300]}}, "lab.target.2", "255"),
        ({"lab": {"kind": "colour", "target": [1, 2, 3], "volume": "3 g"}}, "lab.volume", "g cannot become mL"),
        ({"lab": {"kind": "colour", "target": [1, 2, 3], "budget": "1 mL"}}, "lab", "does not pay"),
        ({"lab": {"kind": "colour", "target": [1, 2, 3], "budget": "1.6 mL"}}, "lab.budget", "2.1 mL"),
        ({"lab": {"kind": "colour", "target": [1, 2, 3], "served": "here"}}, "lab.served", "characters"),
        ({"lab": {"kind": "colour", "target": [1, 2, 3], "colour": "red"}}, "lab.colour", "unknown field"),
        ({"space": {"red": {"min": 0, "max": 1, "unit": "mL"}}}, "space.yellow", "needs 'yellow'"),
        ({"objectives": {"beauty": {"goal": "max"}}}, "objectives.beauty", "knows no 'beauty'"),
        (
            {"space": {dye: {"min": 0, "max": 1, "unit": "mL"} for dye in BOUNDS}},
            "steps.0.dispense.volume",
            "the volume volume - red - yellow - blue is -",
        ),
        ({"space": {dye: {"min": 0, "max": 0.5, "unit": "L"} for dye in BOUNDS}}, "space.red.unit", "L"),
        (
            {"objectives": {"delta_e": {"goal": "min", "unit": "mL"}}},
            "objectives.delta_e.unit",
            "is in mL, and the method colour-difference gives it in no unit",
        ),
    ],
)
def test_a_campaign_the_lab_cannot_run_is_refused_in_words(changes: dict, field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        assemble(parse_spec({**campaign(), **changes}), {})
    assert caught.value.field == field
    assert words in str(caught.value)


def test_a_protocol_that_mixes_units_is_refused_for_a_new_campaign_and_opens_for_one_on_record() -> None:
    text = (FOLDER / "protocol.yaml").read_text().replace("abs(mass - 0.998 * volume)", "abs(mass - volume)")
    files, spec = {"protocol": text.encode()}, parse_spec(campaign())
    with pytest.raises(SpecError, match="mass is in g and volume in mL"):
        assemble(spec, files)
    assert assemble(spec, files, recorded=True).lab is not None


def test_steering_to_mixtures_that_do_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch)
    with pytest.raises(SpecError, match="the volume volume - red"):
        made.commands.steer(made.setup, {"space.red.max": 1.4})


@pytest.mark.slow
def test_a_campaign_runs_through_drivers_wires_and_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, budget={"experiments": 4})
    before = made.setup.lab
    assert made.run().status == "finished"
    assert made.statuses() == ["measured"] * 4
    assert before is not None
    for experiment in made.state.experiments.values():
        world = lab_file().world
        assert world is not None
        share = {dye: world.vessels[dye].holds[dye] / 1.5 for dye in dyes.STOCK_MOL_PER_L}
        truth = xyz_to_lab(dyes.xyz({dye: c * float(experiment.values[dye]) for dye, c in share.items()}))
        read = next(step.result["lab"] for step in experiment.steps if step.name == "compute")
        assert ciede2000(truth, read) < 1.0
        found = experiment.measurements["delta_e"]
        assert found.origin == "simulated"
        assert found.uncertainty is not None
        assert found.u_shared is not None
        assert 0.0 < found.uncertainty < found.u_shared < 1.0


@pytest.mark.slow
def test_the_colour_is_measured_and_the_difference_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, budget={"experiments": 2})
    made.run()
    for experiment in made.state.experiments.values():
        found = experiment.measurements
        assert set(found) == {"delta_e", "L", "a", "b"}
        lab = [found[name].value for name in "Lab"]
        assert found["delta_e"].value == pytest.approx(ciede2000(lab, srgb_to_lab((40, 120, 80))), abs=1e-9)
        assert found["delta_e"].raw == found["L"].raw


@pytest.mark.slow
def test_a_campaign_may_still_ask_for_the_difference_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, made = tmp_path / "plain", tmp_path / "made"
    plain.mkdir()
    made.mkdir()
    alone = ColourCampaign(plain, monkeypatch, objectives={"delta_e": {"goal": "min"}}, budget={"experiments": 1})
    both = ColourCampaign(made, monkeypatch, budget={"experiments": 1})
    values = []
    for one in (alone, both):
        one.run()
        values.append(one.state.experiments["e0001"].measurements)
    assert set(values[0]) == {"delta_e"}
    assert values[0]["delta_e"].value == pytest.approx(values[1]["delta_e"].value, abs=1e-9)
    with pytest.raises(SpecError, match="knows no 'hue'"):
        ColourCampaign(tmp_path, monkeypatch, objectives={"e": {"goal": "min", "of": "abs(hue)"}})


def lab_file_of_before(**changes: str) -> bytes:
    """Return a lab file as people wrote it before lab files said what is simulated."""
    data = copy.deepcopy(own_file("lab"))
    del data["world"]
    data["name"] = "mine"
    for device in data["devices"].values():
        del device["simulator"]
    for standard in data["standards"]["references"]:
        standard["xyz"] = standard.pop("certificate")
    data["places"]["red"] |= changes
    return json.dumps(data).encode()


@pytest.mark.slow
def test_a_lab_file_without_a_world_is_simulated_in_the_labs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, files in (("own", {}), ("before", {"lab": lab_file_of_before(stock="40 mL")})):
        (tmp_path / name).mkdir()
        made = ColourCampaign(tmp_path / name, monkeypatch, files=files, budget={"experiments": 1})
        made.run()
        found.append(made)
    values = [one.state.experiments["e0001"].measurements["delta_e"].value for one in found]
    assert values[0] == values[1]
    assert [one.rig.world.vessels["red"].capacity_ml for one in found] == [200.0, 80.0]
    lab = found[1].setup.lab
    assert lab is not None
    assert lab.simulated().clock == "virtual"


def test_a_budget_of_liquids_that_a_lab_file_does_not_have_is_refused_in_words() -> None:
    data = copy.deepcopy(own_file("lab"))
    data["places"] = {f"{name}-2" if name != "waste" else name: place for name, place in data["places"].items()}
    recipe = (FOLDER / "protocol.yaml").read_text()
    for name in ("water", *dyes.STOCK_MOL_PER_L):
        recipe = recipe.replace(f"from: {name},", f"from: {name}-2,")
    spec = campaign() | {"lab": {**campaign()["lab"], "budget": "60 mL"}}
    with pytest.raises(SpecError, match="none of the liquids") as caught:
        assemble(parse_spec(spec), {"lab": json.dumps(data).encode(), "protocol": recipe.encode()})
    assert caught.value.field == "lab.budget"


@pytest.mark.slow
def test_two_cells_work_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, budget={"experiments": 4})
    made.run()
    stations = [one.steps[0].result["station"] for one in made.state.experiments.values()]
    assert stations == ["cell-1", "cell-2", "cell-1", "cell-2"]
    first, second = list(made.state.experiments.values())[:2]
    assert second.started_at < first.ended_at


@pytest.mark.slow
def test_mass_is_balanced_and_cells_are_left_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch)
    made.run()
    fresh = {}
    for vessel in made.rig.world.vessels.values():
        for name, amount in vessel.contents.items():
            fresh[name] = fresh.get(name, 0) + amount
    assert fresh["water"] == 800 * FL_PER_ML
    drawn = sum(1.5 + 0.6 for _ in range(3))
    assert made.rig.world.vessels["waste"].volume_ml == pytest.approx(drawn, abs=0.03)
    for cell in ("cell-1", "cell-2"):
        assert made.rig.world.vessels[cell].volume_ml < 0.02
    assert made.rig.world.vessels["spill"].volume_ml == 0.0


@pytest.mark.slow
def test_same_seed_same_campaign_and_another_seed_another_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = []
    for number, seed in enumerate((3, 3, 4)):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = ColourCampaign(folder, monkeypatch, seed=seed)
        made.run()
        ends.append([one.measurements["delta_e"].value for one in made.state.experiments.values()])
    assert ends[0] == ends[1] != ends[2]


@pytest.mark.slow
def test_a_rebuilt_world_continues_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    one = ColourCampaign(whole, monkeypatch, parallel=1, budget={"experiments": 4})
    one.run()
    other = ColourCampaign(parts, monkeypatch, parallel=1, budget={"experiments": 2})
    other.run()
    other.commands.steer(other.setup, {"budget.experiments": 4})
    other.commands.go_on()
    other.run()
    assert len(other.rigs) == 2
    values = [[e.measurements["delta_e"].value for e in c.state.experiments.values()] for c in (one, other)]
    assert values[0] == values[1]
    contents = [{n: v.contents for n, v in c.rig.world.vessels.items()} for c in (one, other)]
    assert contents[0] == contents[1]
