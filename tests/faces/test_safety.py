"""The safety of chemistry at the command line: shown, asked, approved, and refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Cli = Callable[..., Any]

BY_HAND = """\
name: by hand
space:
  solvent: { choices: [DMF, toluene], species: true }
  additive: { min: 0, max: 5, unit: mL, species: SPECIES }
objectives: { yield: { goal: max } }
planner: { kind: sobol }
budget: { experiments: 6 }
"""


@pytest.fixture
def written(folder: Path) -> Callable[[str], str]:
    def write(species: str) -> str:
        (folder / "hand.yaml").write_text(BY_HAND.replace("SPECIES", species), encoding="utf-8")
        return "hand.yaml"

    return write


def test_validate_shows_what_the_rules_say(cli: Cli, written: Callable[[str], str]) -> None:
    answer = cli("validate", written("zorbliquine"))
    assert answer.code == 0
    assert "needs a person's yes: 'zorbliquine' is not known" in " ".join(answer.out.split())
    found = cli("validate", "hand.yaml", "--json").json["safety"]
    assert (found["declared"], found["simulated"]) == (True, False)
    assert {one["verdict"] for one in found["findings"]} == {"person", "note"}


def test_what_is_refused_is_one_block_and_exit_2_everywhere(cli: Cli, written: Callable[[str], str]) -> None:
    file = written("nitric acid")
    for command in (("validate", file), ("ask", file), ("run", file)):
        answer = cli(*command)
        assert answer.code == 2
        assert "Traceback" not in answer.err
        assert answer.err.count("error:") == 1
        assert "nitric acid and toluene can meet" in answer.err
        error = cli(*command, "--json").json["error"]
        assert (error["type"], error["field"]) == ("SpecError", "space.solvent")
    assert cli("list", "--json").json["campaigns"] == []


def test_by_hand_a_yes_at_the_command_line_lets_it_begin(cli: Cli, written: Callable[[str], str]) -> None:
    file = written("zorbliquine")
    answer = cli("ask", file, "--json")
    assert answer.code == 2
    assert "a person must say yes first" in answer.json["error"]["message"]
    (asked,) = cli("approvals", "--json").json["changes"]
    assert (asked["verb"], asked["content"]["subject"]) == ("clear", "zorbliquine")
    assert "it may be used in this campaign: 'zorbliquine' is not known" in cli("approvals").out
    assert cli("approve", asked["token"], "--yes", "run").code == 2
    assert cli("approve", asked["token"], "--yes", "clear").code == 0
    assert len(cli("ask", file, "--json").json["candidates"]) == 1
    assert cli("verify", "last").code == 0
    assert cli("replay", "last").code == 0


@pytest.mark.parametrize("said", ["{ KCN: water, HCl: water }", "{ KCN: table salt, HCl: harmless }", "true"])
def test_what_a_choice_is_called_counts_whatever_is_said_of_it(cli: Cli, folder: Path, said: str) -> None:
    text = BY_HAND.replace("choices: [DMF, toluene], species: true", f"choices: [KCN, HCl], species: {said}")
    (folder / "hand.yaml").write_text(text.replace("SPECIES", "water"), encoding="utf-8")
    found = cli("validate", "hand.yaml", "--json").json["safety"]["findings"]
    assert {"potassiumcyanide"} <= {one["subject"] for one in found if one["verdict"] == "person"}


def test_no_keeps_it_from_beginning(cli: Cli, written: Callable[[str], str]) -> None:
    file = written("zorbliquine")
    cli("ask", file)
    (asked,) = cli("approvals", "--json").json["changes"]
    assert cli("reject", asked["token"], "--reason", "no data sheet").code == 0
    assert cli("ask", file).code == 2


def test_editing_the_file_to_something_refused_changes_nothing(cli: Cli, written: Callable[[str], str]) -> None:
    assert cli("ask", written("citric acid")).code == 0
    answer = cli("ask", written("tabun"), "--steer")
    assert answer.code == 2
    assert "chemical weapons" in answer.err
    assert cli("status", "last", "--json").json["spec_version"] == 1


def test_advice_shows_the_hazards_that_it_would_use(cli: Cli, written: Callable[[str], str]) -> None:
    assert cli("ask", written("citric acid")).code == 0
    answer = cli("advise", "last", "--point", "solvent=toluene,additive=2", "--expect", "yield=3±1")
    assert "hazard: toluene: flammable" in answer.out
    assert "N,N-dimethylformamide" not in answer.out
    answer = cli("advise", "last", "--point", "solvent=toluene,additive=0", "--expect", "yield=3±1", "--json")
    assert {one["subject"] for one in answer.json["safety"]} == {"toluene"}
    answer = cli("advise", "last", "--hypothesis", "yield rises with additive", "--odds", "70%", "--json")
    assert {one["subject"] for one in answer.json["safety"]} == {"citricacid"}


def test_a_lab_file_of_real_devices_waits_and_one_that_is_simulated_is_told(cli: Cli, folder: Path) -> None:
    shutil.copytree(ROOT / "examples" / "dilution", folder / "dilution")
    text = (ROOT / "examples" / "dilution.yaml").read_text(encoding="utf-8")
    (folder / "dilution.yaml").write_text(text, encoding="utf-8")
    lab = folder / "dilution" / "lab.yaml"
    simulated = lab.read_text(encoding="utf-8").replace("port: 2, stock", "port: 2, species: house dye 7, stock")
    lab.write_text(simulated, encoding="utf-8")
    answer = cli("run", "dilution.yaml", "--set", "budget.experiments=2", "--set", "planner.kind=sobol", "--json")
    assert answer.code == 0, answer.err
    assert "would need a person's yes: 'house dye 7' is not known" in answer.err
    real = simulated.replace("link: in-process", "link: real").replace("sim://dilution/", "/dev/none-")
    lab.write_text(real, encoding="utf-8")
    answer = cli("run", "dilution.yaml", "--json")
    assert answer.json["status"] == "waiting"
    assert "'house dye 7' is not known" in answer.json["reason"]
    assert cli("approvals", "--json").json["changes"][0]["verb"] == "clear"


def test_a_plan_says_what_the_rules_say_of_it(cli: Cli, folder: Path) -> None:
    words = "maximise yield_pct, sodium_azide from 0 to 5 g, temperature from 20 to 80 degC, 10 experiments"
    answer = cli("plan", words, "-o", "planned.yaml")
    assert answer.code == 0, answer.err
    assert "reads as sodium azide" in " ".join(answer.out.split())
    refused = cli("plan", words.replace("sodium_azide", "sulfur_mustard"), "-o", "refused.yaml")
    assert refused.code == 2
    assert not (folder / "refused.yaml").exists()


def test_python_declares_substances_and_asks_and_approves_as_the_command_line_does(folder: Path) -> None:
    import zosimos as zo

    space = {
        "solvent": zo.Categorical(["DMF", "toluene"], species=True),
        "additive": zo.Continuous(0, 5, unit="mL", species="zorbliquine"),
    }
    spec = {"name": "py", "space": space, "objectives": zo.maximize("y"), "budget": {"experiments": 4}}
    campaign = zo.Campaign.create(spec, ledger=folder / "py.db")
    with pytest.raises(zo.StateError, match="a person must say yes first"):
        campaign.ask()
    (asked,) = campaign.approvals
    assert (asked["verb"], asked["content"]["subject"]) == ("clear", "zorbliquine")
    campaign.approve(asked["token"])
    assert campaign.ask()
    with pytest.raises(zo.SpecError, match="chemical weapons"):
        zo.Campaign.create({**spec, "species": ["sarin"]}, ledger=folder / "py.db")


def test_a_campaign_with_clearances_is_exported_reported_and_shown(cli: Cli, written: Callable[[str], str]) -> None:
    cli("ask", written("zorbliquine"))
    (asked,) = cli("approvals", "--json").json["changes"]
    assert cli("approve", asked["token"], "--yes", "clear").code == 0
    assert cli("ask", "hand.yaml").code == 0
    for command in (("status", "last"), ("show", "last"), ("export", "last", "--format", "json"), ("list",)):
        answer = cli(*command)
        assert answer.code == 0, answer.err
    assert cli("approve", asked["token"], "--edit", "x=1", "--yes", "clear").code == 2
