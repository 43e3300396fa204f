"""Files: a campaign as a file or a spec describes it, with its data files read, in whatever dress they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.composite import check_money
from zosimos.campaign.definition.knowledge import source_role
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import located, read_spec
from zosimos.campaign.lab import lab_class
from zosimos.campaign.setup import CANDIDATES, Setup, assemble
from zosimos.campaign.tables.plain import plain_table
from zosimos.core.files import read_file
from zosimos.core.objective import to_measure


def from_file(path: Path, overrides: Sequence[str] = ()) -> Setup:
    """Return the setup a campaign file describes, its data files read.

    Raises:
        InputError: the file, an override or a data file is wrong; nothing was written.
    """
    with located(path, overrides):
        return from_spec(read_spec(path, overrides), path.parent)


def from_spec(spec: CampaignSpec, folder: Path) -> Setup:
    """Return the setup of a spec whose data files are named relative to a folder; they are read.

    Raises:
        InputError: a data file is wrong, or does not fit the spec.
    """
    check_money(spec)
    options = spec.lab.options if spec.lab is not None else {}
    names = dict(lab_class(spec.lab.kind).files(options)) if spec.lab is not None else {}
    if spec.candidates is not None:
        names[CANDIDATES] = spec.candidates
    names |= {source_role(name): part.file for name, part in spec.sources.items()}
    files = {role: _read(folder / name, role) for role, name in names.items()}
    tables = {role: plain_table(files[role], names[role], spec, *wanted) for role, wanted in _tables(spec, names)}
    read_as = [table.read_as for table in tables.values() if table.read_as]
    return assemble(spec, {**files, **{role: table.data for role, table in tables.items()}}, read_as=read_as)


def _tables(spec: CampaignSpec, roles: Collection[str]) -> Iterator[tuple[str, tuple[list[str], Collection[str]]]]:
    """Yield the roles of files that are tables: columns that each must have, and headers the spec speaks of."""
    measured = [quantity.name for quantity in to_measure(build_objectives(spec))]
    if spec.lab is not None and spec.lab.kind == "pool":
        yield from ((role, ([*spec.space, *measured], ())) for role in roles if role != CANDIDATES and "." not in role)
    if spec.candidates is not None:
        yield CANDIDATES, (list(spec.space), ())
    for name, part in spec.sources.items():
        outcomes = set(part.outcome.values())
        yield source_role(name), ([*(p for p in spec.space if p not in part.fixed), *outcomes], outcomes)


def _read(path: Path, role: str) -> bytes:
    field = "candidates" if role == CANDIDATES else "lab.file" if role == "lab" else f"lab.{role}"
    field = f"{role}.file" if role.startswith(source_role("")) else field
    return read_file(path, field, hint="paths are relative to the campaign file; check the name and its rights")
