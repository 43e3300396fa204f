"""Tokens: the names of questions to people, random so that nobody can know one before it is asked.

A token reads ``k7m2p9xq-3f2a...``: the random part of the campaign's id, a dash, and 128 random bits in hexadecimal. It
is made when the question is recorded, from an injected source, and it is no part of what a decision rests on or of any
digest: replay never needs it. What a token stands for is bound to it by the digest stored beside it
(:mod:`zosimos.campaign.record.approvals`). Records of earlier versions hold shorter tokens, which are answered as they
are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.state import State
from zosimos.core.errors import NotFoundError, StateError
from zosimos.core.ids import tail

TokenSource: TypeAlias = Callable[[], str]
"""Gives the random part of a new token, in hexadecimal."""

ASKING = frozenset({"approval.requested", "change.proposed", "operator.asked"})
"""The events that ask a person something, each under a token of its own."""

LEAST = 8  # characters of the random part that a person types at least
_DRAWS = 1000


def random_token() -> str:
    """Return 128 random bits in hexadecimal, from the operating system."""
    return secrets.token_hex(16)


def with_tokens(state: State, drafts: Iterable[Draft], source: TokenSource) -> list[Draft]:
    """Return drafts in which each question has a token; one that is there already stays.

    Raises:
        StateError: the source gives nothing new.
    """
    made: set[str] = set()
    named = []
    for draft in drafts:
        sound = isinstance(draft.body, Mapping)  # what is not is refused where it would become an event
        if draft.kind in ASKING and sound and "token" not in draft.body:
            token = _new(state, made, source)
            made.add(token)
            named.append(replace(draft, body={**draft.body, "token": token}))
        else:
            named.append(draft)
    return named


def _new(state: State, made: Collection[str], source: TokenSource) -> str:
    for _ in range(_DRAWS):
        token = f"{tail(state.id)}-{source()}"
        if not state.has_token(token) and token not in made:
            return token
    raise StateError(
        f"the source of tokens gave nothing new in {_DRAWS} draws: nothing was asked",
        field="token",
        value=len(state.approvals) + len(state.changes) + len(state.questions),
        allowed="a source that seldom repeats itself, such as 128 random bits",
    )


def token_meant(text: str, known: Sequence[str]) -> str:
    """Return the token a person means who types it, or the beginning of it.

    A whole token always means itself. A shorter text must hold eight characters or more of the random part, with or
    without what stands before the dash.

    Args:
        text: what was typed.
        known: the tokens there are.

    Raises:
        NotFoundError: it is the beginning of none, or of several.

    >>> token_meant("3f2a9c41", ["k7m2p9xq-3f2a9c41d07b", "k7m2p9xq-99aa00bb11cc"])
    'k7m2p9xq-3f2a9c41d07b'
    """
    if text in known:
        return text
    before, dash, typed = text.rpartition("-")
    fitting = [
        token
        for token in known
        if len(typed) >= LEAST and _random(token).startswith(typed) and (not dash or token.startswith(f"{before}-"))
    ]
    if len(fitting) == 1:
        return fitting[0]
    raise NotFoundError(
        f"{'several approvals begin with' if fitting else 'there is no approval'} {text}",
        field="token",
        value=text,
        allowed=", ".join(fitting) or f"a token, or {LEAST} characters or more of what follows its dash",
        hint="zosimos approvals lists them; --ledger names another ledger",
    )


def _random(token: str) -> str:
    return token.rpartition("-")[2]
