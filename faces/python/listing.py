"""The campaigns of a ledger, and several of them side by side, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zosimos.campaign import listing
from zosimos.campaign.ledger.opening import exists, open_ledger
from zosimos.core.settings import load_settings
from zosimos.faces.python.campaign import Campaign


def campaigns(ledger: str | Path | None = None) -> list[dict[str, Any]]:
    """Return the campaigns of a ledger, the oldest first, as ``zosimos list --json`` prints them.

    Each has its id under ``campaign``, and ``name``, ``status``, ``used``, ``budget`` and ``best``; one that cannot be
    read has the status ``unreadable`` and says why under ``reason``. Without a ledger there are none.

    Args:
        ledger: the file or URL of the ledger (default: the settings').

    >>> import tempfile, zosimos as zo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_")}
    ...     zo.Campaign.create(spec | {"budget": {"experiments": 8}}, ledger=f"{folder}/lab.db").close()
    ...     [(one["name"], one["status"], one["used"]) for one in zo.campaigns(f"{folder}/lab.db")]
    [('film', 'active', 0)]
    """
    url = load_settings(ledger=None if ledger is None else str(ledger)).ledger
    if not exists(url):
        return []
    with open_ledger(url, new=False, hint="") as opened:
        return [listing.row(opened, name, found) for name, found in listing.each_record(opened)]


def compare(campaigns: Sequence[Campaign], path: str | Path) -> Path:
    """Write several campaigns side by side as one HTML file, as ``zosimos report ID ID`` does, and return where.

    Args:
        campaigns: two or more, of any ledgers.
        path: the file.

    Raises:
        DataError: it cannot be written.

    >>> import tempfile, zosimos as zo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_")}
    ...     spec |= {"budget": {"experiments": 8}}
    ...     with zo.Campaign.create(spec, ledger=f"{folder}/lab.db") as one:
    ...         with zo.Campaign.create(spec, ledger=f"{folder}/lab.db", seed=2) as other:
    ...             zo.compare([one, other], f"{folder}/both.html").name
    'both.html'
    """
    from zosimos.campaign.report import write_comparison

    states = [campaign._state for campaign in campaigns]  # noqa: SLF001 - what a campaign keeps to this package
    return write_comparison(states, Path(path))
