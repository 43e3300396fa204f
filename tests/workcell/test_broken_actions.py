"""A package that brings a broken action is named where a recipe asks for it, and all other actions work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from zosimos.campaign.definition import yaml
from zosimos.core.errors import ExecutionError, SpecError
from zosimos.core.parameters import Continuous
from zosimos.core.space import SearchSpace
from zosimos.core.validation import validated
from zosimos.labs.workcell import WorkcellLab
from zosimos.workcell.actions.registry import action_class, actions, names
from zosimos.workcell.actions.wait import Wait
from zosimos.workcell.execution.interpreter import carry_out
from zosimos.workcell.protocol.model import ProtocolStep

EXAMPLES = Path(__file__).parents[2] / "examples"
Install: TypeAlias = Callable[[str, str, Mapping[str, Mapping[str, str]]], None]

FAILING = """
from zosimos.workcell.action import Action


class Thing(Action):
    async def run(self, at):
        return 1 / 0
"""
UNFINISHED = FAILING.replace("run", "walk")
ODD = """
from zosimos.workcell.actions.wait import Wait


class Thing(Wait):
    shorthand = "minutes"
"""


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise ImportError('no module named pump_tools')", "ImportError: no module named pump_tools"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("Thing = 7", "is a int, which is no action"),
        ("Thing = dict", "dict is no subclass of zosimos.Action"),
        (UNFINISHED, "Thing lacks run"),
        (ODD, "its shorthand 'minutes' is none of its fields: for"),
    ],
)
def test_a_broken_action_is_named_with_its_package_and_the_rest_works(code: str, why: str, install: Install) -> None:
    install("zosimos-odd", code, {"zosimos.actions": {"stir": "Thing"}})
    with pytest.raises(SpecError) as caught:
        validated(ProtocolStep, {"stir": {"speed": 3}}, "steps.0")
    assert "the package zosimos-odd brings the action 'stir', which cannot be used" in caught.value.message
    assert why in caught.value.message
    assert caught.value.field == "steps.0.stir"
    assert caught.value.hint == "mend or remove the package zosimos-odd; everything else works without it"
    assert "stir" not in names()
    assert action_class("wait") is Wait


def test_another_package_cannot_take_the_name_of_a_shipped_action(install: Install) -> None:
    install("zosimos-odd", FAILING, {"zosimos.actions": {"wait": "Thing"}})
    assert action_class("wait") is Wait
    (broken,) = actions().broken
    assert (broken.name, broken.package) == ("wait", "zosimos-odd")


def test_a_misspelt_action_or_field_says_what_there_is() -> None:
    with pytest.raises(SpecError) as caught:
        validated(ProtocolStep, {"dispens": {}}, "steps.0")
    assert (caught.value.field, caught.value.hint) == ("steps.0.dispens", "did you mean 'dispense'?")
    with pytest.raises(SpecError) as caught:
        validated(ProtocolStep, {"weigh": {"ass": "mass"}}, "steps.0")
    assert "did you mean 'as'?" in str(caught.value)
    assert "allowed: as, with" in str(caught.value)


def test_a_defect_of_an_action_ends_the_experiment_and_names_the_package(install: Install) -> None:
    install("zosimos-odd", FAILING, {"zosimos.actions": {"burn": "Thing"}})
    step = validated(ProtocolStep, {"burn": {}}, "steps.0")
    with pytest.raises(ExecutionError, match="the action burn of zosimos-odd failed: ZeroDivisionError"):
        asyncio.run(carry_out([step], None))  # type: ignore[arg-type]  # it fails before it looks at it


@pytest.mark.slow
@pytest.mark.parametrize("method", ["check", "measures", "moves", "draws", "effects"])
def test_a_defect_while_a_recipe_is_checked_names_the_package(method: str, install: Install) -> None:
    code = FAILING.replace(
        "        return 1 / 0", f"        pass\n\n    def {method}(self, *given):\n        return 1 / 0"
    )
    install("zosimos-odd", code, {"zosimos.actions": {"burn": "Thing"}})
    lab = yaml.parse((EXAMPLES / "dilution" / "lab.yaml").read_text(encoding="utf-8"))
    recipe = {"name": "burn", "roles": {}, "inputs": {"x": ""}, "steps": [{"burn": {}}]}
    files = {"lab": yaml.dump(lab).encode(), "protocol": yaml.dump(recipe).encode()}
    with pytest.raises(SpecError, match="the action burn of zosimos-odd cannot be checked: ZeroDivisionError"):
        WorkcellLab({"file": "lab.yaml", "protocol": "recipe.yaml"}, files).fits(SearchSpace((Continuous("x", 0, 1),)))
