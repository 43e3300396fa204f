"""Finding a campaign by what a person types: its id, the end of its id, a part of a token, or ``last``."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import NotFoundError

LAST = "last"


def find_campaign(ledger: Ledger, text: str) -> str:
    """Return the id of the one campaign a text names.

    Raises:
        NotFoundError: none or several fit.
    """
    known = ledger.campaigns()
    if text == LAST and known:
        return _newest(ledger, known)
    fitting = [campaign for campaign in known if campaign == text or (len(text) >= 3 and campaign.endswith(text))]
    if len(fitting) == 1:
        return fitting[0]
    raise NotFoundError(
        f"{'several campaigns end in' if fitting else 'the ledger has no campaign'} {text}",
        field="campaign",
        value=text,
        allowed=", ".join((fitting or known)[-5:]) or "the ledger is empty",
        hint="give the id, its last characters, or last; --ledger names another ledger",
    )


def _newest(ledger: Ledger, known: Sequence[str]) -> str:
    """Return the campaign created last: ids tell the second, first events the moment within it."""
    second = known[-1].rpartition("-")[0]
    latest = [campaign for campaign in known if campaign.rpartition("-")[0] == second]
    return latest[0] if len(latest) == 1 else max(latest, key=lambda campaign: ledger.first(campaign).at)


def campaign_of_token(ledger: Ledger, token: str) -> str:
    """Return the campaign an approval token belongs to.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return find_campaign(ledger, token.partition("-")[0])
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no approval {token}",
            field="token",
            value=token,
            allowed="a token as zosimos approvals lists them",
            hint="--ledger names another ledger",
        ) from error
