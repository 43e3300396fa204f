"""Parameter types of another package in whole campaigns: chosen, run by hand and in a lab, recorded, explained."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parameter_package import TYPES, install

import zosimos as zo
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Integer
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

Cli = Callable[..., Any]

RESERVED = ("type", "unit", "role", "when", "default", "error")

SPACE: dict[str, Any] = {
    "phase": {"type": "angle", "unit": "deg"},
    "grain": {"type": "grade", "grades": ["coarse", "medium", "fine"]},
    "cycles": {"type": "powers", "most": 5},
    "heat": {"min": 20, "max": 80, "unit": "degC"},
}
SPEC: dict[str, Any] = {
    "name": "odd knobs",
    "space": SPACE,
    "constraints": ["phase >= 90 or grain != 'fine'", {"type": "linear", "coefficients": {"phase": 1}, "max": 350}],
    "objectives": {"y": {"goal": "max"}},
    "planner": {"start": 5},
    "budget": {"experiments": 20},
}


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, TYPES)


def outcome(values: Any) -> float:
    """Best at 10 degrees, which is near 350, with fine grain."""
    grain = ["coarse", "medium", "fine"].index(values.get("grain", "fine"))
    return math.cos(math.radians(values["phase"] - 10)) + grain / 2 + math.log2(values.get("cycles", 1)) / 10


def check_allowed(values: Any) -> None:
    assert 0 <= values["phase"] <= 350
    assert values["grain"] in ("coarse", "medium", "fine")
    assert values["cycles"] in (1, 2, 4, 8, 16, 32)
    assert isinstance(values["cycles"], int)
    assert values["phase"] >= 90 or values["grain"] != "fine"


@pytest.mark.slow
def test_a_campaign_by_hand_is_asked_told_opened_again_and_replayed(tmp_path: Path) -> None:
    ledger = tmp_path / "odd.db"
    with zo.Campaign.create(SPEC, ledger=ledger, seed=4) as campaign:
        for candidate in campaign.ask(6):
            check_allowed(candidate)
            campaign.tell(candidate, y=outcome(candidate))
        campaign.tell({"phase": 0, "grain": "medium", "cycles": 4, "heat": 30}, y=1.2)
        head = campaign.verify()
    with zo.Campaign.open("last", ledger=ledger) as campaign:
        assert campaign.verify() == head
        assert len(campaign.experiments) == 7
        for candidate in campaign.ask(2):  # by the models now
            check_allowed(candidate)
            assert candidate.predictions["y"].sd > 0
            campaign.tell(candidate, y=outcome(candidate))
        expected = campaign.predict([{"phase": 350, "grain": "fine", "cycles": 1, "heat": 50}])["y"]
        assert math.isfinite(float(expected.mean[0]))
        campaign.steer({"space.cycles.most": 3})
        assert all(candidate["cycles"] <= 8 for candidate in campaign.ask(2))
        assert campaign.replay().divergence is None
        assert campaign.spec.model_dump(mode="json")["space"]["cycles"]["most"] == 3
        written = campaign.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "phase" in written
    assert "grain" in written


def test_a_spec_with_a_plugins_type_is_the_same_after_json() -> None:
    from zosimos.campaign.definition.read import parse_spec
    from zosimos.campaign.definition.steer import plain

    spec = parse_spec(SPEC)
    data = json.loads(json.dumps(plain(spec)))
    assert data["space"]["phase"] == {
        "type": "angle",
        "unit": "deg",
        "role": "control",
        "when": {},
        "default": None,
        "error": None,
    }
    assert parse_spec(data) == spec


PROPOSERS = ["sobol", "random", "maximin", "evolutionary"]


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_every_sampler_proposes_allowed_rows_that_were_not_tried(proposer: str) -> None:
    opt = zo.Optimizer(SPACE, zo.maximize("y"), constraints=SPEC["constraints"], planner={"kind": proposer}, seed=2)
    seen = []
    for _ in range(3):
        for candidate in opt.ask(4):
            check_allowed(candidate)
            seen.append(json.dumps(dict(candidate)))
            opt.tell(candidate, y=outcome(candidate))
    assert len(set(seen)) == 12
    assert not any("in place of" in (item.reason or "") for item in opt.ask(4))


@pytest.mark.slow
def test_the_models_find_the_best_direction_across_the_ends_of_its_range() -> None:
    opt = zo.Optimizer({"phase": SPACE["phase"]}, zo.maximize("y"), seed=1, planner={"start": 4})
    for _ in range(9):
        (candidate,) = opt.ask(1)
        opt.tell(candidate, y=outcome(candidate))
    assert opt.best is not None
    assert min(abs(opt.best["phase"] - 10), 360 - abs(opt.best["phase"] - 10)) < 4
    one, other = (opt.predict([{"phase": phase}])["y"].mean[0] for phase in (0.0, 359.99))
    assert one == pytest.approx(other, abs=0.01)


def test_a_table_of_candidates_has_columns_of_the_types(tmp_path: Path) -> None:
    rows = [(phase, grain, cycles) for phase in (0, 90, 359.5) for grain in ("coarse", "fine") for cycles in (1, 8)]
    table = "\n".join(["phase,grain,cycles", *(",".join(map(str, row)) for row in rows), "400,fine,1", "0,fine,3"])
    (tmp_path / "pool.csv").write_text(table + "\n")
    space = {name: SPACE[name] for name in ("phase", "grain", "cycles")}
    spec = {"name": "pool", "space": space, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 14}}
    with zo.Campaign.create(
        {**spec, "candidates": "pool.csv", "planner": {"kind": "random"}}, ledger=tmp_path / "z.db", folder=tmp_path
    ) as campaign:
        found = campaign.ask(12)
        assert sorted((c["phase"], c["grain"], c["cycles"]) for c in found) == sorted(rows)
        assert all(isinstance(c["cycles"], int) for c in found)
        with pytest.raises(zo.PlanningError, match="every allowed row"):  # 400 is no direction, 3 no power of two
            campaign.ask(1)


def test_what_is_no_value_is_refused_in_the_types_words() -> None:
    opt = zo.Optimizer(SPACE, zo.maximize("y"))
    with pytest.raises(zo.DataError) as caught:
        opt.tell({"phase": 360, "grain": "fine", "cycles": 1, "heat": 30}, y=1)
    assert (caught.value.field, caught.value.allowed) == ("phase", "0 to below 360 deg")
    with pytest.raises(zo.DataError, match="none of coarse < medium < fine") as caught:
        opt.tell({"phase": 30, "grain": "fin", "cycles": 1, "heat": 30}, y=1)
    assert caught.value.hint == "did you mean 'fine'?"


def test_a_parameter_may_depend_on_one_of_a_plugins_type_and_the_other_way_round() -> None:
    space = {
        **SPACE,
        "soak": {"min": 1, "max": 9, "when": {"grain": ["fine"]}, "default": 1},
        "twist": {"type": "angle", "when": {"cycles": [1, 2]}, "default": 90},
    }
    opt = zo.Optimizer(space, zo.maximize("y"), planner={"kind": "random"}, seed=5)
    seen = opt.ask(30)
    assert all(c["soak"] == 1 for c in seen if c["grain"] != "fine")
    assert all(c["twist"] == 90 for c in seen if c["cycles"] > 2)
    assert {c["twist"] for c in seen if c["cycles"] <= 2} - {90}
    with pytest.raises(SpecError, match="the default of 'twist' is no value of it"):
        zo.Optimizer({**SPACE, "twist": {**space["twist"], "default": 360}}, zo.maximize("y"))


@pytest.mark.parametrize(
    ("part", "field", "said"),
    [
        ({"type": "angel"}, "space.phase", "unknown type 'angel'"),
        ({"type": "angle", "perod": 90}, "space.phase.perod", "did you mean 'period'?"),
        ({"type": "angle", "period": -3}, "space.phase.period", "the period is no length"),
        ({"type": "angle", "period": float("inf")}, "space.phase", "only finite numbers"),
        ({"type": "angle", "unit": "furlongz"}, "space.phase.unit", "unknown unit"),
        ({"type": "angle", "error": "2 mL", "unit": "deg"}, "space.phase.error", "different things"),
    ],
)
def test_a_wrong_field_is_refused_where_the_campaign_is_made(part: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        zo.Optimizer({"phase": part}, zo.maximize("y"))
    assert caught.value.field == field
    assert said in str(caught.value)


def test_a_mixture_and_a_mechanism_refuse_what_has_a_scale_of_its_own_and_say_why() -> None:
    with pytest.raises(SpecError, match=r"'phase' of .* is not continuous"):
        zo.Optimizer(SPACE, zo.maximize("y"), constraints=[zo.Simplex(["phase", "heat"])])
    planner = {"surrogate": "mechanistic", "formula": "a * phase", "constants": {"a": [0, 1]}}
    with pytest.raises(SpecError, match="'phase', which models see on a scale of its own") as caught:
        zo.Optimizer(SPACE, zo.maximize("y"), planner=planner)
    assert "cycles" in str(caught.value.allowed)
    assert "phase" not in str(caught.value.allowed)


YAML = """\
name: odd pool
space:
  phase: {type: angle, unit: deg}
  grain: {type: grade, grades: [coarse, medium, fine]}
