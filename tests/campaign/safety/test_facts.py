"""Facts about substances and pairs, written down before there were rules, and what the rules make of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from zosimos.campaign.safety.cas import is_sound
from zosimos.campaign.safety.checking import check
from zosimos.campaign.safety.findings import Report
from zosimos.campaign.safety.formula import hill
from zosimos.campaign.safety.shipped import shipped
from zosimos.campaign.safety.stated import Stated, together

HERE = Path(__file__).parent
FACTS = [
    pytest.param(row, id=f"{row['first']}|{row['second']}")
    for name in ("known_facts.csv", "fresh_facts.csv")
    for row in csv.DictReader((HERE / name).read_text(encoding="utf-8").splitlines())
]


def report_of(*texts: str) -> Report:
    """What the rules say of texts that are declared together."""
    stated = [Stated(f"species.{place}", text) for place, text in enumerate(texts)]
    return check(together(stated, None, simulated=False))


def verdict(report: Report, *, pair: bool) -> str:
    """The gravest verdict, on pairs alone or on anything; a note stops nothing."""
    found = [one.verdict for one in report.findings if not pair or one.kind == "pair"]
    return next((one for one in ("refuse", "person") if one in found), "go")


@pytest.mark.parametrize("row", FACTS)
def test_a_fact_gets_its_verdict(row: dict[str, str]) -> None:
    texts = [text for text in (row["first"], row["second"]) if text]
    assert verdict(report_of(*texts), pair=len(texts) > 1) == row["verdict"], row["because"]
    assert verdict(report_of(*reversed(texts)), pair=len(texts) > 1) == row["verdict"], "in the other order"


def test_every_cas_number_and_formula_of_the_tables_is_sound() -> None:
    for one in shipped().catalogue.substances:
        assert not one.cas or is_sound(one.cas), one.name
        assert not one.formula or hill(one.formula), one.name


def test_every_name_of_the_tables_means_its_substance_however_it_is_spelled() -> None:
    catalogue = shipped().catalogue
    for one in catalogue.substances:
        for name in one.names:
            for spelled in (name, name.upper(), name.lower(), f"  {name} "):
                assert one in catalogue.named(spelled) or name == one.formula or spelled.strip() != name, spelled


def test_every_controlled_substance_is_stopped_by_each_of_its_names_and_its_number() -> None:
    for one in shipped().catalogue.substances:
        if one.controlled:
            for text in (one.name, *one.also, one.cas, one.formula):
                found = verdict(report_of(text), pair=False) if text else "refuse"
                assert found == "refuse" or (found == "person" and not one.barred), text
