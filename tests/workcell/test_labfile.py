"""The lab file: units of places and budgets, certificates, stations without a vessel, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.clock import Clock
from zosimos.core.errors import SpecError
from zosimos.core.validation import validated
from zosimos.instruments.capabilities.dispenses import ASPIRATE
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.preflight import supplies
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.usage import account

GRIPPER = """
from typing import Protocol, runtime_checkable
from zosimos.instruments.capability import Capability, Verb

@runtime_checkable
class Grips(Protocol):
    async def take(self, place): ...

GRIPS = Capability("grips", Grips, (Verb("take", draws=True),), lambda _: {}, lambda _: {})
"""


def lab_data(**changes: Any) -> dict[str, Any]:
    """Return a lab with a pump that draws liquid and a place of vials."""
    data: dict[str, Any] = {
        "name": "small",
        "devices": {
            "pump": {
                "driver": "cavro",
                "link": "real",
                "url": "/dev/ttyUSB0",
                "options": {"syringe_ml": 1, "waste_port": 9},
                "limits": {"aspirate": {"at": [1, 2, 3], "min": 0, "max": 1}},
            }
        },
        "stations": {"bench": {"devices": {"pump": "pump"}}},
        "places": {
            "water": {"port": 1, "stock": "0.1 L"},
            "rack": {"port": 2, "unit": "vials", "stock": "24 vials"},
            "waste": {"port": 9, "room": "50 mL"},
            "bin": {"port": 8, "unit": "vials", "room": 30},
        },
        "budgets": {
            "liquid": {"places": ["water"], "total": "60000 uL"},
            "glass": {"places": ["rack"], "total": "20 vials"},
        },
    }
    return {**data, **changes}


def lab(**changes: Any) -> LabFile:
    return validated(LabFile, lab_data(**changes), "lab file")


def test_stock_room_and_totals_are_numbers_in_the_unit_of_their_place() -> None:
    found = lab()
    assert [(place.stock, place.room, place.unit) for place in found.places.values()] == [
        (100.0, None, "mL"),
        (24.0, None, "vials"),
        (None, 50.0, "mL"),
        (None, 30.0, "vials"),
    ]
    assert {name: (budget.total, found.unit_of(name)) for name, budget in found.budgets.items()} == {
        "liquid": (60.0, "mL"),
        "glass": (20.0, "vials"),
    }


@given(st.floats(0.001, 1e6))
def test_a_stock_in_any_unit_of_volume_is_the_same_stock(millilitres: float) -> None:
    written = (millilitres, f"{millilitres} mL", f"{millilitres / 1000} L", f"{millilitres} cm^3")
    stocks = [lab(places={"water": {"port": 1, "stock": one}}, budgets={}).places["water"].stock for one in written]
    assert stocks == pytest.approx([millilitres] * 4, rel=1e-9)


def test_a_budget_counts_only_what_is_drawn_in_its_unit() -> None:
    budgets = {budget.name: budget for budget in lab().limits().budgets}
    assert budgets["liquid"].covers(Effect("pump", ASPIRATE, "1", 0.5))
    assert not budgets["glass"].covers(Effect("pump", ASPIRATE, "2", 0.5))


def test_what_is_short_is_said_in_its_own_unit_and_vials_are_no_millilitres() -> None:
    deck = Deck(lab(), Clock(), None)
    needs = [{"water": 2.0, "rack": 1.0}]
    assert supplies(deck, needs, {}, 20) == []
    assert supplies(deck, needs, {"water": 20.0, "rack": 10.0}, 15) == [
        "rack: 14 vials are left, 15 experiments may need 15 vials: refill it"
    ]
    assert supplies(deck, needs, {"water": 30.0, "rack": 2.0}, 15) == [
        "waste: there is room for 20 mL, 15 experiments may give 30 mL: empty it"
    ]
    assert "bin: there is room for 1 vials" in supplies(deck, needs, {"rack": 29.0}, 2)[1]


def test_usage_shows_units() -> None:
    facts = account(lab(), [])
    assert facts["reagents"] == "water 0 of 100 mL, rack 0 of 24 vials"
    assert facts["budget glass"] == "0 of 20 vials"


def test_a_station_needs_neither_ports_nor_a_vessel() -> None:
    station = lab().stations["bench"]
    assert station.capacity is None
    assert station.ports == {}


def test_a_certificate_is_read_under_its_former_name_too() -> None:
    old = [{"slot": slot, "xyz": [0.1, 0.2, 0.3]} for slot in (1, 2)]
    new = [{"slot": slot, "certificate": [0.1, 0.2, 0.3]} for slot in (1, 2)]
    assert lab(standards={"tiles": old}).standards == lab(standards={"tiles": new}).standards
    single = lab(standards={"buffers": [{"slot": 1, "certificate": [4.01]}, {"slot": 2, "certificate": [7.0]}]})
    assert [one.certificate for one in single.standards["buffers"]] == [[4.01], [7.0]]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"places": {"water": {"port": 1, "unit": "L"}}}, "places.water", "liquid is counted in mL, not in L"),
        ({"places": {"water": {"port": 1, "stock": "3 g"}}}, "places.water.stock", "g cannot become mL"),
        ({"places": {"rack": {"port": 1, "unit": "vials", "stock": "3 mL"}}}, "places.rack.stock", "vials"),
        ({"places": {"water": {"port": 1, "stock": "much"}}}, "places.water.stock", "not a number"),
        ({"places": {"water": {"port": 1, "stock": -1}}}, "places.water.stock", "must be at least 0"),
        ({"places": {"water": {"port": 1, "unit": 5}}}, "places.water.unit", "a text belongs there, not 5"),
        ({"budgets": {"all": {"places": ["water", "rack"], "total": 5}}}, "", "which have no sum"),
        ({"budgets": {"all": {"places": ["water"], "total": "5 g"}}}, "budgets.all.total", "g cannot become mL"),
        ({"budgets": {"all": {"places": ["water"]}}}, "budgets.all.total", "is missing"),
        ({"budgets": {"all": {"places": ["lake"], "total": 5}}}, "", "there is no place 'lake'"),
        ({"budgets": {"all": 5}}, "budgets.all", "lines belong there, not 5"),
        ({"stations": {"bench": {"devices": {}, "capacity": "5 g"}}}, "stations.bench.capacity", "cannot become mL"),
        (
            {"standards": {"a": [{"slot": 1, "certificate": [1]}, {"slot": 2, "certificate": [1, 2]}]}},
            "",
            "the same number of values",
        ),
        ({"standards": {"a": [{"slot": 1, "certificate": []}]}}, "standards.a.0.certificate", "needs 1 or more"),
    ],
)
def test_a_lab_file_that_says_what_cannot_be_is_refused_in_words(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        lab(**{"budgets": {}, **changes} if "places" in changes else changes)
    assert words in str(caught.value)
    assert field in str(caught.value.field)


def test_a_budget_of_vials_counts_what_a_verb_takes_out_as_a_plain_number(
    install: Callable[[str, str, Mapping[str, Mapping[str, str]]], None],
) -> None:
    install("zosimos-gripper", GRIPPER, {"zosimos.capabilities": {"grips": "GRIPS"}})
    data = lab_data()
    data["devices"]["pump"]["limits"]["take"] = {"at": [2], "min": 1, "max": 1}
    budgets = {budget.name: budget for budget in lab(**data).limits().budgets}
    assert budgets["glass"].covers(Effect("pump", "take", "2", 1.0))
    assert not budgets["liquid"].covers(Effect("pump", "take", "1", 1.0))


@pytest.mark.parametrize("least", [-1, "-5 uL"])
def test_what_draws_cannot_be_allowed_to_draw_less_than_nothing(least: object) -> None:
    data = lab_data()
    data["devices"]["pump"]["limits"]["aspirate"]["min"] = least
    with pytest.raises(SpecError, match="a negative amount would be counted towards no stock") as caught:
        lab(**data)
    assert caught.value.field == "lab file.devices.pump.limits.aspirate.min"
