"""Said: what a person says that columns of a table are, once; the campaign remembers it for the next table.

What is said becomes part of ``columns:`` in the campaign's spec, by a steering on record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.setup import Setup
from zosimos.campaign.tables.grid import shown
from zosimos.campaign.tables.headers import key
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.sources import Head
from zosimos.core.errors import DataError
from zosimos.core.nearest import did_you_mean

OPTION = "--column"
_LONGEST = 100  # characters of a header that a campaign file takes
_WHY = "said when a table was told"


def from_texts(texts: Sequence[str]) -> dict[str, str]:
    """Return what texts such as ``Temp. set=temperature`` say: names by header.

    Raises:
        DataError: one is of another form.

    >>> from_texts(["Temp. set=temperature"])
    {'Temp. set': 'temperature'}
    """
    found: dict[str, str] = {}
    for text in texts:
        header, sign, name = text.rpartition("=")
        if not sign or not header.strip() or not name.strip():
            raise DataError(
                f"{text!r} does not say what a column is",
                field=OPTION,
                value=text,
                allowed='"HEADER=NAME", the header as it stands in the table',
            )
        found[" ".join(header.split())] = name.strip()
    return found


def check(said: Mapping[str, str], targets: Targets, head: Head) -> None:
    """Refuse what is said of columns that are not there, or of names that the campaign does not have.

    Raises:
        DataError: names the header, or the name.
    """
    cells = [shown(cell) for cell in head.line.cells]
    there = {key(text) for text in cells}
    for header, name in said.items():
        if name not in targets.all:
            raise DataError(
                f"{header!r} cannot be {name!r}: there is no such parameter and no such outcome",
                field=OPTION,
                value=f"{header}={name}",
                allowed=", ".join(targets.all),
                hint=did_you_mean(name, targets.all),
            )
        if key(header) not in there:
            raise DataError(
                f"{head.grid.source} has no column {header!r}",
                field=OPTION,
                value=f"{header}={name}",
                allowed=", ".join(filter(None, cells)),
                hint=did_you_mean(header, cells, "write the header as it stands in the table"),
            )
        if header in targets.all and header != name:
            raise DataError(
                f"the column {header!r} cannot be {name!r}: the campaign has a {header!r} too",
                field=OPTION,
                value=f"{header}={name}",
                allowed="a header that is no name of the campaign itself",
                hint=f"rename the column {name} in the table",
            )
        if len(header) > _LONGEST:
            raise DataError(
                f"the header {header[:20]!r}... is too long to remember",
                field=OPTION,
                value=header,
                allowed=f"{_LONGEST} characters",
                hint=f"rename the column {name}",
            )


def matched_again(head: Head, targets: Targets) -> Head:
    """Return a header with its columns matched again, as what they can be is said otherwise now."""
    matched = targets.match(head.line.cells)
    return Head(head.grid, head.index, matched, targets.complete(matched))


def remember(commands: Commands, setup: Setup, said: Mapping[str, str]) -> list[str]:
    """Put what was said into the campaign's spec, and return the headers that are new there.

    Raises:
        SpecError: the spec does not take it; nothing was written.
    """
    known = commands.record.state.spec.columns
    fresh = {header: name for header, name in said.items() if known.get(header) != name}
    if fresh:
        commands.steer(setup, {"columns": {**known, **fresh}}, _WHY)
    return list(fresh)
