"""Absent: outcomes that have no column in a table. They are awaited, unless one of its columns may be meant.

A column may be meant if it is called almost the same, or if it holds numbers and nobody has seen it before: then a
person is asked, as what was measured would be a mere note otherwise.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from zosimos.campaign.tables.cells import is_missing, may_be_outcome
from zosimos.campaign.tables.grid import Cell, Line
from zosimos.campaign.tables.headers import key, split
from zosimos.campaign.tables.matching import PERHAPS, SPREADS, Matched, Targets

_ABOUT = (
    "batch",
    "charge",
    "date",
    "datum",
    "day",
    "tag",
    "time",
    "uhrzeit",
    "zeit",
    "operator",
    "lot",
    "index",
    "row",
    "zeile",
    "designrun",
    "designblock",
    "designpoint",
)
"""Headers of columns that are about a row and no outcome of it, although numbers stand there."""


def absent(matched: Matched, targets: Targets) -> list[str]:
    """Return the outcomes without a column; none where no column says what came of an experiment."""
    has = {column.target.column for column in matched.columns}
    told = has.intersection(targets.outcomes) or matched.of("failed")
    return [name for name in targets.outcomes if name not in has] if told else []


def meant(name: str, matched: Matched, targets: Targets, body: Sequence[Line]) -> list[str]:
    """Return the headers of notes that may be an outcome without a column, the one most like it first."""
    if name in targets.awaited:
        return []
    beside = [one for role in SPREADS for one in matched.of(role)]
    spread = [one.header for one in beside if one.target.name == name and _filled(body, one.place)]
    found: list[str] = []
    for place, header in matched.notes.items():
        if header in targets.remarks or targets.gone(header):
            continue
        cells = _filled(body, place)
        likely = [may_be_outcome(cell) for cell in cells]
        near, about = nearest(name, [header]), key(header) in (*PERHAPS, *_ABOUT)
        about = about or key(header).startswith("unnamed:")  # as pandas calls a column of numbers of rows
        if any(likely) and (near or (all(likely) and not about)):
            found.append(header)
    return [*by_nearness(name, found), *spread]  # an uncertainty, without the outcome that it belongs to


def _filled(body: Sequence[Line], place: int) -> list[Cell]:
    return [cell for line in body if not is_missing(cell := line.at(place))]


def by_nearness(name: str, headers: Iterable[str]) -> list[str]:
    """Return headers, the one most like a name first."""
    plain = [" ".join(header.split()) for header in headers]
    first = nearest(name, plain)
    wanted = key(name)
    likeness = {header: difflib.SequenceMatcher(None, wanted, key(header)).ratio() for header in plain}
    return sorted(likeness, key=lambda header: (header != first, -likeness[header]))


def nearest(name: str, others: Iterable[str]) -> str:
    """Return the one of some names that is most like another, in its letters or in how it begins; else nothing.

    >>> nearest("viscosity", ["Remarks", "Viscosty"]), nearest("temperature", ["Time", "Temp (°C)"])
    ('Viscosty', 'Temp (°C)')
    """
    wanted = key(name)
    by_key = {key(text): other for other in others for text in (other, *(bare for bare, _ in split(other)))}
    found = difflib.get_close_matches(wanted, list(by_key), n=1, cutoff=0.6)
    starts = [one for one in by_key if (len(wanted) > 2 and wanted in one) or (len(one) > 2 and wanted.startswith(one))]
    return by_key[(found or starts)[0]] if found or starts else ""
