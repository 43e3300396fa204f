"""Answers: what a yes or a no to open questions writes, decided on the state inside the transaction.

What is answered is what was shown: whoever shows a question keeps what it stood for then
(:func:`zosimos.campaign.record.approvals.standing`), and a yes to anything else is refused before any is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from zosimos.campaign.control.changes import Beside, carried_out, not_covered
from zosimos.campaign.decisions.proposals import By, answer_body, no
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import Asked, covered, standing
from zosimos.campaign.record.experiment import Approval, ProposedChange, Question
from zosimos.campaign.record.state import State
from zosimos.core.errors import NotFoundError, StateError

_OPEN = "zosimos approvals lists the open ones"


def asked_under(state: State, token: str) -> Asked:
    """Return what was asked under a token.

    Raises:
        NotFoundError: nothing was.
    """
    found = state.questions.get(token) or state.changes.get(token) or state.approvals.get(token)
    if found is None:
        raise NotFoundError(
            f"there is no approval {token}",
            field="token",
            value=token,
            allowed=", ".join(state.open_tokens()) or "none is open",
        )
    return found


def open_question(state: State, token: str) -> Asked:
    """Return what a token stands for, while it can be answered.

    Raises:
        NotFoundError: nothing was asked under it.
        StateError: it was answered, has expired, or nobody waits for it any more.
    """
    asked = asked_under(state, token)
    if isinstance(asked, Question):
        if asked in state.open_questions():
            return asked
        raise StateError(
            f"the question {token} was already answered, or nobody waits for it any more",
            field="token",
            value=token,
            hint=_OPEN,
        )
    if asked.status != "open":
        said = asked.answer if isinstance(asked, ProposedChange) else asked.reason
        raise StateError(f"approval {token} was already {asked.status}", field="token", value=token, hint=said or _OPEN)
    if isinstance(asked, Approval) and state.status in ("aborted", "finished"):
        raise StateError(f"the campaign is {state.status}", field="token", value=token)
    return asked


def granting(state: State, shown: Mapping[str, str | None], by: By, beside: Beside) -> list[Draft]:
    """Return what says yes to several tokens, all of them or none; a change of the campaign goes by itself.

    Args:
        state: the campaign as it is now.
        shown: each token, and what it stood for when it was shown; None if it was not.
        by: who says yes.
        beside: as :func:`~zosimos.campaign.control.changes.carried_out` takes it.

    Raises:
        NotFoundError: nothing was asked under a token.
        StateError: one was answered, has expired, is not what was shown any more, or changes are not by themselves.
        TamperedError: the record of one is not what its digest covers.
    """
    found = {token: open_question(state, token) for token in shown}
    if len(found) > 1 and any(isinstance(item, ProposedChange) for item in found.values()):
        raise StateError(
            "a change of the campaign is approved by itself: nothing was done",
            field="token",
            value=" ".join(shown),
            allowed="one change at a time",
            hint="approve them one after the other, and look again between them",
        )
    for token, item in found.items():
        if shown[token] not in (None, standing(state, item)):
            raise StateError(
                f"what {token} stands for is not what was shown any more: nothing was done",
                field="token",
                value=token,
                hint="look again: zosimos approvals",
            )
    return [draft for item in found.values() for draft in _granted(state, item, by, beside)]


def rejecting(state: State, token: str, by: By, reason: str) -> Draft:
    """Return what says no to a token.

    Raises:
        NotFoundError: nothing was asked under it.
        StateError: it was answered or has expired.
    """
    asked = open_question(state, token)
    if isinstance(asked, Question):
        return _done(asked, by, reason, yes=False)
    return no(asked, by, reason)


def _granted(state: State, asked: Asked, by: By, beside: Beside) -> list[Draft]:
    if isinstance(asked, Question):
        return [_done(asked, by, "", yes=True)]
    answer = Draft("approval.granted", answer_body(asked, by, ""))
    if isinstance(asked, ProposedChange):
        return [answer, *carried_out(state, asked, by, beside)]
    if covered(state, asked) != asked.digest:
        raise not_covered(asked.token)
    return [answer]


def _done(question: Question, by: By, reason: str, *, yes: bool) -> Draft:
    return Draft("operator.answered", {"token": question.token, "yes": yes, "by": by, "reason": reason})
