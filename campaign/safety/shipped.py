"""The tables that come with the program: ``substances.csv``, ``controlled.csv``, ``classes.csv`` and ``pairs.csv``.

What they say is common knowledge of laboratory safety: hazard classes as in the Globally Harmonized System (UN, GHS
rev. 10), what must not meet as in Bretherick's Handbook of Reactive Chemical Hazards and in suppliers' data sheets, the
schedules of the Chemical Weapons Convention (OPCW, 1993 and 2019), tables I and II of the UN Convention of 1988, and
regulation (EU) 2019/1148 on precursors of explosives. They are no complete list of any law.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from zosimos.campaign.safety.catalogue import Catalogue, Substance
from zosimos.campaign.safety.rules import HazardClass, Pair, Rules


@lru_cache(maxsize=1)
def shipped() -> Rules:
    """Return the rules that every laboratory has.

    Raises:
        OSError, ValueError, KeyError: a table cannot be read, or makes no sense.

    >>> sorted(shipped().catalogue.named("KCN")[0].classes)
    ['acutely toxic', 'cyanide']
    """
    known = [
        Substance(row["name"], _listed(row["also"]), row["cas"], row["formula"], frozenset(_listed(row["classes"])))
        for row in _rows("substances.csv")
    ]
    listed = [
        Substance(
            row["name"],
            _listed(row["also"]),
            row["cas"],
            row["formula"],
            controlled=row["list"],
            barred=row["verdict"] != "person",
        )
        for row in _rows("controlled.csv")
    ]
    classes = {row["class"]: HazardClass(row["verdict"], row["words"]) for row in _rows("classes.csv")}
    pairs = [Pair(row["first"], row["second"], row["verdict"], row["because"]) for row in _rows("pairs.csv")]
    return Rules(Catalogue((*known, *listed)), classes, tuple(pairs))


def _rows(name: str) -> Sequence[dict[str, Any]]:
    text = files("zosimos.campaign.safety").joinpath(name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), strict=True))
    for place, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"{name}, line {place}: another number of cells than columns")
    if not rows:
        raise ValueError(f"{name}: it is empty")
    return rows


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
