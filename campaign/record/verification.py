"""Verification: what of a campaign can be trusted, view by view.

One reading of the chain checks it and folds it, with no more than the state in memory and no snapshot; then the
artifacts that it names are read. What is found is said for each view: a record that breaks at event 17 is right up to
event 16, a result whose raw data were changed is not, and an index that misses events lets no view be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from zosimos.campaign.ledger.events import Event, opened
from zosimos.campaign.ledger.safekeeping.marks import copied_in_use, require_kept
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, Walk, check_artifact
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.repairs import Repair
from zosimos.campaign.record.snapshot.keeping import snapshot_differs
from zosimos.campaign.record.state import Broken, State
from zosimos.core.errors import DamagedError, LedgerError, NewerVersionError, NotFoundError, TamperedError

VIEWS = ("status", "show", "export", "report", "replay", "head")
_FOLDED = ("status", "show", "export", "report", "replay")
_RESULTS = ("status", "show", "export", "report")

_SOURCE, _FILE = "the campaign file as it was given", "the file of the "

Trust: TypeAlias = Literal["yes", "in part", "no"]


@dataclass(frozen=True)
class Verdict:
    """Whether a view can be trusted, and if not wholly, as far as what."""

    trusted: Trust
    why: str = ""


@dataclass(frozen=True)
class Verification:
    """What was found of a campaign's record.

    ``head`` is the last event of the chain that holds (None: not even the first), ``broken`` the first event that does
    not fit, ``faults`` everything that is wrong, in words, ``error`` the first of it that is no mere misfit;
    ``notes`` says what makes no view wrong and should be known.
    """

    campaign: str
    head: Head | None
    broken: Broken | None
    repairs: tuple[Repair, ...]
    faults: tuple[str, ...]
    views: Mapping[str, Verdict]
    error: LedgerError | None = None
    notes: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether all of it can be trusted."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "campaign": self.campaign,
            "valid": self.valid,
            "events": 0 if self.head is None else self.head.seq,
            "head": None if self.head is None else str(self.head),
            "broken": None if self.broken is None else self.broken.as_json(),
            "repairs": [repair.as_json() for repair in self.repairs],
            "faults": list(self.faults),
            "notes": list(self.notes),
            "views": {name: {"trusted": found.trusted, "why": found.why} for name, found in self.views.items()},
        } | ({} if self.error is None else {"error": self.error.as_dict()})


def verified(ledger: Ledger, campaign: str) -> State:
    """Check a campaign's chain and artifacts, and return its state: one reading serves both.

    Raises:
        TamperedError: names the first event or artifact that is not what was written.
        NotFoundError: there is no such campaign.
        NewerVersionError: an event is of a version this Zosimos does not know.
    """
    walk = Walk(ledger, campaign)
    state = _read(walk, campaign)
    for name, seq in walk.artifacts.items():
        check_artifact(ledger, name, seq)
    return state


def _read(walk: Walk, campaign: str) -> State:
    """Return the state that a walk leads to, after going through it to its end."""
    state = readable(campaign, walk)
    if state.broken is not None:  # the last reading stopped there
        walk.to_end()
    return state


def verify_views(
    ledger: Ledger,
    campaign: str,
    damages: Sequence[str] = (),
    saved: Head | None = None,
    more: Callable[[], None] = lambda: None,
) -> Verification:
    """Check everything about a campaign's record, and say what can be trusted.

    Args:
        ledger: where it is.
        campaign: its id.
        damages: what is wrong with the ledger as a whole (:func:`zosimos.campaign.ledger.database.integrity.damages`).
        saved: a head that was kept, to check against.
        more: raises a TamperedError if heads that were kept elsewhere are not on the chain.

    Raises:
        NotFoundError: there is no such campaign.
        NewerVersionError: an event is of a version this Zosimos does not know.
        LedgerAwayError: it cannot be read now.
    """
    walk = Walk(ledger, campaign, saved)
    views, faults = dict.fromkeys(VIEWS, Verdict("yes")), list(damages)
    error: LedgerError | None = DamagedError(damages[0], field="ledger") if damages else None
    state: State | None = None
    try:
        state = _read(walk, campaign)
    except (NotFoundError, NewerVersionError):
        raise
    except DamagedError as failure:
        error = error or failure
        faults.append(failure.message)
        if isinstance(failure, TamperedError) or damages or not walk.head.seq:
            _chain_broken(views, walk.head)
        else:
            views |= dict.fromkeys(_FOLDED, Verdict("no", "its very first event makes no sense"))
    if state is not None:
        try:
            require_kept(ledger, campaign)
            more()
        except TamperedError as failure:
            error = error or failure
            faults.append(failure.message)
            views = dict.fromkeys(VIEWS, Verdict("no", "events that were on record are not on it any more"))
    broken = None if state is None else state.broken
    if broken is not None:
        faults.append(str(broken))
        _misfit(views, broken)
    for found, users in _changed_artifacts(ledger, walk, campaign):
        error = error or found
        faults.append(f"{found.message}; it is {', '.join(users)}")
        _artifact_changed(views, users)
    if damages:
        views = dict.fromkeys(VIEWS, Verdict("no", "the ledger's table, index and file do not agree"))
    differs = ""
    try:
        differs = "" if state is None else snapshot_differs(ledger, campaign, state)
    except DamagedError as failure:
        error = error or failure
        faults.append(failure.message)
        _shown_by_snapshot(views)
    notes = tuple(filter(None, [differs, copied_in_use(ledger, campaign)]))
    repairs = () if state is None else tuple(state.repairs)
    head = walk.head if walk.head.seq else None
    return Verification(campaign, head, broken, repairs, tuple(faults), views, error, notes)


def _chain_broken(views: dict[str, Verdict], head: Head) -> None:
    for name in _FOLDED:
        views[name] = Verdict("no", f"it shows later events too, and only those up to {head.seq} are what was written")
    views["head"] = Verdict("no", f"the chain holds up to event {head.seq}" if head.seq else "nothing of it holds")
    if head.seq:
        views["replay"] = Verdict("in part", f"decisions up to event {head.seq}")


def _misfit(views: dict[str, Verdict], broken: Broken) -> None:
    for name in _FOLDED:
        if views[name].trusted == "yes":
            views[name] = Verdict("in part", f"up to event {broken.seq - 1}")


def _shown_by_snapshot(views: dict[str, Verdict]) -> None:
    for name in _FOLDED:
        views[name] = Verdict("no", "it goes by a snapshot that is not what the events say")


def _artifact_changed(views: dict[str, Verdict], users: Sequence[str]) -> None:
    """Take into account that an artifact is not what was stored; its users are experiments and files."""
    source = list(users) == [_SOURCE]
    for name in _RESULTS:
        if views[name].trusted != "no" and not source:
            why = "; ".join(filter(None, (views[name].why, f"not what rests on {', '.join(users)}")))
            views[name] = Verdict("in part", why)
    if any(user.startswith(_FILE) for user in users):
        views["replay"] = Verdict("no", f"it reads {', '.join(user for user in users if user.startswith(_FILE))}")


def _changed_artifacts(ledger: Ledger, walk: Walk, campaign: str) -> Iterable[tuple[TamperedError, list[str]]]:
    """Yield what is wrong with artifacts, each with what rests on it."""
    wrong: dict[str, TamperedError] = {}
    for name, seq in walk.artifacts.items():
        try:
            check_artifact(ledger, name, seq)
        except TamperedError as error:
            wrong[name] = error
    users: dict[str, list[str]] = {name: [] for name in wrong}
    if wrong:
        for seq, _, hash_, text in ledger.rows(campaign):
            if seq > walk.head.seq:
                break
            for name, found in users.items():
                if name in text:
                    found += [user for user in _users(name, text, hash_) if user not in found]
    yield from ((error, users[name] or [f"named by event {error.value}"]) for name, error in wrong.items())


def _users(name: str, text: str, hash_: str) -> list[str]:
    """Return in words what of an event rests on an artifact that it names."""
    event = opened(text, hash_)
    body: Mapping[str, Any] = event.body
    if event.kind == "campaign.created":
        found = [f"{_FILE}{role}" for role, kept in body["files"].items() if kept == name]
        return found + ([_SOURCE] if (body["source"] or {}).get("digest") == name else [])
    experiment = body.get("experiment")
    return [experiment if isinstance(experiment, str) else _place(event)]


def _place(event: Event) -> str:
    return f"{event.kind} (event {event.seq})"
