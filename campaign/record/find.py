"""Finding a campaign by what a person types: its id, the end of its id, a part of a token, or ``last``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.tokens import token_meant
from zosimos.core.errors import LedgerError, NotFoundError

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


def record_of_token(ledger: Ledger, text: str, *, prefix: bool) -> tuple[Record, str]:
    """Return the record in which something was asked under a token, and the whole token.

    Args:
        ledger: where to look.
        text: the token.
        prefix: whether its beginning is enough, as :func:`zosimos.campaign.record.tokens.token_meant` reads it.

    Raises:
        NotFoundError: there is none, or several begin so.
        LedgerError: the record of its campaign can only be read.
    """
    before = text.rpartition("-")[0]
    alone = bool(before) or not prefix  # one campaign is meant: why it cannot be read is the answer
    records = list(_records(ledger, _campaigns_of(ledger, before, text, prefix=prefix), alone=alone))
    known = {token: record for record in records for token in record.state.tokens()}
    if text not in known and not prefix:
        opened = [token for record in records for token in record.state.open_tokens()]
        raise _no_approval(text, ", ".join(opened) or "a whole token as zosimos approvals lists them")
    token = token_meant(text, list(known))
    known[token].require_whole()
    return known[token], token


def _records(ledger: Ledger, names: Sequence[str], *, alone: bool) -> Iterator[Record]:
    """Yield campaigns' records; among several, one that cannot be read hides none of the others."""
    for name in names:
        try:
            yield Record(ledger, name)
        except LedgerError:
            if alone:
                raise


def _campaigns_of(ledger: Ledger, before: str, text: str, *, prefix: bool) -> list[str]:
    """Return the campaigns in which a token may have been asked: one, or with no more than its random part all."""
    if not before and prefix:
        return ledger.campaigns()
    try:
        return [find_campaign(ledger, before)] if before else []
    except NotFoundError as error:
        raise _no_approval(text, "a token as zosimos approvals lists them") from error


def _no_approval(text: str, allowed: str) -> NotFoundError:
    return NotFoundError(
        f"there is no approval {text}", field="token", value=text, allowed=allowed, hint="--ledger names another ledger"
    )
