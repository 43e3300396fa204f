"""A laboratory made of two files: what it takes, what it refuses, and a campaign in it."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_lab import NOW
from yaml import safe_dump as dump

from zosimos.campaign.control.commands import create
from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.lab import Past, lab_class
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, assemble
from zosimos.campaign.testing import executor_checks, lab_checks
from zosimos.core.clock import Clock, run
from zosimos.core.conformance import Check
from zosimos.core.errors import InputError, SpecError, StateError
from zosimos.labs.colour.options import FOLDER
from zosimos.labs.colour.options import campaign as colour_campaign
from zosimos.labs.workcell import WorkcellLab
from zosimos.workcell.execution.executor import ProtocolExecutor

EXAMPLES = Path(__file__).parents[2] / "examples"
LAB = (EXAMPLES / "dilution" / "lab.yaml").read_text(encoding="utf-8")
RECIPE = (EXAMPLES / "dilution" / "recipe.yaml").read_text(encoding="utf-8")
CAMPAIGN: dict[str, Any] = yaml.parse((EXAMPLES / "dilution.yaml").read_text(encoding="utf-8"))


def files(lab: str = LAB, recipe: str = RECIPE) -> dict[str, bytes]:
    return {"lab": lab.encode(), "protocol": recipe.encode()}


def campaign(lab: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    data = {**CAMPAIGN, "planner": {"kind": "sobol"}, "budget": {"experiments": 3}, **changes}
    data["lab"] = {**CAMPAIGN["lab"], **(lab or {})}
    return data


def workcell() -> WorkcellLab:
    return WorkcellLab({name: value for name, value in CAMPAIGN["lab"].items() if name != "kind"}, files())


def swapped(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def ran(folder: Path, setup: Setup, **options: Any) -> State:
    ledger = Ledger(str(folder / "ledger.db"))
    record = create(ledger, setup, author="tester", now=NOW, entropy=random.Random(0))
    run_campaign(record, reopened(record), wait_for_people=False, **options)
    return Record(ledger, record.campaign).state


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [*lab_checks(workcell, campaign(), files()), *executor_checks(workcell, campaign(), files())],
    ids=str,
)
def test_two_files_are_a_lab(check: Check) -> None:
    check()


@pytest.mark.slow
def test_a_campaign_measures_what_the_recipe_computes(tmp_path: Path) -> None:
    state = ran(tmp_path, assemble(parse_spec(campaign()), files()))
    assert [one.status for one in state.experiments.values()] == ["measured"] * 3
    shares = []
    for one in state.experiments.values():
        found = one.measurements["absorbance"]
        assert found.origin == "simulated"
        assert found.uncertainty is not None
        assert 0 < found.uncertainty < 0.01
        shares.append(found.value / float(one.values["concentrate"]))
    assert min(shares) > 0.9 * max(shares)  # Lambert's and Beer's law, but for stray light and broad channels


@pytest.mark.slow
def test_an_objective_may_be_made_of_what_is_measured(tmp_path: Path) -> None:
    spec = campaign(objectives={"off": {"goal": "min", "of": "abs(absorbance - 0.6)"}}, budget={"experiments": 1})
    state = ran(tmp_path, assemble(parse_spec(spec), files()))
    assert set(state.experiments["e0001"].measurements) >= {"absorbance"}


@pytest.mark.slow
def test_the_colour_labs_own_files_are_a_workcell_that_measures_the_same(tmp_path: Path) -> None:
    own = {role: (FOLDER / f"{role}.yaml").read_bytes() for role in ("lab", "protocol")}
    constants = {"volume": "1.5 mL", "target": [40, 120, 80]}
    made = {"kind": "workcell", "file": "lab.yaml", "protocol": "protocol.yaml", "constants": constants}
    found = []
    for name, lab, files_ in (("colour", colour_campaign()["lab"], {}), ("workcell", made, own)):
        spec = {**colour_campaign(), "lab": lab, "planner": {"kind": "sobol"}, "budget": {"experiments": 1}}
        (tmp_path / name).mkdir()
        state = ran(tmp_path / name, assemble(parse_spec(spec), files_))
        found.append({key: one.value for key, one in state.experiments["e0001"].measurements.items()})
    assert set(found[0]) == {"L", "a", "b", "delta_e"}
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_parameter_may_be_a_text(tmp_path: Path) -> None:
    space = {**CAMPAIGN["space"], "channel": {"choices": ["F3", "F4", "F5"]}}
    spec = campaign({"constants": {"volume": "2 cm^3"}}, space=space)
    state = ran(tmp_path, assemble(parse_spec(spec), files()))
    assert [one.status for one in state.experiments.values()] == ["measured"] * 3
    assert len({one.values["channel"] for one in state.experiments.values()}) > 1


@pytest.mark.slow
def test_a_recipe_may_ask_of_a_text_and_says_what_it_was(tmp_path: Path) -> None:
    asked = "  - confirm: { that: \"channel != 'F8'\", else: nothing is seen there }\n  - compute:"
    spec = campaign({"constants": {"volume": 2, "channel": "F8"}}, budget={"experiments": 1})
    state = ran(tmp_path, assemble(parse_spec(spec), files(recipe=swapped(RECIPE, "  - compute:", asked))))
    assert state.experiments["e0001"].status == "failed"
    assert "nothing is seen there (channel = F8)" in state.experiments["e0001"].reason


def test_a_recipe_that_reckons_with_a_text_is_refused_in_words() -> None:
    recipe = swapped(RECIPE, "volume: volume - concentrate }", "volume: volume - concentrate - channel }")
    with pytest.raises(SpecError, match="made of channel, which is a text") as caught:
        assemble(parse_spec(campaign()), files(recipe=recipe))
    assert caught.value.field == "steps.0.dispense.volume"


def test_the_card_and_the_files_come_from_the_campaign() -> None:
    kind = lab_class("workcell")
    assert kind.card() is None
    options = {name: value for name, value in CAMPAIGN["lab"].items() if name != "kind"}
    assert kind.files(options) == {"lab": "dilution/lab.yaml", "protocol": "dilution/recipe.yaml"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"lab": {"file": None}}, "lab.file", "nothing is written there"),
        ({"lab": {"target": [1, 2, 3]}}, "lab.target", "unknown field"),
        ({"lab": {"served": "here"}}, "lab.served", "characters"),
        ({"lab": {"constants": {"volume": "2 g", "channel": "F4"}}}, "lab.constants.volume", "g cannot become mL"),
        ({"lab": {"constants": {"volume": 2, "tint": 1}}}, "lab.constants.tint", "has no input 'tint'"),
        ({"lab": {"constants": {"volume": 2}}}, "space.channel", "needs 'channel'"),
        (
            {"space": {**CAMPAIGN["space"], "volume": {"min": 1, "max": 2, "unit": "mL"}}},
            "space.volume",
            "volume is a constant of the laboratory",
        ),
        (
            {"objectives": {"off": {"goal": "min", "of": "absorbance / volume"}}},
            "objectives.volume",
            "as a bare number",
        ),
        ({"space": {"tea": {"min": 0, "max": 1}}}, "space.tea", "knows no 'tea'"),
        ({"space": {"concentrate": {"min": 0, "max": 1, "unit": "g"}}}, "space.concentrate.unit", "is in g"),
        ({"space": {"concentrate": {"min": 0, "max": 1}}}, "space.concentrate.unit", "is in no unit"),
        ({"space": {"concentrate": {"choices": ["some", "more"]}}}, "space.concentrate", "given as a text"),
        (
            {"space": {"concentrate": {"min": 0, "max": 3, "unit": "mL"}}},
            "steps.0.dispense.volume",
            "the volume volume - concentrate is -1 mL",
        ),
        ({"objectives": {"taste": {"goal": "max"}}}, "objectives.taste", "knows no 'taste'"),
        ({"objectives": {"absorbance": {"goal": "max", "unit": "mL"}}}, "objectives.absorbance.unit", "gives it in no"),
    ],
)
def test_a_campaign_that_the_recipe_cannot_run_is_refused_in_words(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        assemble(parse_spec(campaign(**changes)), files())
    assert caught.value.field == field
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("driver: as7341", "driver: eye", "devices.sensor.driver", "no driver 'eye'"),
        ("sim://dilution/sensor", "sim://dilution/eye", "devices.sensor.url", "no simulated device 'eye'"),
        ("vessel: cell", "vessel: lake", "devices.sensor.simulator.vessel", "no vessel 'lake'"),
        ("world:", "worlds:", "lab file.worlds", "did you mean 'world'"),
        ("[concentrate], total: 20 mL", "[concentrate, water], total: 3 mL", "budgets.dye.total", "takes up to 4 mL"),
        ("at: [1, 2, 5]", "at: [1, 5]", "devices.pump.limits.aspirate", "is not allowed"),
    ],
)
def test_a_lab_file_that_does_not_fit_is_refused_in_words(old: str, new: str, field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        assemble(parse_spec(campaign()), files(lab=swapped(LAB, old, new)))
    assert caught.value.field == field
    assert words in str(caught.value)


def test_a_device_of_this_process_without_a_simulator_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from zosimos.instruments import simulator

    real = simulator.offered
    monkeypatch.setattr(
        simulator, "offered", lambda group: {name: one for name, one in real(group).items() if name != "as7341"}
    )
    with pytest.raises(SpecError, match="the device sensor cannot be simulated") as caught:
        workcell()
    assert caught.value.field == "devices.sensor.driver"
    assert caught.value.allowed == "cavro, mt-sics"
    assert "link: real" in caught.value.hint


def places_in(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything that a file says."""
    if isinstance(data, dict | list):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield (*at, key)
            yield from places_in(item, (*at, key))


