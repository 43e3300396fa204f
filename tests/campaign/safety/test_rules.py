"""What laboratories and packages add to the rules, and what happens when a check breaks off."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.safety import checking, shipped
from zosimos.campaign.safety.additions import ChemistrySpec
from zosimos.campaign.safety.findings import Report
from zosimos.campaign.safety.stated import LabChemistry, Stated, Vessel, together
from zosimos.core import plugins
from zosimos.core.errors import SpecError
from zosimos.core.validation import validated


def judged(*texts: str, amounts: Any = None, simulated: bool = False, **added: Any) -> Report:
    stated = tuple(Stated(f"places.{place}", text, amounts=amounts) for place, text in enumerate(texts))
    rules = validated(ChemistrySpec, added, "chemistry")
    return checking.check(together((), LabChemistry(stated, (Vessel("cell", stated),), rules), simulated=simulated))


def test_a_laboratory_clears_an_unknown_substance_by_declaring_it() -> None:
    assert [one.kind for one in judged("zorbliquine").needs] == ["unknown"]
    assert not judged("Zorb-Liquine", species={"zorbliquine": {"classes": ["flammable"]}}).needs
    assert not judged("Z7", species={"zorbliquine": {"also": ["Z7"]}}).needs


@pytest.mark.parametrize(
    "species",
    [
        {"sarin": {}},
        {"our salt": {"also": ["sarin"]}},
        {"our salt": {"cas": "107-44-8"}},
        {"our salt": {"formula": "C4H10FO2P"}},
        {"our salt": {}, "sarin": {"also": ["our salt"]}},
    ],
)
def test_no_declaration_lifts_the_refusal_of_a_controlled_substance(species: dict[str, Any]) -> None:
    name = next(iter(species))
    assert {one.kind for one in judged(name, species=species).refused} == {"controlled"}


def test_a_laboratory_makes_rules_stricter_and_never_milder() -> None:
    assert not judged("toluene").needs
    assert judged("toluene", classes={"flammable": {"verdict": "person", "why": "no fire watch here"}}).needs
    assert judged("toluene", never=["organic solvent"]).refused
    assert judged("toluene", never=["methylbenzene"]).refused
    milder = judged("KCN", classes={"acutely toxic": {"verdict": "note", "why": "we are careful"}})
    assert milder.needs
    both = judged("KCN", "HCl", pairs=[{"between": ["cyanide", "acid"], "verdict": "note", "why": "it is fine"}])
    assert "hydrogen cyanide" in both.refused[0].words


def test_a_laboratory_adds_classes_and_pairs_of_its_own() -> None:
    own = {
        "species": {"dye 7": {"classes": ["photolabile"]}},
        "classes": {"photolabile": {"why": "falls apart in light"}},
        "pairs": [{"between": ["photolabile", "acetone"], "verdict": "refuse", "why": "it sensitises"}],
    }
    assert "sensitises" in judged("dye 7", "propan-2-one", **own).refused[0].words
    assert not judged("dye 7", "water", **own).refused


@pytest.mark.parametrize(
    ("amounts", "verdict"),
    [
        (((4.0, "mL"),), "go"),
        (((6.0, "mL"),), "refuse"),
        (((0.004, "L"),), "go"),
        (None, "person"),
        (((1.0, "g"),), "person"),
    ],
)
def test_a_limit_holds_whatever_the_unit_and_asks_where_nobody_says_how_much(amounts: Any, verdict: str) -> None:
    found = [
        one for one in judged("acetone", amounts=amounts, limits={"ketone": "5 mL"}).findings if one.kind == "limit"
    ]
    assert [one.verdict for one in found] == ([] if verdict == "go" else [verdict])


@pytest.mark.parametrize(
    ("added", "field"),
    [
        ({"species": {"x1": {"cas": "151-50-9"}}}, "chemistry.species.x1.cas"),
        ({"species": {"x1": {"formula": "not one"}}}, "chemistry.species.x1.formula"),
        ({"species": {"!": {}}}, "chemistry.species"),
        ({"limits": {"acetone": "much"}}, "chemistry.limits.acetone"),
        ({"pairs": [{"between": ["acid"], "why": "x"}]}, "chemistry.pairs.0.between"),
        ({"classes": {"acid": {"verdict": "fine", "why": "x"}}}, "chemistry.classes.acid.verdict"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(added: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        validated(ChemistrySpec, added, "chemistry")
    assert str(caught.value.field).startswith(field)


def test_a_class_that_there_is_not_refuses_everything() -> None:
    report = judged("water", species={"x1": {"classes": ["flamable"]}})
    assert "'flamable' is neither a class nor a substance" in report.refused[0].words


@pytest.mark.parametrize("broken", ["substances.csv", "controlled.csv", "classes.csv", "pairs.csv"])
def test_a_table_that_cannot_be_read_refuses(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shipped._rows

    def failing(name: str) -> Any:
        if name == broken:
            raise OSError(f"{name} is gone")
        return rows(name)

    shipped.shipped.cache_clear()
    monkeypatch.setattr(shipped, "_rows", failing)
    report = judged("water")
    shipped.shipped.cache_clear()
    assert f"{broken} is gone" in report.refused[0].words
    with pytest.raises(SpecError, match="cannot be checked"):
        checking.require(report)


def offering(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Let an installed package offer rules of chemistry."""
    point = EntryPoint("house", value, checking.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == checking.GROUP else [])
    plugins.points.cache_clear()
    monkeypatch.setattr(checking, "load_all", plugins.load_all)


