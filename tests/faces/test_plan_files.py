"""zosimos plan for a laboratory of files: with a recipe that is there, or one that the plan brings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import call, serving
from planned_recipe import GOAL as RECIPE_GOAL
from planned_recipe import GOOD, changed

from zosimos.campaign.definition import yaml

Cli = Callable[..., Any]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GOAL = (
    "reach an absorbance of 0.6 by varying concentrate from 0 to 1 mL, total volume 2 mL, channel F4, at most 4 "
    "experiments"
)
LAB = ("--lab", "dilution/lab.yaml")
BOTH = (*LAB, "--protocol", "dilution/recipe.yaml")
FILLED = {"volume": "2 mL", "channel": "F4"}
OFFLINE = ("--no-dry-run", "--json")


@pytest.fixture
def bench(folder: Path) -> Path:
    """A working folder with the dilution laboratory in it."""
    shutil.copytree(EXAMPLES / "dilution", folder / "dilution")
    return folder


def scripted(cli: Cli, answer: Any, *more: str, words: str = RECIPE_GOAL) -> Any:
    with serving([call("plan", answer)]) as server:
        return cli("plan", words, *LAB, *more, "--model", "openai:scripted", "--base-url", server.url)


def test_a_goal_is_planned_over_a_recipe_and_run(cli: Cli, bench: Path) -> None:
    answer = cli("plan", GOAL, *BOTH, "-o", "plans.yaml")
    assert answer.code == 0, answer.err
    for shown in ("dry run: 4 experiments (0 failed)", "nearest to a limit", "budget dye", "1. dispense: from water"):
        assert shown in answer.out
    data = yaml.parse((bench / "plans.yaml").read_text(encoding="utf-8"))
    assert data["space"] == {"concentrate": {"min": 0.0, "max": 1.0, "unit": "mL"}}
    assert data["objectives"] == {"absorbance": {"goal": "target", "target": 0.6}}
    assert data["lab"]["constants"] == {"volume": "2 mL", "channel": "F4"}
    assert not (bench / "plans.recipe.yaml").exists()
    done = cli("run", "plans.yaml", "--set", "planner.kind=sobol", "--no-report", "--json")
    assert done.code == 0, done.err
    assert done.json["experiments"] == 4


def test_files_are_named_from_where_the_campaign_file_stands(cli: Cli, bench: Path) -> None:
    (bench / "plans").mkdir()
    assert cli("plan", GOAL, *BOTH, *OFFLINE, "-o", "plans/a.yaml").code == 0
    assert cli("validate", "plans/a.yaml").code == 0
    assert yaml.parse((bench / "plans/a.yaml").read_text(encoding="utf-8"))["lab"]["file"] == "../dilution/lab.yaml"


def test_a_range_that_is_not_said_is_the_limits_and_named(cli: Cli, bench: Path) -> None:
    found = cli("plan", "maximise absorbance, volume 2 mL, channel F4", *BOTH, *OFFLINE).json
    assert found["spec"]["space"]["concentrate"] == {"min": 0.001, "max": 1.0, "unit": "mL"}
    assert any(line.startswith("space.concentrate.max: 1.0 mL, as the limits of pump") for line in found["assumptions"])


@pytest.mark.parametrize(
    ("words", "space", "constants"),
    [
        ("volume of 2 mL, channel F4, concentrate at most 500 uL", (0.001, 0.5), FILLED),
        ("volume 2000 uL, channel=F5, concentrate 0.1-0.4", (0.1, 0.4), {"volume": "2000 uL", "channel": "F5"}),
        (
            "volume 2 mL; channel F4; concentrate between 100 and 400 uL",
            (0.1, 0.4),
            {"volume": "2 mL", "channel": "F4"},
        ),
    ],
)
def test_inputs_are_read_in_plain_forms(
    cli: Cli, bench: Path, words: str, space: tuple[float, float], constants: dict[str, str]
) -> None:
    answer = cli("plan", f"maximise absorbance, {words}", *BOTH, *OFFLINE)
    assert answer.code == 0, answer.err
    part = answer.json["spec"]["space"]["concentrate"]
    assert (part["min"], part["max"], part["unit"]) == (*space, "mL")
    assert answer.json["spec"]["lab"]["constants"] == constants


def test_texts_can_be_choices(cli: Cli, bench: Path) -> None:
    found = cli("plan", "maximise absorbance, volume 2 mL, channel F4, F5 or F6", *BOTH, *OFFLINE).json
    assert found["spec"]["space"]["channel"] == {"choices": ["F4", "F5", "F6"]}


def test_a_larger_laboratory_is_planned_for_by_its_files(cli: Cli, folder: Path) -> None:
    for name in ("lab.yaml", "protocol.yaml"):
        shutil.copy(EXAMPLES.parent / "labs" / "colour" / name, folder / name)
    words = "minimise delta_e; red 0-0.5 mL, yellow 0-0.4 mL, blue at most 0.3 mL, volume 1.5 mL, target (40, 120, 80)"
    answer = cli("plan", words, "--lab", "lab.yaml", "--protocol", "protocol.yaml", *OFFLINE)
    assert answer.code == 0, answer.err
    assert answer.json["spec"]["lab"]["constants"] == {"target": [40, 120, 80], "volume": "1.5 mL"}
    assert answer.json["spec"]["space"]["blue"]["max"] == 0.3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("maximise absorbance, channel F4", "does not say volume in mL"),
        ("maximise absorbance, volume 2 mL", "does not say channel"),
        ("volume 2 mL, channel F4", "does not say what is wanted"),
    ],
)
def test_what_is_missing_is_asked_for(cli: Cli, bench: Path, words: str, says: str) -> None:
    answer = cli("plan", words, *BOTH, "-o", "p.yaml")
    assert answer.code == 2
    assert says in answer.err
    assert not (bench / "p.yaml").exists()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("at 515 nm", "515 nm"),
        ("never heat it", "never heat it"),
        ("stir it with glitter", "glitter"),
        ("use 3 mL of water", "3 mL"),
        ("no more than 40 degC", "40 degC"),
        ("in the dark", "in the dark"),
        ("with more water", "with more water"),
        ("less concentrate", "less concentrate"),
    ],
)
def test_what_no_field_says_is_named_and_taken_only_where_a_person_accepts_that(
    cli: Cli, bench: Path, more: str, named: str
) -> None:
    words = f"{GOAL}, {more}"
    answer = cli("plan", words, *BOTH, "-o", "p.yaml", "--no-dry-run")
    assert answer.code == 2
    assert named in answer.err
    assert not (bench / "p.yaml").exists()
    assert cli("plan", words, *BOTH, "-o", "p.yaml", "--no-dry-run", "--accept").code == 0
    assert named in (bench / "p.yaml").read_text(encoding="utf-8").partition("\nname:")[0]


def test_what_stands_beside_a_bound_is_not_dropped_with_it(cli: Cli, bench: Path) -> None:
    words = "maximise absorbance, volume 2 mL, channel F4, concentrate at most 0.5 mL in the dark under argon"
    answer = cli("plan", words, *BOTH, *OFFLINE)
    assert answer.code == 2
    assert "in the dark under argon" in answer.err


def test_a_wish_to_be_asked_becomes_the_approval(cli: Cli, bench: Path) -> None:
    assert cli("plan", f"{GOAL}, approve each one with me", *BOTH, *OFFLINE).json["spec"]["approval"] == "each"


def test_more_than_the_vessel_holds_is_refused_by_the_dry_run(cli: Cli, bench: Path) -> None:
    answer = cli("plan", GOAL.replace("2 mL", "5 mL"), *BOTH, "-o", "p.yaml")
    assert answer.code == 2
    assert "the vessel of bench holds 4 mL" in answer.err
    assert not (bench / "p.yaml").exists()


def test_nothing_real_is_opened(cli: Cli, bench: Path) -> None:
    data = yaml.parse((bench / "dilution/lab.yaml").read_text(encoding="utf-8"))
    for number, device in enumerate(data["devices"].values()):
        device |= {"link": "real", "url": f"/dev/ttyUSB9{number}"}
    (bench / "dilution/lab.yaml").write_text(yaml.dump(data), encoding="utf-8")
    found = cli("plan", GOAL, *BOTH, "--json").json
    assert "no port was opened: pump, sensor were not asked, and a dry run is simulated" in found["assumptions"]
    assert found["dry_run"]["experiments"] == 4
    assert found["spec"]["approval"] == "batch"
    del data["world"]
    (bench / "dilution/lab.yaml").write_text(yaml.dump(data), encoding="utf-8")
    found = cli("plan", GOAL, *BOTH, "--json").json
    assert found["dry_run"] is None
    assert any("no dry run was made" in line for line in found["assumptions"])


# --- a recipe that the plan brings


def test_two_files_are_written_shown_and_run(cli: Cli, bench: Path) -> None:
    answer = scripted(cli, GOOD, "-o", "plan.yaml")
    assert answer.code == 0, answer.err
    for shown in ("1. light: with sensor, current 10 mA", "dry run: 4 experiments (0 failed)", "plan.recipe.yaml"):
        assert shown in answer.out
    assert cli("validate", "plan.yaml").code == 0
    done = cli("run", "plan.yaml", "--set", "planner.kind=sobol", "--no-report", "--json")
    assert done.code == 0, done.err
    assert done.json["experiments"] == 4


def test_both_files_are_new_or_none_is_written(cli: Cli, bench: Path) -> None:
    (bench / "plan.recipe.yaml").write_text("mine", encoding="utf-8")
    answer = scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run")
    assert answer.code != 0
    assert "plan.recipe.yaml is there already" in answer.err
    assert (bench / "plan.recipe.yaml").read_text(encoding="utf-8") == "mine"
    assert not (bench / "plan.yaml").exists()
    assert scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run", "--force").code == 0
    assert (bench / "plan.recipe.yaml").read_text(encoding="utf-8") != "mine"


def test_a_recipe_is_taken_back_where_the_campaign_file_cannot_be_written(cli: Cli, bench: Path) -> None:
    (bench / "plan.yaml").mkdir()
    (bench / "plan.recipe.yaml").write_text("mine", encoding="utf-8")
    assert scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run", "--force").code != 0
    assert (bench / "plan.recipe.yaml").read_text(encoding="utf-8") == "mine"
    (bench / "plan.recipe.yaml").unlink()
    assert scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run", "--force").code != 0
    assert not (bench / "plan.recipe.yaml").exists()


def test_what_the_recipe_leaves_out_is_refused(cli: Cli, bench: Path) -> None:
    answer = scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run", words=f"{RECIPE_GOAL}, keep it at 40 degC")
    assert answer.code == 2
    assert "40 degC" in answer.err
    assert not (bench / "plan.yaml").exists()
    assert not (bench / "plan.recipe.yaml").exists()


def test_a_volume_beyond_a_limit_is_refused_with_the_limit(cli: Cli, bench: Path) -> None:
    answer = scripted(cli, changed("recipe.steps.0.do.light.current", "30 mA"), "-o", "plan.yaml", "--no-dry-run")
    assert answer.code == 2
    assert "not allowed" in answer.err
    assert not (bench / "plan.recipe.yaml").exists()


def test_json_holds_the_steps_and_where_the_recipe_is(cli: Cli, bench: Path) -> None:
    found = scripted(cli, GOOD, "-o", "plan.yaml", "--no-dry-run", "--json").json
    assert found["recipe_file"] == "plan.recipe.yaml"
    assert found["steps"][0] == "once, before the first experiment:"
    json.dumps(found)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (LAB, "must be written"),
        ((*LAB, "-o", "p.yaml"), "--protocol PATH.yaml"),
        (("--lab", "colour", "--protocol", "dilution/recipe.yaml"), "goes with a lab file"),
        (("--lab", "nowhere/lab.yaml", "--protocol", "dilution/recipe.yaml"), "nowhere/lab.yaml"),
        (("--lab", "workcell"), "--lab PATH.yaml"),
        ((*LAB, "--protocol", "dilution/lab.yaml"), "protocol.steps"),
        ((*BOTH, "-o", "dilution/recipe.yaml", "--force"), "is made of dilution/recipe.yaml"),
        ((*BOTH, "-o", "dilution/../dilution/lab.yaml", "--force"), "is made of"),
    ],
)
def test_what_does_not_go_together_is_said(cli: Cli, bench: Path, arguments: tuple[str, ...], says: str) -> None:
    answer = cli("plan", GOAL, *arguments)
    assert answer.code == 2
    assert says in answer.err