@pytest.mark.slow
@given(
    st.sampled_from(list(places_in(yaml.parse(LAB)))),
    st.sampled_from([None, "x", "1 mL", -1, 10**30, float("inf"), True, [], {}, [None], {"a": 1}]),
)
@settings(max_examples=30, deadline=None)
def test_whatever_a_lab_file_says_wrongly_is_an_error_in_words(path: tuple[Any, ...], value: Any) -> None:
    data = yaml.parse(LAB)
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    wrong: InputError | None = None
    try:
        assemble(parse_spec(campaign()), files(lab=dump(data)))
    except InputError as error:
        wrong = error
    assert wrong is None or (wrong.message and wrong.field)


# --- real devices


REAL = swapped(LAB, "link: in-process\n    url: sim://dilution/", "link: real\n    url: /dev/tty-")


def test_a_laboratory_of_real_devices_is_rehearsed_in_the_world_of_its_file(tmp_path: Path) -> None:
    setup = assemble(parse_spec(campaign(clock="wall")), files(lab=REAL))
    assert setup.lab is not None
    assert setup.lab.clock == "wall"
    rehearsed = setup.lab.simulated()
    assert rehearsed.clock == "virtual"
    assert setup.lab.clock == "wall"


def test_a_laboratory_of_real_devices_needs_no_world_until_it_is_rehearsed() -> None:
    real = REAL[: REAL.index("world:")]
    setup = assemble(parse_spec(campaign()), files(lab=real))
    assert setup.lab is not None
    with pytest.raises(StateError, match="says nothing of a world") as caught:
        setup.lab.simulated()
    assert "add world:" in caught.value.hint


