"""What packages bring, listed; and the schemas of the files that people write."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]


def test_everything_that_this_package_brings_is_listed_and_usable(cli):
    found = cli("plugins", "--json")
    assert found.code == 0
    listed = {(row["name"], row["package"]) for row in found.json["plugins"]}
    declared = {name for group, points in PROJECT["entry-points"].items() for name in points}
    assert {(name, "zosimos") for name in declared} == listed
    assert not [row for row in found.json["plugins"] if row["problem"]]
    assert "dispense" in cli("plugins").out


def test_every_group_of_plugins_has_a_name_for_people():
    groups = importlib.import_module("zosimos.faces.cli.plugins").GROUPS
    assert set(PROJECT["entry-points"]) <= set(groups)


@pytest.mark.parametrize(
    ("group", "code", "why"),
    [
        ("zosimos.actions", "thing = 3", "is a int, which is no action"),
        ("zosimos.capabilities", "raise RuntimeError('no')", "RuntimeError: no"),
        ("zosimos.instruments", "raise SystemExit(2)", "SystemExit: 2"),
    ],
)
def test_a_broken_part_is_listed_with_its_package_and_reason(group, code, why, cli, install):
    install("zosimos-odd", code, {group: {"odd": "thing"}})
    found = cli("plugins", "--json")
    (row,) = [row for row in found.json["plugins"] if row["name"] == "odd"]
    assert (found.code, row["package"]) == (1, "zosimos-odd")
    assert why in row["problem"]
    shown = " ".join(cli("plugins").out.split())
    assert "zosimos-odd: the" in shown
    assert why in shown


def test_the_schema_of_a_recipe_names_every_action_with_its_fields(cli):
    found = cli("schema", "recipe", "--json").json
    kinds = {name: step for step in found["$defs"]["ProtocolStep"]["anyOf"] for name in step["properties"]}
    assert {"dispense", "wait", "weigh"} <= set(kinds)
    assert set(kinds["dispense"]["properties"]["dispense"]["required"]) == {"from", "to", "volume"}
    assert cli("schema", "lab", "--json").json["title"] == "LabFile"
    assert cli("schema", "--json").json["title"] == "CampaignSpec"


def test_there_is_no_schema_of_something_else(cli):
    found = cli("schema", "orbit")
    assert found.code == 2
    assert "'campaign', 'lab', 'recipe'" in found.err
