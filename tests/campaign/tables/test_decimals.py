"""Where no number of a table tells what stands before decimals, the proposals that its rows name may tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.campaign.tables.filled_in import Filled
from told_tables import reading

from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import DataError


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Filled(ledger)


def outcomes(filled: Filled, text: str) -> list[tuple[str | None, float]]:
    found = reading(filled.record.state, text.encode()).results
    return [(one.experiment, one.measurements[0].value) for one in found]


def test_a_parameter_that_is_its_proposal_with_one_sign_alone_tells(filled: Filled) -> None:
    text = "experiment;temperature;amount;viscosity;yield\ne0001;27,457;;190,271;80\ne0002;;33,333;8;70\n"
    assert outcomes(filled, text) == [("e0001", 190.271), ("e0002", 8.0)]
    assert outcomes(filled, text.replace(",", ".")) == [("e0001", 190.271), ("e0002", 8.0)]
    with pytest.raises(DataError, match=r"may be 190271 or 190\.271"):
        outcomes(filled, text.replace("27,457", "").replace("33,333", ""))


def test_a_parameter_elsewhere_than_proposed_tells_nothing(filled: Filled) -> None:
    with pytest.raises(DataError, match="no other number tells which"):
        outcomes(filled, "experiment;temperature;viscosity;yield\ne0001;31,457;190,271;80\n")


def test_numbers_that_contradict_the_proposals_are_asked_about(filled: Filled) -> None:
    with pytest.raises(DataError, match="no other number tells which"):
        outcomes(filled, "experiment;temperature;viscosity;yield\ne0001;27,457;190,271;80.5\n")
