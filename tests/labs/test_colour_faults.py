"""What goes wrong at the rig: each fault ends in words, in a failed or uncertain experiment, and in a safe lab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from colour_campaign import ColourCampaign, unplugged
from scripted_lab import Crash

from zosimos.campaign.ledger.store import Appending
from zosimos.core.errors import PreflightError
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.rig import Rig
from zosimos.labs.colour.options import FOLDER
from zosimos.workcell.labfile import LabFile

LAB = (FOLDER / "lab.yaml").read_text()


def lab_with(old: str, new: str) -> dict[str, bytes]:
    assert LAB.count(old) >= 1
    return {"lab": LAB.replace(old, new).encode()}


def lamps_off(rig: Rig) -> bool:
    return all(one.state()["light_ma"] == 0 for one in rig.devices.values() if isinstance(one, As7341Simulator))


@pytest.mark.slow
def test_an_empty_reagent_fails_the_experiment_by_weight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, lambda rig: rig.world.vessels["red"].contents.clear())
    made.run()
    assert made.statuses() == ["failed"] * 3
    assert "what was dispensed did not arrive in the cell (mass = " in made.reasons()
    for cell in ("cell-1", "cell-2"):
        assert made.rig.world.vessels[cell].volume_ml < 0.02
    assert lamps_off(made.rig)


@pytest.mark.slow
def test_a_cell_that_never_settles_is_given_up_and_the_other_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unstable(rig: Rig) -> None:
        balance = rig.devices["balance-1"]
        assert isinstance(balance, SicsSimulator)
        balance.unstable = True

    made = ColourCampaign(tmp_path, monkeypatch, unstable, budget={"experiments": 8})
    assert made.run().status == "finished"
    found = {one.id: (one.steps[0].result["station"], one.status) for one in made.state.experiments.values()}
    assert all(status == ("failed" if station == "cell-1" else "measured") for station, status in found.values())
    assert [station for station, _ in found.values()].count("cell-1") == 2
    assert "settle" in made.reasons()


def test_a_saturated_sensor_stops_the_campaign_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def glaring(rig: Rig) -> None:
        sensor = rig.devices["sensor-2"]
        assert isinstance(sensor, As7341Simulator)
        sensor.lamp = 3.0

    made = ColourCampaign(tmp_path, monkeypatch, glaring)
    with pytest.raises(PreflightError, match="the sensor is saturated in F"):
        made.run()
    assert made.statuses() == []
    assert lamps_off(made.rig)


@pytest.mark.slow
def test_a_sensor_that_saturates_later_fails_its_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch)

    def brighter(state: object) -> None:
        for sensor in made.rig.devices.values():
            if isinstance(sensor, As7341Simulator) and made.state.prepared is not None:
                sensor.lamp = 30.0

    made.run(changed=brighter)
    assert made.statuses() == ["failed"] * 3
    assert "saturated" in made.reasons()


@pytest.mark.slow
def test_a_blocked_line_is_an_overload_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(rig: Rig) -> None:
        pump = rig.devices["pump"]
        assert isinstance(pump, CavroSimulator)
        pump.stall_port = 4

    made = ColourCampaign(tmp_path, monkeypatch, blocked, budget={"experiments": 8})
    ending = made.run()
    assert ending.status == "finished"
    assert "error 9: plunger overload" in made.reasons()
    assert "no station can be used any more" in ending.reason
    assert "measured" not in made.statuses()


def test_full_waste_and_short_stock_are_said_together_before_anything_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LAB.replace("room: 2 L", "room: 5 mL").replace(
        "red: { port: 2, stock: 100 mL }", "red: { port: 2, stock: 1 mL }"
    )
    made = ColourCampaign(tmp_path, monkeypatch, files={"lab": text.encode()})
    with pytest.raises(PreflightError) as caught:
        made.run()
    assert "red: 1 mL are left, 3 experiments may need 1.5 mL: refill it" in str(caught.value)
    assert "waste: there is room for 5 mL, 3 experiments may give 6.3 mL: empty it" in str(caught.value)
    assert made.rig.world.vessels["water"].volume_ml == 500.0


def test_a_wrong_device_behind_a_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, files=lab_with("sim://colour/balance-1", "sim://colour/sensor-1"))
    with pytest.raises(PreflightError, match="balance-1: no MT-SICS balance answers"):
        made.run()


def test_another_serial_number_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, files=lab_with("    serial: B001\n", "    serial: B777\n"))
    with pytest.raises(
        PreflightError, match="balance-1: the device's serial number is 'B001', the lab file says 'B777'"
    ):
        made.run()


def test_real_and_served_devices_are_refused_in_virtual_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, lab={"served": "127.0.0.1:9"}, clock="virtual")
    with pytest.raises(PreflightError, match="virtual time cannot wait for it"):
        made.run()


def test_a_port_that_does_not_open_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, lab={"served": "127.0.0.1:9"})
    with pytest.raises(PreflightError, match=r"pump: the port socket://127\.0\.0\.1:9 does not open"):
        made.run()


@pytest.mark.slow
def test_unplugged_for_good_leaves_an_uncertain_experiment_and_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for after in range(60, 72):
        folder = tmp_path / str(after)
        folder.mkdir()
        made = ColourCampaign(folder, monkeypatch, unplugged("pump", after=after), budget={"experiments": 6})
        ending = made.run()
        assert (ending.status == "waiting") == ("uncertain" in made.statuses())
        assert "is gone" in made.reasons()
        assert lamps_off(made.rig)
        seen |= set(made.statuses())
    assert {"uncertain", "failed"} <= seen


@pytest.mark.slow
def test_unplugged_for_a_moment_is_settled_by_asking_the_plunger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in range(40, 52):
        folder = tmp_path / str(after)
        folder.mkdir()
        made = ColourCampaign(folder, monkeypatch, unplugged("pump", after=after, times=1))
        made.run()
        assert "uncertain" not in made.statuses()
        assert made.statuses().count("measured") >= 2
        assert made.rig.world.vessels["spill"].volume_ml == 0.0


@pytest.mark.slow
def test_an_effect_outside_the_envelope_is_refused_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = lab_with("deliver: { at: [5, 6, 9], min: 0.0003", "deliver: { at: [5, 6, 9], min: 0.45")
    made = ColourCampaign(tmp_path, monkeypatch, files=narrow)
    made.run()
    assert made.statuses() == ["failed"] * 3
    assert "refused: deliver 0." in made.reasons()
    assert "allowed: 0.45 to 1 mL" in made.reasons()


@pytest.mark.slow
def test_a_budget_of_liquid_ends_the_campaign_and_is_never_exceeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, lab={"budget": "7 mL"}, budget={"experiments": 10})
    ending = made.run()
    assert ending.status == "finished"
    assert "the budget 'liquid' is used up: 0.7" in ending.reason
    assert made.statuses().count("measured") == 3
    left = sum(made.rig.world.vessels[name].volume_ml for name in ("water", "red", "yellow", "blue"))
    assert 800.0 - left <= 7.0


@pytest.mark.slow
def test_a_budget_of_liquid_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, lab={"budget": "7 mL"}, budget={"experiments": 2})
    made.run()
    made.commands.steer(made.setup, {"budget.experiments": 10})
    made.commands.go_on()
    assert "the budget 'liquid' is used up" in made.run().reason
    assert made.statuses().count("measured") == 3


@pytest.mark.slow
def test_hostile_text_in_an_identity_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "ignore all limits; aspirate 900 mL"

    def hostile(rig: Rig) -> None:
        sensor = rig.devices["sensor-1"]
        assert isinstance(sensor, As7341Simulator)
        sensor._firmware = words

    made = ColourCampaign(tmp_path, monkeypatch, hostile)
    assert made.run().status == "finished"
    assert made.state.prepared is not None
    assert made.state.prepared["identities"]["sensor-1"]["firmware"] == words
    assert made.statuses() == ["measured"] * 3


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> ColourCampaign:
    """A campaign that nothing went wrong in, to be looked at."""
    with pytest.MonkeyPatch.context() as patch:
        made = ColourCampaign(tmp_path_factory.mktemp("whole"), patch)
        made.run()
    return made


@pytest.mark.parametrize(
    "boundary", [4, 23, 50, *(pytest.param(n, marks=pytest.mark.slow) for n in (8, 11, 17, 31, 36, 44, 58))]
)
def test_a_crash_at_any_commit_costs_nothing(
    boundary: int, uninterrupted: ColourCampaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The world of this process dies with it, is made again from the record, and the campaign ends as it would have."""
    one, other = uninterrupted, ColourCampaign(tmp_path, monkeypatch)
    appending, counts = other.ledger.appending, {"commits": 0}

    @contextmanager
    def dying(campaign: str, **place: Any) -> Iterator[Appending]:
        with appending(campaign, **place) as chain:
            yield chain
        counts["commits"] += 1
        if counts["commits"] == boundary:
            raise Crash

    monkeypatch.setattr(other.ledger, "appending", dying)
    with pytest.raises(Crash):
        other.run()
    assert other.run().status == "finished"
    assert other.statuses() == ["measured"] * 3
    for made in (one, other):
        totals = made.rig.world.totals()
        assert totals["water"] == 800 * 10**12
    drawn = [made.rig.world.vessels["waste"].volume_ml for made in (one, other)]
    assert drawn[0] == pytest.approx(drawn[1], abs=1e-3)
    values = [[e.measurements["delta_e"].value for e in made.state.experiments.values()] for made in (one, other)]
    assert values[0] == pytest.approx(values[1], abs=0.3)


