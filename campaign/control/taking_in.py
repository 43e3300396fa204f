"""Taking in: a campaign steered to what its file says now, once somebody says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.of_file import edited, source_of
from zosimos.campaign.definition.described import described
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.setup import reopened
from zosimos.core.errors import SpecError


def take_in(
    commands: Commands,
    file: Path,
    overrides: Sequence[str] = (),
    *,
    steer: bool,
    asked: Callable[[Sequence[str]], bool] | None = None,
    ready: Callable[[CampaignSpec], object] = lambda _: None,
) -> list[str] | None:
    """Steer a campaign to what its file says now, and return the changes in words; none if it was not edited.

    Args:
        commands: what its author may do to it.
        file: the file that began it.
        overrides: the ``path=value`` texts given beside the file now.
        steer: whether it is said already that the campaign is to be steered.
        asked: asks a person about the changes; None: nobody can be asked.
        ready: is shown the spec before the campaign is steered to it; what it raises keeps it from being steered.

    Returns:
        The changes; None if the person who was asked said no.

    Raises:
        SpecError: the file was edited, and nobody says whether to steer; or it cannot be steered so.
    """
    record = commands.record
    found = edited(record, file, overrides)
    if found is None:
        return []
    changes = [described(change) for change in found.changes]
    if not steer and asked is None:
        raise SpecError(
            f"{file} was changed since the campaign {record.campaign} took it in: nothing was done",
            field="file",
            value="; ".join(changes),
            allowed="--steer (Python: steer=True), which changes the campaign so, or --new (Python: Campaign.create), "
            "which begins another",
            hint=f"zosimos ask {file} --steer",
        )
    if not steer and asked is not None and not asked(changes):
        return None
    ready(found.wanted)
    given = list(overrides) or list((record.state.source or {}).get("overrides", ()))
    source = source_of(record.ledger, file, given)
    commands.steer(reopened(record), found.wanted, f"{file} was edited", source=source)
    return changes
