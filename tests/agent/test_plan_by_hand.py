"""Planning for people: what can be changed and what is wanted is read from words, and from a table if there is one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from chat_server import call, serving
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.cards import fields_for_goals
from zosimos.agent.models.names import make_model
from zosimos.agent.offline.by_hand import aims, parameters
from zosimos.agent.plan import Plan, plan
from zosimos.core.errors import DataError, PlanError

GOAL = (
    "maximise the yield (in %) of my Suzuki reaction by varying temperature from 20 to 80 °C and solvent (DMF, water "
    "or ethanol), at most 30 experiments, 4 at a time; each experiment costs 20 EUR, spend at most 600 EUR"
)
SPEC = {"space": {"T": {"min": 20, "max": 80}}, "objectives": {"y": {"goal": "max"}}}


def planned(words: str, **options: Any) -> Plan:
    return plan(words, None, make_model("offline"), **options)


def test_a_goal_becomes_a_campaign_without_a_lab() -> None:
    found = planned(GOAL)
    assert found.left_out == ()
    assert found.rehearsal is None
    spec = found.spec
    assert spec.lab is None
    assert found.data["space"]["temperature"] == {"min": 20.0, "max": 80.0, "unit": "°C"}
    assert found.data["space"]["solvent"] == {"choices": ["DMF", "water", "ethanol"]}
    assert found.data["objectives"] == {"yield": {"goal": "max", "unit": "%"}}
    assert (spec.budget.experiments, spec.budget.cost, spec.batch) == (30, 600.0, 4)
    assert found.data["costs"] == {"each": 20.0, "unit": "EUR"}


@pytest.mark.parametrize(
    ("words", "space", "objectives"),
    [
        (
            "find the highest conductivity over catalyst loading 0.5-5 mol%, time between 1 and 10 h, "
            "ligand: XPhos, SPhos",
            {
                "catalyst_loading": {"min": 0.5, "max": 5.0, "unit": "mol%"},
                "time": {"min": 1.0, "max": 10.0, "unit": "h"},
                "ligand": {"choices": ["XPhos", "SPhos"]},
            },
            {"conductivity": {"goal": "max"}},
        ),
        (
            "minimise viscosity; glycerol 0 to 30 %, additive one of A, B or C, passes 1, 2 or 3",
            {
                "glycerol": {"min": 0.0, "max": 30.0, "unit": "%"},
                "additive": {"choices": ["A", "B", "C"]},
                "passes": {"levels": [1.0, 2.0, 3.0]},
            },
            {"viscosity": {"goal": "min"}},
        ),
        (
            "reach a pH of 7 using acid 0.1-5 mL and base 0.1 to 5 mL",
            {"acid": {"min": 0.1, "max": 5.0, "unit": "mL"}, "base": {"min": 0.1, "max": 5.0, "unit": "mL"}},
            {"pH": {"goal": "target", "target": 7.0}},
        ),
    ],
)
def test_ranges_choices_levels_and_aims_are_read(words: str, space: dict[str, Any], objectives: dict[str, Any]) -> None:
    found = planned(words)
    assert (found.data["space"], found.data["objectives"], found.left_out) == (space, objectives, ())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("make it nice", "what is wanted"),
        ("maximise yield", "what can be changed"),
        ("maximise yield, temperature 80 to 20 degC", "what can be changed"),
    ],
)
def test_what_is_missing_is_asked_for(words: str, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        planned(words)


@pytest.mark.parametrize("more", ["at 3 bar", "never above 70 % humidity", "without water", "rinse it twice first"])
def test_what_no_field_says_is_named(more: str) -> None:
    assert any(more in line for line in planned(f"maximise yield, temperature 20 to 80 degC, {more}").left_out)


def test_a_table_says_what_the_words_leave_open(tmp_path: Path) -> None:
    table = tmp_path / "r.csv"
    table.write_text("Temp (°C),Solvent,Yield (%)\n20,DMF,10\n40,water,20\n60,DMF,30\n80,water,25\n", encoding="utf-8")
    found = planned("maximise Yield in 12 runs, Temp between 30 and 70 °C", table=table)
    assert found.left_out == ()
    assert found.spec.space["Temp"].model_dump()["min"] == 30
    assert found.data["space"]["Solvent"]["choices"] == ["DMF", "water"]
    assert found.spec.budget.experiments == 12
    assert "space.Solvent: choices DMF, water, as in the table" in found.assumptions
    with pytest.raises(DataError):
        planned("maximise Yield", table=tmp_path / "missing.csv")


def test_a_model_plans_by_hand_and_can_name_no_lab() -> None:
    with serving([call("plan", {"spec": SPEC | {"lab": {"kind": "colour"}}}), call("plan", {"spec": SPEC})]) as server:
        found = plan("maximise y, T 20 to 80", None, make_model("openai:scripted", base_url=server.url))
    assert (found.repairs, found.spec.lab) == (1, None)
    system = server.requests[0]["messages"][0]["content"]
    assert len(system) < 20_000, "a model with little room reads all of it"


def test_the_fields_that_are_shown_are_those_a_goal_can_touch() -> None:
    shown = fields_for_goals()
    assert {"space", "objectives", "constraints", "budget", "costs", "stop"} <= set(shown["properties"])
    assert not {"lab", "sources", "candidates", "clock"} & set(shown["properties"])
    referred = re.findall(r'"#/\$defs/(\w+)"', json.dumps(shown))
    assert {"ContinuousSpec", "CategoricalSpec"} < set(referred) <= set(shown["$defs"])


@given(st.text(max_size=300))
def test_any_words_are_read_without_an_error(words: str) -> None:
    for part in [*aims(words), *parameters(words)]:
        assert 0 <= part.start < part.end <= len(words)