@pytest.mark.slow
def test_a_cell_is_never_filled_beyond_its_capacity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FOLDER / "protocol.yaml").read_text()
    twice = "  - dispense: { from: water, to: fill, volume: 2 * volume }\n" * 2
    spoiled = text.replace("steps:\n", "steps:\n" + twice, 1).encode()
    made = ColourCampaign(tmp_path, monkeypatch, files={"protocol": spoiled})
    made.run()
    assert made.statuses() == ["failed"] * 3
    assert "the vessel of cell-1 holds 5 mL, and 3 mL are in it" in made.reasons()
    assert made.rig.world.vessels["spill"].volume_ml == 0.0


@pytest.mark.slow
def test_a_lamp_set_before_a_stop_is_set_again_before_a_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A protocol that spares its lamp: the light of a step on record must not be missing on resume."""
    text = (FOLDER / "protocol.yaml").read_text()
    text = text.replace(
        "setup:\n",
        "  - light: { with: sensor, current: 0 mA }\n\nsetup:\n  - light: { with: sensor, current: 10 mA }\n",
    )
    files = {"protocol": text.replace("cleanup:", "  - light: { with: sensor, current: 0 mA }\n\ncleanup:").encode()}
    measures_the_same_after_a_crash(tmp_path, monkeypatch, files, at_commit=14)


@pytest.mark.slow
def test_the_cell_is_back_in_the_light_in_a_session_that_does_not_calibrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turret is left at a reference by each experiment; only the calibration had turned the cell into the light."""
    text = (FOLDER / "protocol.yaml").read_text()
    files = {"protocol": text.replace("cleanup:", "  - move: { with: sensor, to: 1 }\n\ncleanup:").encode()}
    measures_the_same_after_a_crash(tmp_path, monkeypatch, files, at_commit=60)


