"""The simulated colour lab is bit for bit what it was when it was written in Python: contents, noise and bytes.

``golden_colour.json`` was recorded from that code: campaigns on record rest on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from zosimos.instruments.rig import Rig
from zosimos.labs.colour.rig import make_rig

GOLDEN = Path(__file__).parent / "golden_colour.json"
STOCKS = {"water": 33.3, "red": 1.6, "yellow": 2.7, "blue": 100.0}
CASES: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "as it is": (1, {}),
    "another seed": (77, {}),
    "other stocks": (3, {"stocks_ml": STOCKS, "waste_ml": 55.5}),
    "nothing in stock": (4, {"stocks_ml": {**STOCKS, "red": 0.0}}),
}


class Exercise:
    """Talks to a rig in a time of its own, and keeps what it says."""

    def __init__(self, seed: int, options: Mapping[str, Any]) -> None:
        self.now = 0.0
        self.rig: Rig = make_rig(seed, lambda: self.now, **options)
        self.said: list[list[Any]] = []

    def ask(self, device: str, request: bytes, seconds: float) -> None:
        self.rig.write(device, request)
        heard = b""
        for _ in range(20):
            self.now = round(self.now + seconds / 20, 6)
            heard += self.rig.read(device)
        self.said.append([device, heard.decode("latin-1")])

    def run(self) -> dict[str, Any]:
        before = self.standing()
        self.ask("pump", b"/1ZR\r", 8.0)
        for port in (1, 2, 3, 4):
            for fill in (5, 6):
                self.ask("pump", b"/1V1400I%dA%dR\r" % (port, 150 * port), 4.0)
                self.ask("pump", b"/1I%dA0R\r" % fill, 4.0)
                self.ask("balance-1", b"S\r\n", 8.0)
        self.ask("pump", b"/1?76\r", 1.0)
        for number in (1, 2):
            for line in (b"I4", b"I2", b"T", b"S", b"SI"):
                self.ask(f"balance-{number}", line + b"\r\n", 8.0)
            self._light(f"sensor-{number}")
        self.ask("pump", b"/1I7A3000R\r", 6.0)
        self.ask("pump", b"/1I9A0R\r", 6.0)
        self.ask("balance-1", b"S\r\n", 8.0)
        return {"before": before, "said": self.said, "after": self.standing()}

    def _light(self, sensor: str) -> None:
        lines: list[dict[str, Any]] = [
            {"cmd": "hello"},
            {"cmd": "config", "atime": 35, "astep": 999, "gain": 8},
            {"cmd": "light", "ma": 10},
            {"cmd": "turret", "slot": 17},
        ]
        for slot in (*range(1, 17), 0):
            lines += [{"cmd": "turret", "slot": slot}, {"cmd": "read"}]
        for number, line in enumerate(lines, start=1):
            self.ask(sensor, json.dumps({"id": number, **line}).encode() + b"\n", 1.0)

    def standing(self) -> dict[str, Any]:
        """Vessels in their order, and devices in theirs."""
        vessels = self.rig.world.vessels.values()
        return {
            "vessels": [[one.name, one.capacity_ml, one.dead_ml, one.temperature_c, one.contents] for one in vessels],
            "masses": {one.name: self.rig.world.mass_g(one.name) for one in vessels},
            "species": [[one.name, one.molar_mass] for one in self.rig.world.species.values()],
            "devices": [[name, one.state()] for name, one in self.rig.devices.items()],
        }


@pytest.mark.parametrize("case", CASES)
def test_the_rig_made_of_files_is_bit_for_bit_the_one_on_record(case: str) -> None:
    found = json.loads(json.dumps(Exercise(*CASES[case]).run()))
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))[case]
    for part in ("before", "said", "after"):
        assert found[part] == recorded[part]
