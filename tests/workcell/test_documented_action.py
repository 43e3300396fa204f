"""The action of the documentation, word for word, keeps its contract on a hotplate that nobody here knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import zosimos as zo

DOCS = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
LAB: dict[str, Any] = {
    "name": "warm",
    "devices": {
        "plate": {
            "driver": "hot",
            "link": "in-process",
            "url": "sim://warm/plate",
            "limits": {"heat": {"min": "20 degC", "max": "120 degC"}},
        }
    },
    "stations": {"bench": {"devices": {"plate": "plate"}}},
    "world": {"vessels": {"beaker": {"capacity": "1 mL"}}},
}
MAKE = "def make(setup):\n    return HotplateSimulator(setup.name)\n"


def block(holds: str) -> str:
    """Return the block of the page that holds a text."""
    blocks = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (one for one in blocks if holds in one)
    return str(found)


@pytest.fixture
def hot(install: Callable[[str, str, Mapping[str, Mapping[str, str]]], None]) -> None:
    install("warm-heats", block("HEATS = zo.Capability"), {"zosimos.capabilities": {"heats": "HEATS"}})
    install("warm-heat", block("class Heat(zo.Action)"), {"zosimos.actions": {"heat": "Heat"}})
    device = "from tests.instruments.hotplate import Hotplate, HotplateSimulator\n" + MAKE
    install("warm-plate", device, {"zosimos.instruments": {"hot": "Hotplate"}, "zosimos.simulators": {"hot": "make"}})


def checks() -> Mapping[str, zo.testing.Check]:
    step = {"heat": {"to": "goal", "within": "2 K", "as": "warm"}}
    given = {"inputs": {"goal": "degC"}, "values": {"goal": 60.0}}
    return {one.name: one for one in zo.testing.action_checks(step, lab=LAB, roles={"plate": "heats"}, **given)}


@pytest.mark.usefixtures("hot")
def test_the_documented_action_conforms() -> None:
    for check in checks().values():
        check()
