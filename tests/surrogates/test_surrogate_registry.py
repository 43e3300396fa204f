"""Surrogates are found by name, plugins by their entry point, and each describes itself."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from zosimos.core import plugins
from zosimos.core.errors import SpecError
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.ensembles.forest import ForestSurrogate
from zosimos.surrogates.mechanistic.mechanism import Coefficient, FormulaColumn, Mechanism
from zosimos.surrogates.mechanistic.model import MechanisticGP
from zosimos.surrogates.protocol import Surrogate
from zosimos.surrogates.registry import REGISTER, card_of, check_surrogate_name, load_surrogate

BUILT_IN = ("deep-ensemble", "forest", "gp", "heteroscedastic", "saas", "sparse-gp")


def fitted(surrogate, n=12):
    X = torch.from_numpy(np.random.default_rng(0).random((n, 2)))
    return surrogate.fit(X, torch.stack([X[:, 0] + X[:, 1], torch.sin(4 * X[:, 0])], dim=-1))


def mechanistic():
    return MechanisticGP(
        Mechanism(
            "a * x + b",
            (FormulaColumn("x", 0, 1), FormulaColumn("z", 0, 1)),
            (Coefficient("a", 1, -9, 9), Coefficient("b", 0, -9, 9)),
        )
    )


MADE = {name: (lambda name=name: load_surrogate(name)) for name in BUILT_IN} | {
    "mechanistic": mechanistic,
}


def test_the_built_in_surrogates_are_listed_and_made():
    assert set(BUILT_IN) <= set(REGISTER.names())
    for name in BUILT_IN:
        made = load_surrogate(name)
        assert isinstance(made, Surrogate)
        assert load_surrogate(name) is not made


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_the_card_is_complete_after_a_fit(name):
    card = card_of(fitted(MADE[name]()))
    assert card.name == name
    assert card.rows == 12
    assert json.loads(json.dumps(card.as_json(), allow_nan=False))["hyperparameters"]
    page = card.as_markdown()
    for text in (card.models, card.selection, card.source, *card.assumptions, *card.failures, *card.hyperparameters):
        assert text in page


@pytest.mark.parametrize("name", MADE)
def test_there_is_no_card_before_a_fit(name):
    with pytest.raises(RuntimeError, match="not fitted"):
        card_of(MADE[name]())


def test_a_card_repeats_the_notes():
    surrogate = ForestSurrogate().fit(torch.zeros(1, 1), torch.ones(1, 1))
    assert card_of(surrogate).notes == surrogate.notes
    assert "one observation" in card_of(surrogate).as_markdown()


@pytest.mark.parametrize("missing", ["name", "hyperparameters", "assumptions", "failures", "rows"])
def test_a_card_with_an_empty_field_is_refused(missing):
    whole = {
        "name": "mine",
        "models": "A line.",
        "hyperparameters": {"slope": 1.0},
        "selection": "By hand.",
        "assumptions": ("it is straight",),
        "failures": ("it is not",),
        "source": "Euclid",
        "rows": 3,
    }
    assert ModelCard(**whole).rows == 3
    with pytest.raises(SpecError, match=missing):
        ModelCard(**(whole | {missing: type(whole[missing])()}))


def test_an_unknown_name_is_refused_with_those_that_exist():
    with pytest.raises(SpecError, match="unknown surrogate 'kriging'") as refused:
        load_surrogate("kriging")
    assert "sparse-gp" in refused.value.allowed
    with pytest.raises(SpecError) as refused:
        check_surrogate_name("kriging", "planner.models.0")
    assert refused.value.field == "planner.models.0"


class Entry:
    def __init__(self, name, factory):
        self.name, self.load = name, lambda: factory


def test_a_plugin_is_found_by_its_entry_point_and_cannot_take_a_built_in_name(monkeypatch):
    class Plain:
        def fit(self, X, Y, Yvar=None):
            return self

        def posterior(self, X):
            return None

    installed = {"mine": Entry("mine", Plain), "bad": Entry("bad", dict), "forest": Entry("forest", Plain)}
    monkeypatch.setattr(plugins, "offered", lambda group: installed if group == "zosimos.surrogates" else {})
    assert "mine" in REGISTER.names()
    assert isinstance(load_surrogate("mine"), Plain)
    assert isinstance(load_surrogate("forest"), ForestSurrogate)
    with pytest.raises(SpecError, match="lacks fit or posterior"):
        load_surrogate("bad")
    with pytest.raises(SpecError, match="does not describe itself"):
        card_of(load_surrogate("mine"))


def test_names_are_checked_without_torch_or_sklearn():
    code = (
        "import sys; from zosimos.surrogates.registry import check_surrogate_name as c; c('forest'); "
        "assert not {'torch', 'sklearn', 'scipy', 'botorch'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