objectives:
  y: {goal: max}
lab: {kind: pool, file: odd.csv}
planner: {kind: random}
budget: {experiments: 30}
"""


@pytest.mark.slow
def test_the_command_line_runs_shows_explains_and_exports_it(cli: Cli, folder: Path) -> None:
    cells = [(phase, grain) for phase in range(0, 360, 20) for grain in ("coarse", "medium", "fine")]
    lines = [f"{phase},{grain},{outcome({'phase': phase, 'grain': grain}):.4f}" for phase, grain in cells]
    (folder / "odd.csv").write_text("\n".join(["phase,grain,y", *lines]) + "\n")
    (folder / "odd.yaml").write_text(YAML)
    assert cli("validate", "odd.yaml").code == 0
    campaign = cli("run", "odd.yaml", "--json").json["campaign"]
    shown = cli("show", campaign)
    assert shown.code == 0
    assert "phase (deg)" in shown.out
    explained = cli("explain", campaign, "--json")
    assert explained.code == 0, explained.out + explained.err
    assert {"phase", "grain"} <= set(json.dumps(explained.json).replace('"', " ").split())
    assert cli("replay", campaign).code == 0
    assert cli("report", campaign, "-o", "odd.html").code == 0
    assert cli("export", campaign, "--format", "csv", "-o", "odd-out.csv").code == 0
    assert (folder / "odd-out.csv").read_text().splitlines()[0].startswith("experiment,phase,grain")


def test_a_record_can_be_looked_at_when_the_package_is_gone(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = zo.Campaign.create(SPEC, ledger=folder / "zosimos.db")
    name = campaign.id
    for candidate in campaign.ask(2):
        campaign.tell(candidate, y=1.0)
    campaign.steer({"space.cycles.most": 4})
    campaign.advise(prior={"phase": (10, 20), "grain": ["fine"]}, exclude="phase > 340", author="ann")
    campaign.close()
    monkeypatch.setattr("zosimos.core.plugins.offered", lambda group: {})
    monkeypatch.setattr("zosimos.core.parameter_types.offered", lambda group: {})
    for command in (("list",), ("show", name), ("verify", name), ("export", name, "--format", "csv", "-o", "x.csv")):
        answer = cli(*command)
        assert answer.code == 0, answer.out + answer.err
    assert "phase=10±20" in cli("advise", name).out
    asked = cli("ask", name, "--json")
    assert asked.code == 2
    assert "there is no parameter type 'angle'" in asked.json["error"]["message"]
    assert "install the package" in asked.json["error"]["hint"]


def test_a_broken_type_ends_in_one_block_and_other_campaigns_run(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamp = {"lamp": "their_lamp:Lamp"}
    install(tmp_path / "more", monkeypatch, lamp, "their-lamp", their_lamp="import no_such_lamp")
    (folder / "lamp.yaml").write_text(YAML.replace("type: angle, unit: deg", "type: lamp"))
    (folder / "odd.csv").write_text("phase,grain,y\n0,fine,1\n10,coarse,2\n")
    answer = cli("validate", "lamp.yaml")
    assert answer.code == 2
    assert "the parameter type 'lamp' of the package their-lamp cannot be loaded" in answer.err
    assert "no_such_lamp" in answer.err
    assert "Traceback" not in answer.err
    assert cli("validate", "tiny.yaml").code == 0
    assert "their_lamp" not in sys.modules


def test_models_judge_a_direction_by_both_its_columns_and_grades_by_their_order() -> None:
    from zosimos.campaign.definition.build import build_space
    from zosimos.campaign.definition.read import parse_spec
    from zosimos.surrogates.columns import ColumnKinds, groups_of

    space = build_space(parse_spec(SPEC), None)
    kinds = ColumnKinds.of(space)
    assert (kinds.numeric, kinds.descriptors, kinds.categories) == ((2, 3, 4), ((0, 1),), ())
    assert groups_of(space.parameters) == ((0, 1), (2,), (3,), (4,))
    near, far, across = space.features(
        [{"phase": phase, "grain": "fine", "cycles": 1, "heat": 20} for phase in (1.0, 180.0, 359.0)]
    )
    assert ((near - across) ** 2).sum() < 0.001 < ((near - far) ** 2).sum()


def test_columns_that_a_type_calls_numeric_have_a_relevance_each() -> None:
    from parameter_package import Angle

    from zosimos.surrogates.columns import ColumnKinds, groups_of

    apart = type("Apart", (Angle,), {"columns": "numeric"})("phase")
    assert groups_of([apart, Integer("n", 1, 3)]) == ((0,), (1,), (2,))
    assert ColumnKinds.of(SearchSpace((apart,))).numeric == (0, 1)


FIELDS = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda name: name not in RESERVED),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**6), 10**6)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FIELDS)
def test_a_types_own_fields_are_kept_as_they_are_written(fields: dict[str, Any]) -> None:
    from zosimos.campaign.definition.read import parse_spec
    from zosimos.campaign.definition.steer import plain

    part = {**fields, "type": "angle", "unit": "deg"}
    spec = parse_spec({**SPEC, "space": {"phase": part, "heat": SPACE["heat"]}, "constraints": []})
    data = json.loads(json.dumps(plain(spec)))
    assert {name: data["space"]["phase"][name] for name in fields} == fields
    assert parse_spec(data, recorded=True) == spec


def test_an_error_of_setting_turns_a_direction_in_its_own_unit() -> None:
    from zosimos.campaign.definition.build import build_space
    from zosimos.campaign.definition.read import parse_spec
    from zosimos.planners.models.input_noise import Blur

    space = build_space(parse_spec(SPEC), None)
    row = {"phase": 359.0, "grain": "fine", "cycles": 1, "heat": 20}
    moved = [
        float(space.by_name["phase"].decoded(columns[:, :2])[0])
        for columns in Blur.of(space, {"phase": 2.0}).around(space.features([row]))
    ]
    assert any(phase < 10 for phase in moved)
    assert all(min(abs(phase - 359), abs(phase + 1)) < 8 for phase in moved)


def test_a_direction_may_be_in_the_formula_of_an_objective() -> None:
    from zosimos.campaign.definition.build import build_space
    from zosimos.campaign.definition.read import parse_spec
    from zosimos.planners.models.composite import recovering

    space = build_space(parse_spec(SPEC), None)
    rows = [{"phase": phase, "grain": "fine", "cycles": 4, "heat": 20} for phase in (0.0, 33.0, 359.0)]
    found = recovering(space, ("phase", "cycles"))(space.features(rows))
    assert found["phase"] == pytest.approx([0.0, 33.0, 359.0])
    assert found["cycles"] == pytest.approx([4.0, 4.0, 4.0])


def test_a_planner_over_a_space_made_in_python_takes_such_a_parameter() -> None:
    from parameter_package import Angle

    space = SearchSpace((Angle("phase"), Integer("n", 1, 3)))  # type: ignore[arg-type]  # its role is any text
    goal = Goal(space, (Objective("y", "max"),))
    planner = make_planner(goal, Policy({"sobol": 1.0}), seed=3, sequence_seed=4)
    rows = [{"phase": float(i), "n": 1 + i % 3} for i in range(4)]
    planner.tell([Observation(f"e{i}", row, {"y": Measurement("y", float(i))}) for i, row in enumerate(rows)])
    assert all(not space.problems(candidate.values) for candidate in planner.ask(5))
