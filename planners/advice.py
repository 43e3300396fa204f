"""Advice: what somebody believes and nobody has measured, in a form that a decision can use.

A person, a language model or another program says where the best may lie, what a row would give, what to measure again
or to leave alone. None of it is data: no model learns from it. It is recorded, expires, and enters decisions as one of
their inputs; how much it counts is for :mod:`zosimos.planners.trust` to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeAlias, get_args, overload, runtime_checkable

from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.advice_items import (
    LARGEST,
    Campaign,
    Exclude,
    Explore,
    Hypothesis,
    Item,
    Point,
    Prior,
    Replicate,
    described,
    read_item,
    without_rows,
)

__all__ = [
    "LARGEST",
    "Advice",
    "Advisor",
    "Answer",
    "AuthorKind",
    "Campaign",
    "Exclude",
    "Explore",
    "Hypothesis",
    "Item",
    "Point",
    "Prior",
    "Replicate",
    "Thrifty",
    "described",
    "without_excluded",
]

AuthorKind: TypeAlias = Literal["person", "llm", "program"]


@dataclass(frozen=True)
class Advice:
    """What one author said at one time, and until when it counts.

    Args:
        id: inside the campaign, such as ``a0001``.
        items: what is advised.
        author: who says so: a name; their record is kept under it.
        kind: of author.
        reason: why.
        given: number of observations there were.
        until: number of observations from which on it no longer counts (None: until it is withdrawn).

    Raises:
        SpecError: no item, no author, an unknown kind of author, or an expiry that has passed.
    """

    id: str
    items: tuple[Item, ...]
    author: str
    kind: AuthorKind = "person"
    reason: str = ""
    given: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        if not self.items:
            raise SpecError(
                "no advice is given",
                field="advice",
                allowed="a point, a prior, a replicate, an exclusion, more or less exploration, or a hypothesis",
            )
        if not self.author:
            raise SpecError("advice has no author", field="author", value=self.author, allowed="a name")
        if self.kind not in get_args(AuthorKind):
            raise SpecError(
                f"unknown kind of author {self.kind!r}",
                field="kind",
                value=self.kind,
                allowed=", ".join(get_args(AuthorKind)),
            )
        if self.until is not None and self.until <= self.given:
            raise SpecError(
                "the advice has expired before it counts",
                field="for",
                value=self.until - self.given,
                allowed="1 or more",
            )

    def holds(self, observations: int) -> bool:
        """Say whether it still counts when there are so many observations."""
        return self.until is None or observations < self.until

    def check(self, space: SearchSpace, objectives: Sequence[Objective], observations: Sequence[Observation]) -> None:
        """Refuse advice that does not fit a campaign.

        Raises:
            SpecError: names the item's field, the value and what is allowed.
        """
        for item in self.items:
            item.check(Campaign(space, objectives, observations))

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "id": self.id,
            "items": [item.as_json() for item in self.items],
            "author": self.author,
            "kind": self.kind,
            "reason": self.reason,
            "given": self.given,
            "until": self.until,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        items = tuple(read_item(item) for item in data["items"])
        return cls(data["id"], items, data["author"], data["kind"], data["reason"], data["given"], data["until"])

    def __str__(self) -> str:
        """Return it on one line.

        >>> print(Advice("a0001", (Exclude("red > 0.4"),), "ann", reason="it gels", until=30))
        a0001 by ann: leave out red > 0.4 (it gels; until 30 results)
        """
        notes = [self.reason] if self.reason else []
        notes += [] if self.until is None else [f"until {self.until} results"]
        return f"{self.id} by {self.author}: {'; '.join(map(described, self.items))}" + (
            f" ({'; '.join(notes)})" if notes else ""
        )


@dataclass(frozen=True)
class Wish:
    """A change of how a campaign is planned that an advisor asks for; only a person makes it.

    Args:
        settings: paths in the campaign file, such as ``planner.acquisition``, and their new values; empty: the
            campaign's end.
        reason: why.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Answer(Sequence[Item]):
    """What an advisor advises, with what is to be known of how it came about: a sequence of items.

    Args:
        items: what is advised.
        reason: why.
        model: the model that was asked.
        prompt: a digest of what it was asked.
        tokens: of the question (``input``) and of the answer (``output``), as far as they were counted.
        cost: in US dollars, as far as it is known.
        suggests: what only a person may do and no setting says, in words.
        left_out: what was said and could not be used, in words.
        kind: of author: ``llm`` or ``program``.
        wishes: how the campaign should be planned from here on.
        asked: of models, the whole account as JSON data, which goes on record: ``answered`` (names in order),
            ``failed`` (``model`` and ``why``), ``usage`` (by ``model``), ``seconds``, ``prompt`` (its digest) and
            ``exchanges`` (each request and its answer, word for word).

    >>> len(Answer([Explore("less")], "near the goal")), Answer([Explore("less")])[0].amount
    (1, 'less')
    """

    items: Sequence[Item] = ()
    reason: str = ""
    model: str = ""
    prompt: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    suggests: Sequence[str] = ()
    left_out: Sequence[str] = ()
    kind: AuthorKind = "program"
    wishes: Sequence[Wish] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return self.items[index]


@runtime_checkable
class Advisor(Protocol):
    """Something that gives advice: a language model, a generator of candidates, a service.

    It is asked at set moments (after so many results, at a milestone) by whoever runs the campaign, beside the loop:
    the loop never waits for it, and what it says counts from the next decision on. It sees a read-only view of the
    campaign as JSON data (space, objectives, results, its own record), and returns items, as any sequence or as an
    :class:`Answer`; whoever asked checks and records them as one ``advice.given``, with model, prompt digest and cost.
    It is never asked again when a decision is replayed. Which advisor a campaign asks is said in its file.

    >>> class Careful:
    ...     async def advise(self, view):
    ...         return [Explore("less")]
    >>> isinstance(Careful(), Advisor)
    True
    """

    async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
        """Return what it advises now; an empty sequence is no advice.

        Args:
            view: the campaign, as :func:`zosimos.campaign.decisions.advisor_view.advisor_view` makes it.
        """
        ...


@runtime_checkable
class Thrifty(Protocol):
    """An advisor that asks language models, and can be held to what is left to be spent on them."""

    def within(self, tokens: int | None, usd: float | None) -> Advisor:
        """Return the same advisor with so much to spend on one call.

        Args:
            tokens: in and out; None: no limit.
            usd: US dollars; None: no limit.
        """
        ...


def without_excluded(space: SearchSpace, advice: Sequence[Advice]) -> SearchSpace:
    """Return the space without what advice in force excludes.

    Raises:
        PlanningError: that leaves nothing; says which advice to withdraw.
    """
    told = [(given, item) for given in advice for item in given.items if isinstance(item, Exclude)]
    if not told:
        return space
    try:
        return without_rows(space, [item.within(space) for _, item in told])
    except SpecError as error:
        names = ", ".join(dict.fromkeys(given.id for given, _ in told))
        raise PlanningError(
            f"nothing is left to try: advice excludes the rest ({names})", hint="withdraw one of them"
        ) from error