@pytest.fixture(autouse=True)
def fresh_plugins():
    yield
    plugins.points.cache_clear()


HOUSE = {"species": {"house blend": {}}, "never": ["chloroform"]}
NONSENSE = {"never": ["no such thing"]}


def test_a_package_adds_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, f"{__name__}:HOUSE")
    assert not judged("house blend").needs
    assert judged("chloroform").refused
    assert not judged("acetone").refused


@pytest.mark.parametrize("value", [f"{__name__}:NONSENSE", f"{__name__}:judged", "no_such_package:rules"])
def test_a_package_whose_rules_are_broken_refuses_what_is_declared(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, value)
    assert "cannot be checked" in judged("water").refused[0].words


def test_a_broken_package_stops_no_campaign_that_declares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, "no_such_package:rules")
    report = checking.check(together([Stated("space.x", "x", declared=False)], None, simulated=False))
    assert not report.refused
    assert "cannot be checked" in report.findings[0].words


def test_a_simulated_laboratory_only_gets_notices() -> None:
    report = judged("sarin", "KCN", "HCl", "zorb", simulated=True)
    assert not report.refused
    assert not report.needs
    assert any(line.startswith("would be refused: sarin") for line in report.lines())


def test_choices_of_one_parameter_meet_only_in_a_vessel_that_lasts() -> None:
    acid, salt = Stated("space.reagent", "HCl", "HCl"), Stated("space.reagent", "KCN", "KCN")
    for lasting in (False, True):
        chemistry = together((), LabChemistry((acid, salt), (Vessel("pot", (acid, salt), lasting),)), simulated=False)
        assert bool(checking.check(chemistry).refused) == lasting


@given(st.permutations(["KCN", "HCl", "acetone", "zorb", "sarin", "HNO3"]))
def test_order_changes_no_finding(texts: list[str]) -> None:
    found, wanted = judged(*texts).findings, judged("KCN", "HCl", "acetone", "zorb", "sarin", "HNO3").findings
    assert [(one.verdict, one.subject) for one in found] == [(one.verdict, one.subject) for one in wanted]


@pytest.mark.parametrize("spelled", ["KCN", "kcn", "151-50-8", "Potassium  Cyanide", "harmless KCN", "NCK"])
def test_a_yes_is_to_the_substance_however_it_is_spelled(spelled: str) -> None:
    assert {one.digest for one in judged(spelled).needs} == {one.digest for one in judged("potassium cyanide").needs}


def test_what_is_not_declared_is_only_noticed_unless_it_may_never_be_there() -> None:
    def looked_at(text: str) -> Report:
        return checking.check(together([Stated("space.reagent", text, text, declared=False)], None, simulated=False))

    assert looked_at("sarin").refused
    assert looked_at("acetic anhydride").refused
    assert [one.kind for one in looked_at("potassium cyanide").findings] == ["undeclared"]
    for label in ("GB", "VX", "A", "zorb", "RDX", "HD"):
        assert not looked_at(label).refused, "it may be a label"
