"""The kinds of campaigns that a file can be made for, and the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zosimos.campaign.tables.numbers import Sign
from zosimos.campaign.templates.from_table import of_table
from zosimos.campaign.templates.mixtures import alloy, formulation
from zosimos.campaign.templates.processes import coating, instrument, reaction
from zosimos.campaign.templates.questions import Kind, answered
from zosimos.campaign.templates.written import written
from zosimos.core.errors import SpecError
from zosimos.core.nearest import did_you_mean

TABLE = "table"

KINDS: Mapping[str, str] = {
    "formulation": "amounts of ingredients that add up to a total",
    "reaction": "ligand, base and solvent by name, with temperature and time",
    "coating": "a film from solution, spun and annealed",
    "alloy": "fractions of elements that add up to one",
    "instrument": "the settings of an instrument",
    TABLE: "what a table of yours (CSV or .xlsx) has as columns",
}
"""Each kind and what it is for."""

_MADE = {"formulation": formulation, "reaction": reaction, "coating": coating, "alloy": alloy, "instrument": instrument}


def kind_of(name: str, table: Path | None = None, decimal: Sign | None = None) -> Kind:
    """Return a kind with its questions.

    Args:
        name: one of :data:`KINDS`.
        table: the table that it is for, if it is for one.
        decimal: what stands before decimals in it, where somebody said it.

    Raises:
        InputError: there is no such kind, or its table cannot be read.
    """
    if name not in KINDS:
        raise SpecError(
            "there is no such kind of campaign",
            field="KIND",
            value=name,
            allowed=", ".join(KINDS),
            hint=did_you_mean(name, KINDS, "take table for what you have as a spreadsheet"),
        )
    if (name == TABLE) != (table is not None):
        hint = f"zosimos new {TABLE} --from FILE" if table is None else f"leave it out, or: zosimos new {TABLE} --from"
        raise SpecError(
            "which table is it?" if table is None else f"{name} is made of answers, not of a table",
            field="--from",
            value=None if table is None else str(table),
            allowed="a CSV file or an .xlsx workbook, with kind table",
            hint=hint,
        )
    return of_table(table, decimal) if table is not None else _MADE[name]()


def template(
    kind: str,
    answers: Mapping[str, str] | None = None,
    /,
    *,
    table: str | Path | None = None,
    decimal: Sign | None = None,
) -> str:
    """Return the text of a campaign file, with a remark on each line: what ``zosimos new`` writes.

    Args:
        kind: formulation, reaction, coating, alloy, instrument, or table.
        answers: the answers by question; the others have their defaults. Columns of a table are questions.
        table: the CSV file or workbook, for kind table.
        decimal: what stands before decimals in the table, where it leaves that open.

    Raises:
        InputError: an answer is wrong; names the question.

    >>> import zosimos as zo
    >>> text = zo.template("reaction", {"temperature": "60 to 90 °C", "outcomes": "yield max %"})
    >>> text.splitlines()[13].strip()
    'temperature: { min: 60, max: 90, unit: °C }  # any value from 60 to 90 °C'
    """
    found = kind_of(kind, None if table is None else Path(table), decimal)
    return written(found.draft(answered(found, answers or {})))
