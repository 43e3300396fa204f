"""Spectra of experiments in a few numbers, as chat tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zosimos as zo
from zosimos.agent.chat import say
from zosimos.agent.models.names import make_model
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.explain.spectra import apart, spectra
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import reopened
from zosimos.core.errors import StateError

AXIS = np.arange(400.0, 701.0, 10.0)
SPEC: dict[str, Any] = {
    "name": "dyes",
    "space": {"red": zo.Continuous(0, 10)},
    "objectives": {"mismatch": {"goal": "min", "of": "rms(absorbance, 0.5)"}},
    "measured": {"absorbance": {"unit": "AU", "along": {"min": 400, "max": 700, "step": 10, "unit": "nm"}}},
    "budget": {"experiments": 8},
}


def bands(*peaks: tuple[float, float, float]) -> np.ndarray[Any, Any]:
    """Gaussian bands: where, how high, and how wide at half their height."""
    wide = np.sqrt(8.0 * np.log(2.0))
    return sum((high * np.exp(-0.5 * ((AXIS - at) * wide / width) ** 2) for at, high, width in peaks), 0.0 * AXIS)


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Any]:
    with zo.Campaign.create(SPEC, ledger=tmp_path / "lab.db") as found:
        for curve in (bands((450, 0.8, 40), (600, 0.4, 60)), bands((450, 0.6, 40)), 0.1 + 0.0 * AXIS):
            (one,) = found.ask(1)
            found.tell(one, **{f"absorbance_{at:g}": float(value) for at, value in zip(AXIS, curve, strict=True)})
    with Ledger(str(tmp_path / "lab.db")) as ledger:
        yield Record(ledger, found.id)


def test_peaks_are_where_they_are_as_high_and_as_wide(campaign: Any) -> None:
    (found,) = spectra(campaign.state, "e0001")
    assert (found.series, found.unit, found.of, found.channels, found.measured) == ("absorbance", "nm", "AU", 31, 31)
    assert (found.highest.at, found.highest.value) == (450.0, pytest.approx(0.8, abs=1e-6))
    assert [peak.at for peak in found.peaks] == [450.0, 600.0]
    assert [peak.value for peak in found.peaks] == pytest.approx([0.8, 0.4], abs=1e-3)
    assert [peak.width for peak in found.peaks] == pytest.approx([40.0, 60.0], rel=0.03)
    (flat,) = spectra(campaign.state, "e0003")
    assert flat.peaks == ()


def test_two_spectra_are_apart_by_what_one_has_more(campaign: Any) -> None:
    (found,) = apart(campaign.state, "e0001", "e0002")
    more = bands((450, 0.2, 40), (600, 0.4, 60))
    assert found.rms == pytest.approx(np.sqrt(np.mean(more**2)))
    assert (found.most.at, found.most.value) == (600.0, pytest.approx(0.4, abs=1e-6))


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("/spectrum e0001", ["absorbance of e0001: from", "a peak at 450 nm: 0.8 AU", "a peak at 600 nm: 0.4 AU"]),
        ("what does the spectrum of e0002 look like?", ["a peak at 450 nm: 0.6 AU"]),
        ("how do the spectra of e0001 and e0002 differ?", ["root mean square", "most by 0.4 AU at 600 nm"]),
        ("show me the spectrum of e0001", ["a peak at 450 nm: 0.8 AU"]),
        ("any peaks in e0003?", ["no peak stands out"]),
    ],
)
def test_chat_tells_of_spectra(campaign: Any, words: str, lines: list[str]) -> None:
    people = Commands(campaign, "ann")
    reply = say(campaign, reopened(campaign), make_model("offline"), words, person=people, proposer=people)
    assert [one["tool"] for one in reply.calls] == ["spectrum"]
    for line in lines:
        assert line in reply.text
    assert "unverified" not in reply.text


def test_a_spectrum_of_no_experiment_is_refused(campaign: Any) -> None:
    people = Commands(campaign, "ann")
    model = make_model("offline")
    reply = say(campaign, reopened(campaign), model, "/spectrum e0009", person=people, proposer=people)
    assert "has no experiment e0009" in reply.text
    assert reply.proposals == []


def test_a_campaign_without_a_spectrum_says_so(tmp_path: Path) -> None:
    plain = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("y")}
    with zo.Campaign.create(plain | {"budget": {"experiments": 4}}, ledger=tmp_path / "lab.db") as campaign:
        (one,) = campaign.ask(1)
        campaign.tell(one, y=1.0)
    with Ledger(str(tmp_path / "lab.db")) as ledger, pytest.raises(StateError, match="measures no spectrum"):
        spectra(Record(ledger, campaign.id).state, "e0001")
