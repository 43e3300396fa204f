"""The campaign file: every mistake is refused by field, value, what is allowed and the fix; the rest round-trips."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_assignment, parse_spec, read_spec, with_value
from zosimos.campaign.definition.steer import plain
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import SpecError

BASE: dict[str, Any] = {
    "name": "first",
    "space": {
        "temperature": {"min": 20, "max": "373.15 K", "unit": "degC", "step": "0.5 K"},
        "solvent": {"choices": ["THF", "DMF"]},
        "flow.rate": {"type": "integer", "min": 1, "max": 9},
    },
    "objectives": {"yield": {"goal": "max", "unit": "percent"}},
    "budget": {"experiments": 20, "time": "8 h"},
}

TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
NUMBER = st.floats(-1e6, 1e6)
UNITS = st.sampled_from(["", "degC", "mL/min", "percent"])
PARAMETERS = (
    st.fixed_dictionaries(
        {"min": NUMBER, "max": NUMBER}, optional={"unit": UNITS, "log": st.booleans(), "step": NUMBER}
    )
    | st.fixed_dictionaries({"type": st.just("integer"), "min": st.integers(-9, 9), "max": st.integers(10, 99)})
    | st.fixed_dictionaries({"levels": st.lists(NUMBER, max_size=4)}, optional={"unit": UNITS})
    | st.fixed_dictionaries(
        {"choices": st.lists(TEXT, min_size=1, max_size=3)},
        optional={"descriptors": st.dictionaries(TEXT, st.dictionaries(TEXT, NUMBER, max_size=2), max_size=2)},
    )
)
OBJECTIVES = st.fixed_dictionaries(
    {"goal": st.sampled_from(["max", "min", "target"])}, optional={"unit": UNITS, "target": NUMBER}
)

PLANNERS = (
    st.just({})
    | TEXT.map(lambda kind: {"kind": kind})
    | st.dictionaries(TEXT, st.floats(0.1, 9), max_size=3).map(lambda shares: {"shares": shares})
)
OPTIONS = st.dictionaries(TEXT.map(lambda name: f"option_{name}"), NUMBER | TEXT, max_size=2)
LABS = st.none() | OPTIONS.map(lambda options: {"kind": "pool", **options})


@st.composite
def specs(draw: st.DrawFn) -> CampaignSpec:
    """Any spec that validates."""
    space = draw(st.dictionaries(TEXT, PARAMETERS, max_size=4))
    objectives = draw(st.dictionaries(TEXT.map(lambda name: f"{name} out"), OBJECTIVES, min_size=1, max_size=3))
    drawn = draw(st.dictionaries(st.sampled_from(sorted(objectives)), NUMBER))
    reach = {name: abs(value) if objectives[name]["goal"] == "target" else value for name, value in drawn.items()}
    linear = st.fixed_dictionaries(
        {"type": st.just("linear"), "coefficients": st.dictionaries(TEXT, NUMBER)}, optional={"max": NUMBER}
    )
    simplex = st.fixed_dictionaries(
        {"type": st.just("simplex"), "of": st.lists(TEXT, max_size=3)}, optional={"total": NUMBER}
    )
    batch = draw(st.integers(1, 5))
    data = {
        "name": draw(TEXT),
        "space": space,
        "objectives": objectives,
        "budget": {"experiments": draw(st.integers(1, 99)), "time": draw(st.none() | st.floats(0, 1e6))},
        "constraints": draw(st.lists(linear | simplex | TEXT.map(lambda name: f"{name} < 1"), max_size=3)),
        "stop": {"reach": reach, "no_improvement": draw(st.none() | st.integers(1, 9))},
        "planner": draw(PLANNERS),
        "batch": batch,
        "parallel": draw(st.none() | st.integers(batch, 9)),
        "approval": draw(st.sampled_from(["suggest", "each", "batch", "autonomous"])),
        "lab": draw(LABS),
        "seed": draw(st.integers(0, 2**63 - 1)),
    }
    return parse_spec(data)


@pytest.mark.slow
@given(specs())
@settings(max_examples=60)
def test_spec_reads_back_from_its_plain_data(spec: CampaignSpec) -> None:
    assert parse_spec(plain(spec)) == spec
    assert parse_spec(json.loads(canonical_json(plain(spec)))) == spec


def test_numbers_are_in_their_own_units_after_reading() -> None:
    spec = parse_spec(BASE)
    data = plain(spec)
    assert data["space"]["temperature"]["max"] == 100.0
    assert data["space"]["temperature"]["step"] == 0.5  # a difference: no offset between kelvin and degrees Celsius
    assert data["space"]["flow.rate"]["type"] == "integer"
    assert spec.budget.time == 28_800
    assert spec.space["solvent"].type == "categorical"


def test_distances_between_outcomes_have_no_offset() -> None:
    data = {**BASE, "objectives": {"heat": {"goal": "target", "target": "323.15 K", "unit": "degC"}}}
    spec = parse_spec({**data, "stop": {"reach": {"heat": "5 K"}, "regret": "2 K"}})
    assert float(spec.objectives["heat"].target or 0) == pytest.approx(50.0)
    assert float(spec.stop.reach["heat"]) == pytest.approx(5.0)
    assert float(spec.stop.regret or 0) == pytest.approx(2.0)
    for field, stop in (
        ("stop.reach.heat", {"reach": {"heat": "-5 K"}}),
        ("stop.regret", {"regret": 0}),
        ("stop.expected_gain", {"expected_gain": "-1 K"}),
    ):
        with pytest.raises(SpecError, match="a distance between two values") as caught:
            parse_spec({**data, "stop": stop})
        assert caught.value.field == field
        assert caught.value.allowed


def test_gains_and_noise_are_in_the_unit_of_their_objective() -> None:
    data = {**BASE, "objectives": {"y": {"goal": "max", "unit": "%"}}}
    spec = parse_spec({**data, "stop": {"expected_gain": "0.5 %", "regret": 0.25}})
    assert (spec.stop.expected_gain, spec.stop.regret) == (pytest.approx(0.5), 0.25)
    rivals = {"formulas": {"one": "2 * temperature", "two": "temperature ** 2"}, "noise": "0.002 S", "of": "y"}
    data = {**BASE, "objectives": {"y": {"goal": "max", "unit": "mS"}, "z": {"goal": "min"}}, "hypotheses": rivals}
    found = parse_spec(data).hypotheses
    assert found is not None
    assert found.noise == pytest.approx(2.0)
    assert parse_spec(json.loads(canonical_json(plain(parse_spec(data))))) == parse_spec(data)


CASES: list[tuple[str, Any, str, str]] = [
    # path, value, the field that is named, a part of the message
    ("buget", {"experiments": 3}, "buget", "did you mean 'budget'?"),
    ("budget.experiment", 3, "budget.experiment", "did you mean 'experiments'?"),
    ("space.temperature.unti", "K", "space.temperature.unti", "did you mean 'unit'?"),
    ("space.temperature.choices", ["a"], "space.temperature.min", "'space.temperature.max'"),
    ("space.temperature.max", "5 mL", "space.temperature.max", "different things"),
    ("space.temperature.max", "5 degX", "space.temperature.max", "unknown unit"),
    ("space.temperature.unit", "degX", "space.temperature.unit", "unknown unit"),
    ("space.temperature.max", [1], "space.temperature.max", "not a number"),
    ("space.temperature.max", True, "space.temperature.max", "not a number"),
    ("space.temperature.max", float("nan"), "space.temperature.max", "not a finite number"),
    ("space.temperature.max", 10**400, "space.temperature.max", "not a finite number"),
    ("space.temperature.type", "contnuous", "space.temperature", "unknown type 'contnuous'"),
    ("space.solvent.choices", [True, "b"], "space.solvent.choices.0", "put it in quotes"),
    ("space.discrete", {"min": [1], "max": 2}, "space.discrete.min", "not a number"),
    ("objectives", {}, "objectives", "needs 1 or more"),
    ("objectives.yield.goal", "maximum", "objectives.yield.goal", "one of max, min or target"),
    ("objectives.yield.unit", "furlongz", "objectives.yield.unit", "unknown unit"),
    ("objectives.temperature", {"goal": "max"}, "objectives.temperature", "both a parameter and an objective"),
    ("budget.experiments", 0, "budget.experiments", "at least 1"),
    ("budget.experiments", True, "budget.experiments", "not yes or no"),
    ("budget.experiments", "many", "budget.experiments", "a whole number belongs there"),
    ("budget.experiments", 2.5, "budget.experiments", "a whole number belongs there"),
    ("budget.time", "-1 h", "budget.time", "negative"),
    ("budget.time", "1:30", "budget.time", "not a number"),
    ("stop.reach", {"yeild": 3}, "stop.reach.yeild", "no objective"),
    ("stop.confidence", 0.9, "stop.confidence", "add stop.reach"),
    ("objectives.yield.threshold", 3, "objectives.yield.threshold", "use stop.reach"),
    ("budget.cost", 3, "budget.cost", "not what an experiment costs"),
    ("stop.reach", {"yield": "3 mL"}, "stop.reach.yield", "different things"),
    ("parallel", 0, "parallel", "at least 1"),
    ("batch", 1001, "batch", "at most 1000"),
    ("seed", -1, "seed", "at least 0"),
    ("seed", 2**63, "seed", "below"),
    ("approval", "always", "approval", "one of"),
    ("version", 2, "version", "one of 1"),
    ("planner", {"kind": "random", "shares": {"random": 1}}, "planner", "not both"),
    ("planner.shares", {"random": -1}, "planner", "0 or more"),
    ("constraints", ["x" * 501], "constraints.0", "500"),
    ("constraints", [{"type": "circle"}], "constraints.0", "unknown type 'circle'"),
    ("constraints", [{"type": "linear", "coefficients": {"a": "x"}}], "constraints.0.coefficients.a", "not a number"),
    ("lab", {}, "lab.kind", "missing"),
    ("name", "two\nlines", "name", "characters that may not stand there"),
    ("name", "", "name", "is empty"),
    ("space.temperature.max.deep", 3, "space.temperature.max.deep", "nothing inside it"),
]


@pytest.mark.parametrize(
    ("path", "value", "field", "said"), CASES, ids=[f"{case[0]}={case[1]!s:.20}" for case in CASES]
)
def test_mistake_is_refused_by_field(path: str, value: Any, field: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(with_value(BASE, path, value))
    assert caught.value.field is not None
    assert caught.value.field.endswith(field)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["name", "objectives", "budget"])
def test_missing_field_is_named_with_its_fix(name: str) -> None:
    with pytest.raises(SpecError, match="is missing") as caught:
        parse_spec({key: value for key, value in BASE.items() if key != name})
    assert caught.value.field == name
    assert caught.value.hint == f"add {name}:"


def test_all_problems_are_listed() -> None:
    data = with_value(with_value(BASE, "batch", 0), "space.temperature.max", "5 mL")
    with pytest.raises(SpecError, match="and 1 more below") as caught:
        parse_spec(data)
    assert "batch" in str(caught.value)
    assert "space.temperature.max" in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "text", 3, {1: 2}, {"name": {"a": 1}}])
def test_data_of_another_shape_is_refused(data: Any) -> None:
    with pytest.raises(SpecError):
        parse_spec(data)


def test_numbers_in_quotes_are_numbers() -> None:
    data = with_value(BASE, "constraints", [{"type": "linear", "coefficients": {"temperature": "1e-3"}, "max": "1e3"}])
    data = with_value(data, "space.flow.rate.max", "1e1")
    (constraint,) = parse_spec(data).constraints
    assert not isinstance(constraint, str)
    assert plain(parse_spec(data))["constraints"][0]["coefficients"]["temperature"] == 0.001
    assert plain(parse_spec(data))["space"]["flow.rate"]["max"] == 10.0


@pytest.mark.parametrize("names", [("a", "a.min"), ("flow", "flow.rate")])
def test_names_that_make_a_path_ambiguous_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(SpecError, match="rename one"):
        parse_spec({**BASE, "space": {name: {"min": 0, "max": 1} for name in names}})


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.dictionaries(
        st.text(max_size=3),
        st.recursive(st.none() | NUMBER | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)),
        max_size=3,
    )
)
def test_any_data_is_a_spec_or_a_spec_error(data: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        parse_spec(data)


# --- files and overrides ---


def write(folder: Path, text: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_overrides_are_applied_before_validation(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(BASE))
    spec = read_spec(path, ["space.flow.rate.max=7", "budget.time=30 min", "planner.kind=random", "parallel=3"])
    assert plain(spec)["space"]["flow.rate"]["max"] == 7
    assert (spec.budget.time, spec.planner.kind, spec.parallel) == (1800, "random", 3)


@pytest.mark.parametrize("text", ["batch", "=3", " = 3", "batch=[1", "batch=0", "name.first=x", "nonsense=1"])
def test_wrong_override_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError):
        read_spec(write(tmp_path, json.dumps(BASE)), [text])


def test_override_of_a_file_whose_keys_are_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        read_spec(write(tmp_path, "1: 2\nspace: {}\n"), ["space.a.min=3"])


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text", "name: a\nname: b\n"])
def test_file_that_is_no_campaign_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_spec(write(tmp_path, text))
    assert caught.value.allowed


def test_assignment_keeps_equals_signs_and_types_of_its_value() -> None:
    assert parse_assignment("a.b = x=y") == ("a.b", "x=y")
    assert parse_assignment("a={b: [1, 2.5]}") == ("a", {"b": [1, 2.5]})
    assert parse_assignment("a=") == ("a", None)


@given(st.dictionaries(TEXT, st.integers(), min_size=1, max_size=4), st.data())
def test_with_value_changes_one_place_and_leaves_its_input(inner: dict[str, int], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(inner)))
    before = {"a.b": dict(inner), "z": 1}
    after = with_value(before, f"a.b.{name}", "new")
    assert after == {"a.b": {**inner, name: "new"}, "z": 1}
    assert before == {"a.b": inner, "z": 1}


def test_json_schema_carries_the_descriptions() -> None:
    schema = CampaignSpec.model_json_schema()
    json.dumps(schema)
    assert set(schema["required"]) == {"name", "objectives", "budget"}
    assert schema["properties"]["batch"]["description"]
    assert schema["additionalProperties"] is False