def test_served_devices_take_the_places_of_those_in_the_file_in_their_order() -> None:
    setup = assemble(parse_spec(campaign({"served": "10.0.0.7:7000", "time_scale": 20})), files())
    assert isinstance(setup.lab, WorkcellLab)
    assert [one.url for one in setup.lab._lab.devices.values()] == ["socket://10.0.0.7:7000", "socket://10.0.0.7:7001"]
    assert setup.lab.clock == "wall"
    assert setup.lab.simulated().clock == "virtual"


@pytest.mark.slow
def test_simulated_devices_live_on_in_the_campaigns_time(tmp_path: Path) -> None:
    setup = assemble(parse_spec(campaign()), files())
    state = ran(tmp_path, setup)
    passed = datetime.fromisoformat(state.at) - datetime.fromisoformat(state.created_at)
    assert state.elapsed_s == passed.total_seconds() > 600

    async def main(clock: Clock) -> float:
        executor = workcell().executor((), setup.space(setup.spec), clock, Past(elapsed_s=1000.0))
        await asyncio.sleep(2.5)
        assert isinstance(executor, ProtocolExecutor)
        assert executor._deck.rig is not None
        return executor._deck.rig.now()

    assert run(main, "virtual") == 1002.5


CONCENTRATE = "volume: concentrate }"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (CONCENTRATE, "volume: 20 * concentrate * (1 - concentrate) }", "the vessel of bench holds 4 mL"),
        (
            "  - wait: 10 s\n",
            "  - light: { current: 'abs(3e3 * concentrate * (1 - concentrate) * (concentrate - 0.5))' }\n",
            "light [0-9.]+ mA is outside the limits",
        ),
    ],
)
def test_what_exceeds_a_limit_between_the_corners_ends_before_anything_moves(
    old: str, new: str, why: str, tmp_path: Path
) -> None:
    recipe = swapped(RECIPE, old, new)
    state = ran(tmp_path, assemble(parse_spec(campaign()), files(recipe=recipe)))
    failed = [one for one in state.experiments.values() if one.status == "failed"]
    assert failed
    for one in failed:
        assert re.search(why, one.reason)
        assert [step.name for step in one.steps] == ["station"]


