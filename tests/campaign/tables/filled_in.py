"""A campaign by hand with four proposals, whose tables are told in many ways."""

from __future__ import annotations

import random
from typing import Any

from scripted_lab import NOW

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.records import Candidate
from zosimos.core.values import Values

SPEC: dict[str, Any] = {
    "name": "paint",
    "space": {
        "temperature": {"min": 20, "max": 80, "unit": "degC"},
        "amount": {"min": 0, "max": 100, "unit": "g"},
        "solvent": {"choices": ["DMF", "Ethanol", "Toluol", "=H2O"]},
        "cycles": {"type": "integer", "min": 1, "max": 12},
    },
    "objectives": {"viscosity": {"goal": "min", "unit": "mPa*s"}, "yield": {"goal": "max", "unit": "%"}},
    "columns": {"eta": "viscosity", "Ausbeute": "yield"},
    "budget": {"experiments": 100},
    "batch": 4,
}
PROPOSED: tuple[Values, ...] = (
    {"temperature": 27.4568, "amount": 12.5, "solvent": "DMF", "cycles": 3},
    {"temperature": 60.0, "amount": 100 / 3, "solvent": "Ethanol", "cycles": 5},
    {"temperature": 45.5, "amount": 50.0, "solvent": "Toluol", "cycles": 7},
    {"temperature": 70.0, "amount": 80.0, "solvent": "=H2O", "cycles": 9},
)


class Filled:
    """The campaign, asked once.

    Args:
        ledger: where it is kept.
    """

    def __init__(self, ledger: Ledger, **spec: Any) -> None:
        self.setup: Setup = assemble(parse_spec({**SPEC, **spec}), {})
        self.record: Record = create(ledger, self.setup, author="tester", now=NOW, entropy=random.Random(1))
        self.commands = Commands(self.record, "tester", NOW)
        self.commands.ask(self.setup, len(PROPOSED), _proposed)


def _proposed(setup: Setup, inputs: Inputs) -> list[Candidate]:
    return [Candidate(values, "test", "as the tables have it") for values in PROPOSED]
