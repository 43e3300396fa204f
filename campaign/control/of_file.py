"""Of a file: the campaign that a campaign file began in a ledger, and what was changed in the file since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import Change, changes_to, read_again, steered_to
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.core.canonical import digest
from zosimos.core.errors import LedgerError, SpecError
from zosimos.core.files import read_file


@dataclass(frozen=True)
class Edited:
    """What a campaign file says now: the spec that is wanted, and the changes that lead to it; none: as it was."""

    wanted: CampaignSpec
    changes: Sequence[Change]


def running_of(ledger: Ledger, file: Path) -> Record | None:
    """Return the record of the latest campaign that a file began in a ledger, and that nobody aborted; else None.

    A file is known by its whole path; one that was moved since, together with its ledger, by its name and content.

    Raises:
        DataError: the file cannot be read.
    """
    path, held = file.resolve(), digest(read_file(file, "file", error=SpecError))
    for campaign in sorted(ledger.campaigns(), key=lambda name: _begun(ledger, name), reverse=True):
        source = _source(ledger, campaign)
        if source is None:
            continue
        was = Path(source["path"])
        if was != path and (was.name != path.name or was.exists()):
            continue
        record = Record(ledger, campaign)
        moved = (record.state.source or source)["digest"] == held
        if record.state.status != "aborted" and (was == path or moved):
            return record
    return None


def edited(record: Record, file: Path, overrides: Sequence[str] = ()) -> Edited | None:
    """Return what was changed in a campaign's file since it was last taken in; None if it says what the campaign does.

    Args:
        record: the campaign's record.
        file: its file.
        overrides: the ``path=value`` texts given beside the file now; none: those that the campaign began with.

    Raises:
        SpecError: the file is wrong, or says something that cannot change under way.
    """
    state = record.state
    source: Mapping[str, Any] = state.source or {}
    same = source.get("digest") == digest(read_file(file, "file", error=SpecError))
    known = list(source.get("overrides", ()))
    if same and list(overrides) in ([], known):
        return None
    wanted = read_again(file, state.spec, overrides or known)
    if not changes_to(state.spec, wanted):
        return None
    try:
        _, changes = steered_to(state.spec, wanted)
    except SpecError as error:
        error.hint = "; or ".join(filter(None, [error.hint, "begin another campaign with --new"]))
        raise
    return Edited(wanted, changes)


def source_of(ledger: Ledger, file: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """Keep a campaign file in a ledger, and return what the record says of it."""
    kept = ledger.put_artifact(read_file(file, "file"))
    return {"path": str(file.resolve()), "digest": kept, "overrides": list(overrides)}


def _begun(ledger: Ledger, campaign: str) -> str:
    try:
        return ledger.first(campaign).at
    except LedgerError:  # another command says what is wrong with it
        return ""


def _source(ledger: Ledger, campaign: str) -> Mapping[str, Any] | None:
    try:
        found = ledger.first(campaign).body.get("source")
    except LedgerError:
        return None
    return found if isinstance(found, Mapping) and {"path", "digest"} <= found.keys() else None