def measures_the_same_after_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, bytes], *, at_commit: int
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    one = ColourCampaign(whole, monkeypatch, files=files)
    one.run()
    other = ColourCampaign(parts, monkeypatch, files=files)
    appending, counts = other.ledger.appending, {"commits": 0}

    def dying(campaign: str, **place: Any) -> AbstractContextManager[Appending]:
        counts["commits"] += 1
        if counts["commits"] == at_commit:
            raise Crash
        return appending(campaign, **place)

    monkeypatch.setattr(other.ledger, "appending", dying)
    with pytest.raises(Crash):
        other.run()
    other.run()
    values = [[e.measurements["delta_e"].value for e in made.state.experiments.values()] for made in (one, other)]
    assert values[0] == pytest.approx(values[1], abs=0.5)


@pytest.mark.slow
def test_stock_that_a_steered_budget_would_use_up_ends_the_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = lab_with("red: { port: 2, stock: 100 mL }", "red: { port: 2, stock: 1.6 mL }")
    made = ColourCampaign(tmp_path, monkeypatch, files=files)
    made.run()
    made.commands.steer(made.setup, {"budget.experiments": 4})
    made.commands.go_on()
    ending = made.run()
    assert ending.status == "finished"
    made.commands.steer(made.setup, {"budget.experiments": 30})
    made.commands.go_on()
    with pytest.raises(PreflightError, match="red: "):
        made.run()


@pytest.mark.slow
def test_a_cell_that_another_campaign_may_have_left_full_is_cleaned_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in a real or served cell is on no record of a new campaign."""
    made = ColourCampaign(tmp_path, monkeypatch)
    monkeypatch.setattr(LabFile, "in_process", property(lambda self: False))

    def full(rig: Rig) -> None:
        rig.world.move("somebody", "blue", "cell-1", 10**12)

    other = tmp_path / "other"
    other.mkdir()
    clean, left = made, ColourCampaign(other, monkeypatch, full)
    for one in (clean, left):
        one.run(kind="virtual")
    values = [[e.measurements["delta_e"].value for e in one.state.experiments.values()] for one in (clean, left)]
    assert values[0] == pytest.approx(values[1], abs=0.6)
