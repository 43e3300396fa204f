"""The campaign file's space: mixtures of few parts, chemistry, nesting and conditions become what they say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scripted_lab import Campaign
from told_tables import results

from zosimos.campaign.definition.build import build_space, pool_rows
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered
from zosimos.campaign.definition.taken_for import descriptions, taken_for
from zosimos.campaign.files import from_file, from_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import assemble, fitted
from zosimos.core.constraints import Cardinality, Linear, Nested, Simplex
from zosimos.core.errors import DataError, SpecError
from zosimos.core.parameters import Categorical
from zosimos.core.table import parse_table

PARTS = {name: {"min": 0, "max": 1} for name in "abcd"}
SOLVENTS = {"water": "O", "ethanol": "CCO", "dmf": "CN(C)C=O"}


def spec_of(space: dict[str, Any], **more: Any) -> CampaignSpec:
    return parse_spec(
        {"name": "t", "space": space, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 5}, **more}
    )


def refused(space: dict[str, Any], **more: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        build_space(spec_of(space, **more), None)
    return caught.value


# --- amounts ---


def test_a_mixture_of_few_parts_is_two_constraints() -> None:
    simplex = {"type": "simplex", "of": list("abcd"), "total": 1, "at_least": 2, "at_most": 3, "minimum": 0.05}
    spec = spec_of(PARTS, constraints=[simplex, {"type": "cardinality", "of": ["a", "b"], "at_most": 1}])
    assert build_space(spec, None).constraints == (
        Simplex(tuple("abcd")),
        Cardinality(tuple("abcd"), 2, 3, 0.05),
        Cardinality(("a", "b"), 0, 1),
    )
    assert parse_spec(plain(spec)) == spec


def test_a_plain_mixture_stays_one_constraint() -> None:
    spec = spec_of(PARTS, constraints=[{"type": "simplex", "of": ["a", "b"]}])
    assert build_space(spec, None).constraints == (Simplex(("a", "b")),)


@pytest.mark.parametrize(
    "constraint",
    [
        {"type": "cardinality", "of": ["a", "b"], "at_least": -1},
        {"type": "cardinality", "of": ["a", "b"], "at_least": 3},
        {"type": "cardinality", "of": ["a", "b"], "at_least": True},
        {"type": "cardinality", "of": ["a", "b"], "minimum": -0.1},
        {"type": "cardinality", "of": []},
        {"type": "simplex", "of": ["a", "b"], "at_most": 0},
        {"type": "cardinality", "of": ["a", "z"]},
        {"type": "cardinality", "of": ["a", "b"], "minimum": 3},
    ],
)
def test_counts_that_make_no_sense_are_refused(constraint: dict[str, Any]) -> None:
    assert refused(PARTS, constraints=[constraint]).field


# --- chemistry ---


def descriptors(spec: CampaignSpec, name: str, pool: Any = None) -> Categorical:
    parameter = build_space(spec, pool).by_name[name]
    assert isinstance(parameter, Categorical)
    return parameter


def test_molecules_give_choices_and_their_descriptors() -> None:
    spec = spec_of({"solvent": {"molecules": SOLVENTS}, "x": {"min": 0, "max": 1}})
    assert spec.space["solvent"].choices == list(SOLVENTS)  # type: ignore[union-attr]  # it is categorical
    parameter = descriptors(spec, "solvent")
    assert parameter.choices == tuple(SOLVENTS)
    assert 1 <= parameter.width <= 10
    features = parameter.encoded(np.array(list(SOLVENTS), dtype=object))
    assert ((features >= 0) & (features <= 1)).all()
    assert len(np.unique(features.round(6), axis=0)) == 3
    assert features.max(axis=0)[0] == 1.0  # the first component is the widest, the others keep their proportion
    assert parse_spec(plain(spec)) == spec


def test_formulas_may_stand_for_themselves() -> None:
    spec = spec_of({"oxide": {"compositions": ["BaTiO3", "SrTiO3", "NaCl"]}})
    parameter = descriptors(spec, "oxide")
    assert parameter.choices == ("BaTiO3", "SrTiO3", "NaCl")
    barium, strontium, salt = parameter.encoded(np.array(parameter.choices, dtype=object))
    assert np.linalg.norm(barium - strontium) < np.linalg.norm(barium - salt)
    assert parse_spec(plain(spec)) == spec


def test_cells_of_a_pool_may_be_molecules_or_formulas() -> None:
    table = parse_table(b"salt,ligand,x\nNaCl,CCO,1\nKCl,CCCO,2\nNaCl,c1ccccc1,3\nMgO,CCO,4\n", "t.csv")
    space = {"salt": {"type": "composition"}, "ligand": {"type": "molecule"}, "x": {"min": 0, "max": 5}}
    spec = spec_of(space, candidates="t.csv")
    pool = pool_rows(table, spec)
    for given in (pool, tuple(pool)):
        ligand, salt = descriptors(spec, "ligand", given), descriptors(spec, "salt", given)
        assert ligand.choices == ("CCO", "CCCO", "c1ccccc1")
        assert salt.choices == ("NaCl", "KCl", "MgO")
        assert ligand.descriptors
        assert salt.descriptors
    built = build_space(spec, pool)
    assert built.features(built.candidates).shape == (4, built.width)
    with pytest.raises(SpecError, match="no choices"):
        build_space(spec, None)


@pytest.mark.parametrize(
    ("part", "field", "said"),
    [
        ({"molecules": {"a": "CCO", "b": "C("}}, "space.s.molecules", "'C(' is no molecule"),
        ({"compositions": ["NaCl", "Xx2"]}, "space.s.compositions", "'Xx2' is no formula"),
        ({"crystals": {"a": "data_", "b": ""}}, "space.s.crystals", "is no crystal"),
        ({"type": "molecule", "choices": ["CCO", "zzz"]}, "space.s.choices", "'zzz' is no molecule"),
        ({"molecules": {"a": "CCO"}}, "space.s.choices", "two or more choices"),
        ({"compositions": ["NaCl", "Na2Cl2"]}, "space.s.compositions", "do not differ"),
        ({"molecules": {"a": "C", "b": "CC"}, "choices": ["a", "c"]}, "file", "molecules and choices differ in b, c"),
        ({"molecules": {"a": "C"}, "compositions": ["NaCl"]}, "file", "cannot both say"),
        ({"type": "molecule", "descriptors": {"a": {"k": 1}}}, "file", "cannot both say"),
        ({"compositions": ["NaCl", "KCl"], "fingerprint": True}, "file", "fingerprint needs molecules"),
        ({"compositions": ["NaCl", "KCl"], "by_name": True}, "file", "by_name and compositions contradict"),
        ({"type": "molecule", "choices": ["CCO", "CCC"], "by_name": True}, "file", "by_name and type: molecule"),
        ({"type": "categorical"}, "file", "there are no choices"),
    ],
)
def test_chemistry_that_is_wrong_is_refused_by_field_and_text(part: dict[str, Any], field: str, said: str) -> None:
    error = refused({"s": part})
    assert said in str(error)
    assert error.field == field or (field == "file" and error.field is not None and error.field.startswith("space.s"))


KNOWN = {"choices": ["THF", "DMF", "MeCN", "toluene"]}


def test_choices_that_are_known_are_described_in_new_campaigns_alone() -> None:
    spec = spec_of({"s": KNOWN})
    new = spec.model_copy(update={"revision": 4})
    described = build_space(new, None).by_name["s"]
    assert described.columns == "descriptors"
    assert described.width <= 3
    for revision in (None, 2, 3):
        old = spec.model_copy(update={"revision": revision})
        assert build_space(old, None).by_name["s"].columns == "categories"


@pytest.mark.parametrize(
    "part",
    [
        {**KNOWN, "by_name": True},
        {"choices": ["L1", "L2", "L3"]},
        {"choices": ["a", "b"], "descriptors": {"a": {"k": 1}, "b": {"k": 2}}},
    ],
)
def test_what_is_to_go_by_name_or_described_in_the_file_is_not_looked_up(part: dict[str, Any]) -> None:
    spec = spec_of({"s": part}).model_copy(update={"revision": 4})
    plain_spec = spec.model_copy(update={"revision": 3})
    assert build_space(spec, None) == build_space(plain_spec, None)
    assert descriptions(spec) == {}


def test_what_choices_were_taken_for_is_said() -> None:
    space = {"s": {"choices": ["DCM", "dichloromethane", "toluene"]}, "l": {"choices": ["PPh3", "PCy3", "XPhos", "Q7"]}}
    told = descriptions(spec_of(space).model_copy(update={"revision": 4}))
    assert "dichloromethane as DCM" in told["s"]
    assert "one substance under 2 names" in told["s"]
    assert "'Q7' is not known" in told["l"]


def test_what_choices_were_taken_for_is_said_in_full_with_the_numbers_that_compare_them() -> None:
    space = {
        "s": {"choices": ["DCM", "PhMe", "THF", "water"]},
        "l": {"choices": ["L1", "L2", "L3"]},
        "b": {"choices": ["K2CO3", "K3PO4", "NaH"], "by_name": True},
        "t": {"min": 0, "max": 1},
    }
    spec = spec_of(space).model_copy(update={"revision": 4})
    solvent, label, base = taken_for(spec)
    assert solvent.named["PhMe"] == "toluene"
    assert {"boiling_point", "permittivity", "MolWt"} <= set(solvent.known_by)
    assert "PhMe as toluene" in solvent.words
    assert "boiling_point, permittivity" in solvent.words
    assert solvent.as_json()["directions"] == solvent.directions <= 3
    assert {label.words, base.words} == {"compared by name alone: any two are equally far apart"}
    assert taken_for(spec.model_copy(update={"revision": 3})) == []


def test_a_spec_that_does_not_say_by_name_is_written_as_before() -> None:
    assert "by_name" not in plain(spec_of({"s": KNOWN}))["space"]["s"]
    assert plain(spec_of({"s": {**KNOWN, "by_name": True}}))["space"]["s"]["by_name"] is True


# --- nesting ---

NESTED = {
    "steps": {"type": "integer", "min": 1, "max": 3},
    "second": {"min": 20, "max": "353.15 K", "unit": "degC", "when": {"steps": [2, 3]}, "default": "293.15 K"},
    "additive": {"choices": ["none", "salt"], "when": {"second_solvent": "water"}, "default": "none"},
    "second_solvent": {"choices": ["water", "dmf"]},
}


@pytest.mark.parametrize("other", [" DMF", "DMF ", "D\u200bMF", "'DMF"])
def test_choices_that_nobody_can_tell_apart_in_a_table_are_refused(other: str) -> None:
    given = spec_of({"solvent": {"choices": ["DMF", other, "dmf"]}})
    with pytest.raises(SpecError, match="look the same in a table") as caught:
        assemble(given, {})
    assert caught.value.field == "space.solvent.choices"
    assert assemble(spec_of({"solvent": {"choices": ["DMF", "dmf", "D M F"]}}), {})


def test_when_makes_a_nested_parameter_with_its_default_in_its_own_unit() -> None:
    spec = spec_of(NESTED)
    assert build_space(spec, None).constraints == (
        Nested("second", {"steps": (2.0, 3.0)}, 20.0),
        Nested("additive", {"second_solvent": ("water",)}, "none"),
    )
    assert parse_spec(plain(spec)) == spec


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"default": None}, "has no default"),
        ({"role": "context"}, "is not chosen"),
        ({"default": "3 kg"}, "different things"),
        ({"default": 300}, "no value of it"),
        ({"when": {"steps": [7]}}, "never is"),
        ({"when": {"stages": [1]}}, "unknown parameter"),
        ({"when": {"steps": []}}, "needs other parameters"),
        ({"when": {"second_solvent": [True]}}, "put it in quotes"),
        ({"when": {"second": [20]}}, "needs other parameters"),
    ],
)
def test_nesting_that_is_wrong_is_refused(change: dict[str, Any], said: str) -> None:
    assert said in str(refused({**NESTED, "second": {**NESTED["second"], **change}}))


# --- conditions of the day ---

HUMID = {"humidity": {"min": 20, "max": 60, "unit": "percent"}, "who": {"choices": ["ann", "bob"]}}


def test_context_is_kept_among_the_parameters() -> None:
    spec = spec_of({"x": {"min": 0, "max": 1}}, context=HUMID)
    space = build_space(spec, None)
    assert list(spec.space) == ["x", "humidity", "who"]
    assert [p.name for p in space.contextual] == ["humidity", "who"]
    assert dict(space.current) == {"humidity": 40.0, "who": "bob"}
    assert parse_spec(plain(spec)) == spec
    wider, changes = steered(spec, {"space.humidity.max": 70})
    assert build_space(wider, None).current["humidity"] == 45.0
    assert [change.path for change in changes] == ["space.humidity.max"]


def test_a_role_says_the_same_as_the_section() -> None:
    there = spec_of({"x": {"min": 0, "max": 1}}, context={"h": {"min": 0, "max": 1}})
    here = spec_of({"x": {"min": 0, "max": 1}, "h": {"min": 0, "max": 1, "role": "context"}})
    assert there == here


def test_a_wrong_condition_is_named_where_it_was_written() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of({"x": {"min": 0, "max": 1}}, context={"h": {"min": 0, "max": "3 kg", "unit": "degC"}})
    assert caught.value.field == "context.h.max"
    assert "given under space and under context" in str(
        refused({"h": {"min": 0, "max": 1}}, context={"h": {"min": 0, "max": 1}})
    )
    assert "no parameter to choose" in str(refused({}, context=HUMID))


def test_a_result_told_with_its_conditions_is_a_row_of_the_space(tmp_path: Path) -> None:
    limit = {"type": "linear", "coefficients": {"x": 1, "humidity": 0.01}, "max": 1.2}
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, context=HUMID, constraints=[limit])
        (told,) = results(campaign.state, b"x,humidity,who,y\n0.5,33,ann,1\n")
        space, row = build_space(campaign.state.spec, None), told.values
    assert row == {"x": 0.5, "humidity": 33.0, "who": "ann"}
    assert space.problems(row) == []
    assert isinstance(space.constraints[0], Linear)


def test_a_table_of_candidates_has_no_column_for_conditions(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("x,s\n0.1,u\n0.2,v\n0.2,v\n")
    data = {
        "name": "t",
        "space": {"x": {"min": 0, "max": 1}, "s": {"choices": ["u", "v"]}},
        "context": HUMID,
        "objectives": {"y": {"goal": "max"}},
        "candidates": "c.csv",
        "budget": {"experiments": 2},
    }
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(data))
    setup = from_file(path)
    assert list(setup.space(setup.spec).candidates) == [
        {"x": 0.1, "s": "u", "humidity": 40.0, "who": "bob"},
        {"x": 0.2, "s": "v", "humidity": 40.0, "who": "bob"},
    ]


@pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "", "ten"])
def test_a_candidate_without_a_number_is_refused_by_line_and_column(tmp_path: Path, cell: str) -> None:
    spec = spec_of({"x": {"min": 0, "max": 1}, "z": {"min": 0, "max": 1}}, candidates="c.csv")
    with pytest.raises(DataError, match=r"c\.csv, line 3: z is not a finite number") as caught:
        pool_rows(parse_table(f"x,z\n0.1,0.2\n0.2,{cell}\n".encode(), "c.csv"), spec)
    assert caught.value.field == "z"


def test_bounds_in_different_units_are_compared_in_the_parameters_own() -> None:
    spec = spec_of({"t": {"min": "293.15 K", "max": "212 degF", "unit": "degC", "step": "10 K"}})
    (parameter,) = build_space(spec, None).parameters
    assert (parameter.low, parameter.high, parameter.step) == (20.0, 100.0, 10.0)  # type: ignore[union-attr]
    error = refused({"t": {"min": "353.15 K", "max": "80 degC", "unit": "degC"}})
    assert error.field == "space.t.min"
    assert "range is empty" in error.message
    assert "different things" in str(refused({"t": {"min": 0, "max": "3 mL", "unit": "degC"}}))


@pytest.mark.parametrize("names", [("a", "a.min"), ("a.b.c", "a.b"), ("x", "a.b", "a")])
def test_a_name_that_could_be_a_field_of_another_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="could mean"):
        spec_of({name: {"min": 0, "max": 1} for name in names})


@pytest.mark.parametrize("names", [("a", "ab.min"), ("a.b", "a.c"), ("a.", "b")])
def test_names_with_dots_that_name_no_other_are_allowed(names: tuple[str, ...]) -> None:
    assert tuple(spec_of({name: {"min": 0, "max": 1} for name in names}).space) == names


GOAL = {"goal": "max"}


@pytest.mark.parametrize(
    ("space", "objectives", "field"),
    [
        ({"experiment": {"min": 0, "max": 1}}, {"y": {"goal": "max"}}, "space.experiment"),
        ({"failed": {"min": 0, "max": 1}}, {"y": {"goal": "max"}}, "space.failed"),
        ({"y_uncertainty": {"min": 0, "max": 1}}, {"y": {"goal": "max"}}, "space.y_uncertainty"),
        ({"x": {"min": 0, "max": 1}}, {"failed": {"goal": "max"}}, "objectives.failed"),
        (
            {"x": {"min": 0, "max": 1}},
            {"y": {"goal": "max"}, "y_uncertainty": {"goal": "min"}},
            "objectives.y_uncertainty",
        ),
    ],
)
def test_a_name_of_another_column_is_refused(
    tmp_path: Path, space: dict[str, Any], objectives: dict[str, Any], field: str
) -> None:
    spec = parse_spec({"name": "t", "space": space, "objectives": objectives, "budget": {"experiments": 5}})
    with pytest.raises(SpecError, match="in tables it is the column that says") as refused:
        from_spec(spec, tmp_path)
    assert refused.value.field == field
    assert fitted(spec, {}, None, recorded=True).spec == spec, "what is on record opens"


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"space": {"a b": {"min": 0, "max": 1}, " a  b": {"min": 0, "max": 1}}}, "space. a  b", "looks like 'a b'"),
        ({"space": {"x": {"min": 0, "max": 1}, "'x": {"min": 0, "max": 1}}}, "space.'x", "looks like 'x'"),
        ({"space": {"\u200b": {"min": 0, "max": 1}}}, "space.\u200b", "would not be seen"),
        ({"objectives": {"y ": {"goal": "max"}, "y": {"goal": "min"}}}, "objectives.y", "looks like 'y '"),
        ({"columns": {"x": "y"}}, "columns.x", "the campaign has a 'x' too"),
    ],
)
def test_a_name_that_a_table_cannot_tell_from_another_is_refused(
    tmp_path: Path, more: dict[str, Any], field: str, words: str
) -> None:
    plain = {"space": {"x": {"min": 0, "max": 1}}, "objectives": {"y": {"goal": "max"}}}
    spec = parse_spec({"name": "t", "budget": {"experiments": 5}, **plain, **more})
    with pytest.raises(SpecError, match=words) as refused:
        from_spec(spec, tmp_path)
    assert refused.value.field == field
    assert fitted(spec, {}, None, recorded=True).spec == spec, "what is on record opens"


def test_names_that_differ_in_case_alone_are_two(tmp_path: Path) -> None:
    space = {"t": {"min": 0, "max": 1}, "T": {"min": 0, "max": 1}}
    spec = parse_spec({"name": "x", "space": space, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 5}})
    assert list(from_spec(spec, tmp_path).spec.space) == ["t", "T"]
