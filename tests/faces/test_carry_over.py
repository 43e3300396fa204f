"""Carrying over: a campaign begins with the results of an old one, in its own units, each with where it is from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faces.conftest import Answer

import zosimos as zo
from zosimos.core.errors import DataError, SpecError

Cli = Callable[..., Answer]

OLD: dict[str, Any] = {
    "name": "old",
    "space": {
        "bath": {"min": 293.15, "max": 353.15, "unit": "K"},
        "solvent": {"choices": ["water", "DMF", "THF"]},
        "stirred": {"choices": ["yes", "no"]},
    },
    "constraints": ["stirred == 'yes'"],
    "objectives": {"mass": {"goal": "max", "unit": "g"}, "smell": {"goal": "min"}},
    "planner": {"kind": "sobol"},
    "budget": {"experiments": 20},
}
NEW: dict[str, Any] = {
    "name": "new",
    "space": {
        "bath": {"min": 20, "max": 60, "unit": "degC"},
        "solvent": {"choices": ["water", "DMF", "NMP"]},
        "salt": {"min": 0, "max": 5, "unit": "g", "default": "500 mg"},
    },
    "objectives": {"mass": {"goal": "max", "unit": "mg"}, "cost": {"goal": "min"}},
    "budget": {"experiments": 20},
}


def written(folder: Path, name: str, spec: dict[str, Any]) -> Path:
    (folder / name).write_text(yaml.safe_dump(spec, sort_keys=False))
    return folder / name


@pytest.fixture
def old(folder: Path) -> str:
    """Return the id of an old campaign with four results, a failure, a retraction and a proposal."""
    with zo.Campaign.create(OLD) as campaign:
        told = [
            ({"bath": 303.15, "solvent": "water", "stirred": "yes"}, {"mass": (1.5, 0.1), "smell": 3}),
            ({"bath": 350.15, "solvent": "DMF", "stirred": "yes"}, {"mass": 2.5, "smell": 4}),
            ({"bath": 323.15, "solvent": "THF", "stirred": "yes"}, {"mass": 3.5, "smell": 5}),
        ]
        for row, outcomes in told:
            campaign.tell(row, outcomes)
        campaign.tell({**told[0][0], "bath": 333.15}, failed="infeasible: it boiled")
        campaign.tell({**told[0][0], "bath": 343.15}, {"mass": 9, "smell": 9})
        campaign.retract("e0005", reason="spilled")
        campaign.correct("e0002", {"mass": 2.25}, reason="typo")
        campaign.ask(1)
        return campaign.id


def test_results_come_in_the_units_of_the_new_campaign_and_say_where_from(cli: Cli, folder: Path, old: str) -> None:
    written(folder, "new.yaml", NEW)
    head = cli("head", old).out.split()[-1]
    told = cli("carry-over", old, "new.yaml", "--json").json
    assert told["taken"] == ["e0001", "e0002", "e0004"]
    assert told["left_out"] == [
        {"experiment": "e0003", "reason": "solvent: 'THF' is not one of water, DMF, NMP"},
    ]
    assert told["head"] == head
    assert told["remarks"] == [
        "bath: numbers in K converted to degC",
        "salt: 0.5 in all of them, as its default says",
        "without stirred, yes in all of them",
        "1 experiment without a result stays behind",
        "1 retracted result stays behind",
        "1 outside the new bounds or levels: models learn from them; not best",
    ]
    with zo.Campaign.open(told["campaign"]) as campaign:
        first, second, third = campaign.experiments
        assert dict(first) == {"bath": 30.0, "solvent": "water", "salt": 0.5}
        assert (first.outcomes["mass"].value, first.outcomes["mass"].uncertainty) == (1500.0, 100.0)
        assert (second["bath"], second.outcomes["mass"].value) == (77.0, 2250.0)
        assert "smell" not in first.outcomes
        assert third.status == "failed"
        assert campaign.observations[2].cause == "infeasible"
        assert campaign.summary()["used"] == 0, "they cost the new campaign nothing"
        assert campaign.best is None, "none has a cost"
        shown = cli("show", told["campaign"], "e0001", "--json").json
        assert shown["carried"] == {"campaign": old, "experiment": "e0001", "head": head}
        assert f"carried over from {old} e0001" in cli("show", told["campaign"]).out
        campaign.ask(2)
        assert campaign.replay().divergence is None
        campaign.verify()
    assert cli("ask", "new.yaml", "--json").json["campaign"] == told["campaign"], "it is the campaign of its file"


def test_models_learn_from_what_was_carried_over(folder: Path, old: str) -> None:
    spec = {**NEW, "objectives": {"mass": {"goal": "max", "unit": "mg"}}, "planner": {"start": 2}}
    with zo.Campaign.carry_over("last", written(folder, "new.yaml", spec)) as campaign:
        assert campaign.best is not None
        assert campaign.best.id == "e0001", "the better one lies outside the new bounds"
        chosen = campaign.ask(1)[0]
        assert chosen.predictions["mass"].sd > 0


def test_it_comes_from_another_ledger_too(cli: Cli, folder: Path, old: str) -> None:
    written(folder, "new.yaml", NEW)
    assert cli("carry-over", "last", "new.yaml", "--ledger", "fresh.db", "--json").code == 2, "the new one has no old"
    assert not (folder / "fresh.db").exists()
    told = cli("carry-over", "last", "new.yaml", "--from", "zosimos.db", "--ledger", "fresh.db", "--json").json
    assert told["from"] == old
    assert cli("verify", "last", "--ledger", "fresh.db").code == 0
    with zo.Campaign.carry_over(old, folder / "new.yaml", ledger="third.db", origin="zosimos.db") as campaign:
        assert len(campaign.observations) == 3


def test_a_dry_run_begins_nothing(cli: Cli, folder: Path, old: str) -> None:
    written(folder, "new.yaml", NEW)
    told = cli("carry-over", old, "new.yaml", "--dry-run", "--ledger", "zosimos.db")
    assert "left out: e0003" in told.out
    assert "nothing is recorded" in told.out
    assert len(cli("list", "--json").json["campaigns"]) == 1


def without(spec: dict[str, Any], name: str) -> dict[str, Any]:
    return {**spec, "space": {key: part for key, part in spec["space"].items() if key != name}}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({**NEW, "space": {**NEW["space"], "salt": {"min": 0, "max": 5}}}, "space.salt.default"),
        (without(NEW, "bath"), "space.bath"),
        ({**NEW, "space": {**NEW["space"], "solvent": {"min": 0, "max": 5}}}, "space.solvent"),
        ({**NEW, "objectives": {"yield": {"goal": "max"}}}, "campaign"),
        ({**NEW, "objectives": {"mass": {"goal": "max", "unit": "mL"}}}, "campaign"),
        ({**NEW, "budget": {"experiments": 0}}, "budget.experiments"),
    ],
)
def test_what_does_not_fit_at_all_is_refused_and_leaves_nothing(
    cli: Cli, folder: Path, old: str, spec: dict[str, Any], field: str
) -> None:
    written(folder, "new.yaml", spec)
    answer = cli("carry-over", old, "new.yaml", "--json")
    assert (answer.code, answer.json["error"]["field"]) == (2, field)
    assert len(cli("list", "--json").json["campaigns"]) == 1


def test_a_parameter_that_makes_no_difference_is_left_out_when_it_is_said(cli: Cli, folder: Path, old: str) -> None:
    written(folder, "new.yaml", without(NEW, "bath"))
    told = cli("carry-over", old, "new.yaml", "--ignore", "bath", "--json").json
    assert "without bath, which makes no difference, as was said" in told["remarks"]
    assert cli("carry-over", old, "new.yaml", "--ignore", "salt", "--json").json["error"]["field"] == "--ignore"


def test_a_campaign_without_results_has_nothing_to_carry_over(folder: Path) -> None:
    with zo.Campaign.create(OLD):
        pass
    file = written(folder, "new.yaml", NEW)
    with pytest.raises(DataError, match="nothing of campaign"):
        zo.Campaign.carry_over("last", file, ledger="fresh.db", origin="zosimos.db")
    assert not (folder / "fresh.db").exists()


def test_what_came_midway_is_carried_over_as_it_is_seen(folder: Path, old: str) -> None:
    with zo.Campaign.open(old) as campaign:
        campaign.steer({"space.salt": {"min": 0, "max": 9, "unit": "mg", "default": 2}})
    spec = {**NEW, "space": {**NEW["space"], "salt": {"min": 0, "max": 1, "unit": "g"}}}
    with zo.Campaign.carry_over(old, written(folder, "new.yaml", spec)) as campaign:
        assert [one["salt"] for one in campaign.experiments] == [0.002] * 3


def test_an_outcome_that_is_worked_out_is_worked_out_again(folder: Path, old: str) -> None:
    made = {"worth": {"goal": "max", "of": "mass / smell"}}
    spec = {**NEW, "objectives": made, "measured": {"mass": {"unit": "mg"}}}
    with zo.Campaign.carry_over(old, written(folder, "new.yaml", spec)) as campaign:
        assert campaign.experiments[0].outcomes["worth"].value == 500.0


def test_python_says_what_is_wrong(folder: Path, old: str) -> None:
    spec = {**NEW, "space": {**NEW["space"], "salt": {"min": 0, "max": 5}}}
    with pytest.raises(SpecError, match="say what it was there"):
        zo.Campaign.carry_over(old, written(folder, "new.yaml", spec))
