"""What choices were taken for belongs to a campaign: it decides alike on a computer that cannot read them."""

import pytest

from zosimos.campaign.definition import chemistry
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.setup import assemble
from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers import reagents

pytest.importorskip("rdkit")

SPEC = {
    "name": "solvents",
    "space": {"solvent": {"choices": ["toluene", "DMF", "ethanol", "THF"]}, "t": {"min": 20, "max": 80}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 10},
}


@pytest.fixture
def without_rdkit(monkeypatch):
    monkeypatch.setattr(reagents, "has_rdkit", lambda: False)
    reagents.resolved.cache_clear()
    yield
    reagents.resolved.cache_clear()


def test_a_campaign_that_begins_where_choices_cannot_be_looked_up_goes_by_name_wherever_it_goes_on(without_rdkit):
    spec = assemble(parse_spec(SPEC), {}).spec
    assert spec.space["solvent"].by_name is True
    reagents.resolved.cache_clear()
    assert chemistry.looked_up(spec.space["solvent"]) is None


def test_a_campaign_that_compares_by_descriptors_is_not_decided_by_name(monkeypatch):
    spec = assemble(parse_spec(SPEC), {}).spec
    assert spec.space["solvent"].by_name is None
    monkeypatch.setattr(reagents, "has_rdkit", lambda: False)
    reagents.resolved.cache_clear()
    with pytest.raises(SpecError, match="rdkit") as caught:
        assemble(spec, {}, recorded=True)
    reagents.resolved.cache_clear()
    assert "by_name" in caught.value.field
    assert "zosimos" in caught.value.hint
