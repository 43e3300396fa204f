"""Tables as bytes, read as `tell` reads them."""

from __future__ import annotations

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.numbers import Sign
from zosimos.campaign.tables.reading import Reading, read
from zosimos.campaign.tables.sources import parse


def reading(
    state: State, data: bytes, source: str = "results.csv", sheet: str | None = None, decimal: Sign | None = None
) -> Reading:
    targets = Targets(state)
    return read(state, targets, parse(data, source, targets, sheet), decimal=decimal)


def results(state: State, data: bytes, source: str = "results.csv") -> list[Result]:
    return list(reading(state, data, source).results)
