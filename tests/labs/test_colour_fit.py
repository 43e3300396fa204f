"""A lab file and a protocol of the user's own that do not fit together are refused before a port is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from colour_campaign import ColourCampaign

from zosimos.core.errors import SpecError
from zosimos.labs.colour.options import FOLDER


@pytest.mark.parametrize(
    ("role", "old", "new", "field", "words"),
    [
        (
            "lab",
            "at: [1, 2, 3, 4, 7, 8], min",
            "at: [1, 2, 3, 7, 8], min",
            "devices.pump.limits.aspirate",
            "allowed at '4'",
        ),
        ("lab", "    limits: { tare: {} }", "    limits: {}", "devices.balance-1.limits.tare", "may not tare"),
        ("lab", "balance: balance-1, ", "", "stations.cell-1.devices.balance", "no device for the role"),
        ("lab", "balance: balance-1,", "balance: sensor-1,", "devices.sensor-1.driver", "no instrument that weighs"),
        ("lab", "ports: { fill: 5, drain: 7 }", "ports: { drain: 7 }", "stations.cell-1.ports.fill", "no port for"),
        ("lab", "driver: mt-sics", "driver: scales", "devices.balance-1.driver", "no driver 'scales'"),
        ("lab", "syringe_ml: 1.0", "syringe_ml: big", "devices.pump.syringe_ml", "a number belongs there"),
        ("lab", "url: sim://colour/pump", "url: /dev/ttyUSB0", "lab file.devices.pump", "link is in-process"),
        ("protocol", "current: 10 mA", "current: 90 mA", "devices.sensor-1.limits.light", "outside the limits"),
        ("protocol", "  - rinse:", "  - rinse_twice:", "protocol.cleanup.1.rinse_twice", "no action 'rinse_twice'"),
        ("protocol", "as: channels", "as: red", "steps.7.read.as", "the name of something else"),
        (
            "protocol",
            "to: waste, volume: volume + 0.3",
            "to: waste, volume: mass",
            "cleanup.0.dispense.volume",
            "'mass'",
        ),
        ("protocol", "target: target }", "goal: target }", "steps.8.compute.using", "needs other names"),
    ],
)
def test_a_lab_and_a_protocol_that_do_not_fit_are_refused_before_anything_is_opened(
    role: str, old: str, new: str, field: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / f"{role}.yaml").read_text()
    assert old in text
    with pytest.raises(SpecError) as caught:
        ColourCampaign(tmp_path, monkeypatch, files={role: text.replace(old, new, 1).encode()})
    assert caught.value.field == field
    assert words in str(caught.value)


def test_a_protocol_that_never_drains_the_cell_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FOLDER / "protocol.yaml").read_text()
    with pytest.raises(SpecError, match="fills cell-1 and never drains it"):
        ColourCampaign(tmp_path, monkeypatch, files={"protocol": text[: text.index("cleanup:")].encode()})
