"""Choices described in words: alike words make alike choices, and a campaign keeps the numbers they came to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import zosimos as zo
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.setup import assemble
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical
from zosimos.surrogates.featurizers import texts

WORDS = {
    "A": "a greasy hydrocarbon that repels water",
    "B": "an oily hydrocarbon, insoluble in water",
    "C": "very polar, fully miscible with water",
    "D": "a polar liquid that dissolves salts",
}


def spec_of(part: dict[str, Any]) -> Any:
    data = {"name": "glue", "space": {"additive": part, "x": {"min": 0, "max": 1}}, "budget": {"experiments": 9}}
    return parse_spec({**data, "objectives": {"y": {"goal": "max"}}})


def apart(parameter: Categorical, one: str, other: str) -> float:
    rows = [np.array(list(parameter.descriptors[name].values())) for name in (one, other)]
    return float(np.linalg.norm(rows[0] - rows[1]))


def test_choices_with_alike_descriptions_are_nearer_to_each_other() -> None:
    setup = assemble(spec_of({"descriptions": WORDS}), {})
    parameter = setup.space(setup.spec).by_name["additive"]
    assert isinstance(parameter, Categorical)
    assert parameter.choices == ("A", "B", "C", "D")
    near = max(apart(parameter, "A", "B"), apart(parameter, "C", "D"))
    assert near < min(apart(parameter, one, other) for one in "AB" for other in "CD")


def test_a_campaign_that_goes_on_elsewhere_keeps_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = assemble(spec_of({"descriptions": WORDS}), {})
    monkeypatch.setattr(texts, "embedder", lambda: None)
    again = assemble(parse_spec(begun.spec.model_dump(mode="json"), recorded=True), {}, recorded=True)
    one, other = (setup.space(setup.spec).by_name["additive"] for setup in (begun, again))
    assert one == other
    with pytest.raises(SpecError, match="cannot be read on this computer") as caught:
        assemble(spec_of({"descriptions": WORDS}), {})
    assert caught.value.field == "space.additive.descriptions"


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"descriptions": {**WORDS, "D": ""}}, "descriptions"),
        ({"descriptions": WORDS, "choices": ["A", "B"]}, "differ in C, D"),
        ({"descriptions": WORDS, "molecules": {"A": "CO"}}, "keep one"),
        ({"descriptions": WORDS, "by_name": True}, "contradict"),
        ({"descriptions": {"A": "one alone"}}, "two or more"),
        ({"descriptions": {"A": "the same", "B": "the same"}}, "do not differ"),
    ],
)
def test_descriptions_that_do_not_serve_are_refused(part: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        assemble(spec_of(part), {})


def test_an_optimiser_in_memory_takes_descriptions_too() -> None:
    planner = zo.Optimizer({"a": zo.Categorical(descriptions=WORDS), "x": zo.Continuous(0, 1)}, zo.maximize("y"))
    for suggestion in planner.ask(6):
        planner.tell(suggestion, y=float(suggestion["x"]) + (suggestion["a"] in ("C", "D")))
    (best,) = planner.ask(1)
    assert best["a"] in WORDS


def test_specs_without_descriptions_are_stored_as_before() -> None:
    assert "descriptions" not in spec_of({"choices": ["A", "B"]}).model_dump(mode="json")["space"]["additive"]