@pytest.mark.slow
def test_an_experiment_that_a_budget_does_not_pay_for_moves_nothing(tmp_path: Path) -> None:
    recipe = swapped(RECIPE, CONCENTRATE, "volume: 5 * concentrate * (1 - concentrate) }")
    lab = swapped(LAB, "total: 20 mL", "total: 1.26 mL")
    state = ran(tmp_path, assemble(parse_spec(campaign(budget={"experiments": 6})), files(lab, recipe)))
    failed = [one for one in state.experiments.values() if one.status == "failed"]
    assert not failed or all(len(one.steps) == 1 for one in failed)
    drawn = sum(
        step.params["amount"]
        for one in state.experiments.values()
        for step in one.steps
        if step.name == "aspirate" and step.params["place"] == "concentrate"
    )
    assert 0 < drawn <= 1.26


@pytest.mark.parametrize(
    ("old", "new", "field", "why"),
    [
        ("volume: volume + 0.3", "volume: 1e15", "protocol.cleanup.0.dispense", "more than 10000 strokes"),
        ("wait: 10 s", "wait: 1e300", "protocol.steps.1.wait", "the time 1e\\+300 is"),
        ("10 mA", "10 * concentrate", "protocol.prepare.0.light.current", "no value while the laboratory is prepared"),
        (
            "volume: volume + 0.3",
            "volume: volume + list",
            "cleanup.0.dispense.volume",
            "list, which is a text or a list",
        ),
    ],
)
def test_a_recipe_that_could_not_be_carried_out_is_refused_when_the_campaign_is_made(
    old: str, new: str, field: str, why: str
) -> None:
    recipe = swapped(swapped(RECIPE, old, new), "inputs: { ", "inputs: { list: mL, ")
    constants = {"volume": "2 mL", "channel": "F4", "list": [1.0, 2.0]}
    with pytest.raises(SpecError, match=why) as caught:
        assemble(parse_spec(campaign({"constants": constants})), files(recipe=recipe))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("url: sim://dilution/sensor", "url: 'sim://[dilution/sensor'", "url is no address of a port"),
        ("link: in-process\n    url: sim://dilution/sensor", "link: real\n    url: socket://lab:99999", "no TCP port"),
        (
            "link: in-process\n    url: sim://dilution/sensor",
            "link: real\n    url: spy:///dev/ttyUSB0?file=/tmp/notes",
            "spy:// is not accepted",
        ),
        ("drain: 5 }", "drain: 5, water: 3 }", "water is a place that all stations share"),
        ("max: 1 mL }\n      deliver", "max: 0.0001 mL, min: 0 }\n      deliver", "cannot move a single step"),
    ],
)
def test_a_lab_file_that_means_something_else_than_it_says_is_refused(old: str, new: str, why: str) -> None:
    lab = swapped(LAB, old, new)
    if "single step" in why:
        lab = lab.replace("min: 0.001 mL, max: 0.0001 mL", "max: 0.0001 mL")
    with pytest.raises(SpecError, match=why):
        assemble(parse_spec(campaign()), files(lab))


@pytest.mark.slow
def test_constraints_that_cut_every_corner_off_leave_needs_and_budgets_known() -> None:
    recipe = swapped(RECIPE, CONCENTRATE, "volume: concentrate + extra }").replace("inputs: {", "inputs: { extra: mL,")
    space = {name: {"min": 0, "max": 1, "unit": "mL"} for name in ("concentrate", "extra")}
    within = {"space": space, "constraints": ["concentrate + extra <= 0.7", "concentrate + extra >= 0.3"]}
    assemble(parse_spec(campaign(**within)), files(swapped(LAB, "total: 20 mL", "total: 0.9 mL"), recipe))
    with pytest.raises(SpecError, match=r"'dye' does not pay for one experiment, which takes up to 0\.69"):
        assemble(parse_spec(campaign(**within)), files(swapped(LAB, "total: 20 mL", "total: 0.6 mL"), recipe))


@pytest.mark.slow
def test_a_condition_on_a_spectrum_fails_in_words_and_blames_no_package(tmp_path: Path) -> None:
    recipe = swapped(RECIPE, "  - compute:", "  - confirm: { that: sample > 3, else: too dark }\n  - compute:")
    state = ran(tmp_path, assemble(parse_spec(campaign(budget={"experiments": 1})), files(recipe=recipe)))
    (one,) = state.experiments.values()
    assert "sample is no number and no text" in one.reason
    assert "defect" not in one.reason


@pytest.mark.parametrize("address", ["localhost:0", "localhost:65535", "localhost:99999"])
def test_a_served_lab_needs_a_port_for_each_device(address: str) -> None:
    with pytest.raises(SpecError, match="have no port each") as caught:
        assemble(parse_spec(campaign({"served": address})), files())
    assert (caught.value.field, caught.value.allowed) == ("lab.served", "a port from 1 to 65534")
