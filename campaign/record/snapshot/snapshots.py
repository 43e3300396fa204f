"""Snapshots: a campaign's state as it was after some event, kept beside the chain so that nobody folds from event 1.

A snapshot is a cache and never the truth. It is used only if this very program wrote it (its first line holds a digest
of the code that folds), if its texts are what was written, and if the chain still has the event it names. In doubt it
is left aside and the events are folded (:mod:`zosimos.campaign.record.snapshot.restoring`). Verification never looks
at the chain through one.

Its core holds all that is bounded: the specs, what is open, advice and notices, counters, standings. What ended stands
in pages that are read when somebody asks for it. For a page that is missing or was changed the events are folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from zosimos.campaign.ledger import snapshots as store
from zosimos.campaign.ledger.snapshots import Outcome as Outcome
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.long import LongMap
from zosimos.campaign.record.observation import observed
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.snapshot.packing import packed, program, unpacked
from zosimos.campaign.record.snapshot.row_keys import key_of, keys_of
from zosimos.campaign.record.snapshot.shelf import Shelf, numbered, place_of
from zosimos.campaign.record.standing import caught_up, front
from zosimos.campaign.record.state import INDEXES, State
from zosimos.core.errors import InputError

T = TypeVar("T")

ASKED = ("approvals", "questions", "changes")
MAPS = ("experiments", *ASKED)
_APART = frozenset({"id", "observations", "digests", "broken", "kept", "seen", "shelf", *MAPS, *INDEXES})
_KEY = len(key_of({}))


class _NotKeptError(Exception):
    """A state holds something that a snapshot would not give back as it is."""


@dataclass(frozen=True)
class Snapshot:
    """A state on its way to the ledger: the core, the texts of new pages by name, and the shelf they stand on then."""

    campaign: str
    core: str
    pages: Mapping[str, str]
    shelf: Shelf
    touched: Mapping[str, frozenset[str]]


# --- writing


def taken(state: State) -> Snapshot | None:
    """Return a snapshot of a state, of which only what is new is written; None if it cannot be kept.

    It works on the state alone. :func:`settle` must follow, with what came of :func:`write`.
    """
    try:
        return _taken(state)
    except _NotKeptError:
        return None


def write(ledger: Ledger, snapshot: Snapshot, *, wanted: Callable[[], bool] = lambda: True) -> Outcome:
    """Write a snapshot to the ledger, which touches no state: any thread may do it, for as long as it is ``wanted``."""
    return store.store(ledger, snapshot.campaign, snapshot.core, snapshot.pages, snapshot.shelf.pages, wanted)


def settle(state: State, snapshot: Snapshot, outcome: Outcome) -> None:
    """Let a state know what came of its snapshot: the next one holds what this one did not store."""
    if outcome == "stored":
        state.shelf = snapshot.shelf
        return
    for name, touched in snapshot.touched.items():
        getattr(state, name).touched |= touched
    if outcome == "missing":
        state.shelf = Shelf()


def _taken(state: State) -> Snapshot:
    old = Shelf() if state.shelf.lost() else state.shelf
    pages: dict[str, str] = {}
    new = Shelf(state.seq)

    def put(content: Any) -> str:
        text = _checked(content)
        name = store.name_of(text)
        pages[name] = text
        return name

    best = front(state)[: sizes.IN_CORE]
    content: dict[str, Any] = {
        "plain": {field.name: getattr(state, field.name) for field in fields(State) if field.name not in _APART},
        "kept": caught_up(state),
    }
    for name in INDEXES:
        content[name] = list(getattr(state, name))
    needed = {*best, *state.active, *state.uncertain, *state.avoided, *state.retracted}
    content["experiments"] = _map_taken(state.experiments, "experiments", needed, old, new, put)
    for name in ASKED:
        asked = getattr(state, name)
        content[name] = _map_taken(asked, name, {item.token for item in asked.open()}, old, new, put)
    _observations_taken(state, old, new, put)
    content["observations"] = [new.refs, new.last_refs, new.keys, new.last_keys, state.digests[-1]]
    core = f"{program()} {state.seq}\n{state.head}\n{_checked(content)}"
    touched = {}
    for name in MAPS:
        touched[name] = frozenset(getattr(state, name).touched)
        getattr(state, name).touched.clear()
    return Snapshot(state.id, core, pages, new, touched)


def _map_taken(
    items: LongMap[T], field: str, needed: set[str], old: Shelf, new: Shelf, put: Callable[[Any], str]
) -> dict[str, Any]:
    """Put a mapping's new pages, and return what the core holds of it."""
    pages = list(old.maps.get(field, ()))
    known = len(pages) * sizes.PAGE
    full = max(known, max(0, len(items) - sizes.IN_CORE) // sizes.PAGE * sizes.PAGE)
    place = _placing(items, field)
    beside = {name for name in {*items.touched, *old.beside.get(field, ())} if place(name) < known}
    closed = beside - needed
    stale = {place(name) // sizes.PAGE for name in closed} if len(closed) > sizes.PAGE else set()
    for page in (*sorted(stale), *range(known // sizes.PAGE, full // sizes.PAGE)):
        on_it = range(page * sizes.PAGE, (page + 1) * sizes.PAGE)
        if field == "experiments" and any(numbered(at) != items.name(at) for at in on_it):
            raise _NotKeptError
        pages[page : page + 1] = [put([items.at(at) for at in on_it])]
    beside = {name for name in beside if place(name) // sizes.PAGE not in stale}
    own = [*sorted(map(place, beside | {name for name in needed if place(name) < full})), *range(full, len(items))]
    if field == "experiments" and any(numbered(at) != items.name(at) for at in range(full, len(items))):
        raise _NotKeptError
    new.maps[field], new.beside[field] = pages, sorted(beside)
    return {
        "pages": pages,
        "beside": new.beside[field],
        "names": [] if field == "experiments" else [items.name(at) for at in range(full)],
        "own": [[items.name(at), items.at(at)] for at in own],
    }


def _placing(items: LongMap[Any], field: str) -> Callable[[str], int]:
    if field == "experiments":
        return _place
    return {name: at for at, name in enumerate(items)}.__getitem__


def _place(name: str) -> int:
    place = place_of(name)
    if place is None:
        raise _NotKeptError
    return place


def _observations_taken(state: State, old: Shelf, new: Shelf, put: Callable[[Any], str]) -> None:
    refs, keys = list(old.last_refs), [old.last_keys]
    new.keys, new.texts = list(old.keys), dict(old.texts)
    for seen in state.observations.since(old.observed):
        place = _place(seen.experiment)
        if observed(state.experiments.at(place)) != seen:
            raise _NotKeptError
        refs.append(place)
        keys.append(keys_of(seen))
    text = "".join(keys)
    new.refs = old.refs + [
        put(refs[at : at + sizes.REFS]) for at in range(0, len(refs) // sizes.REFS * sizes.REFS, sizes.REFS)
    ]
    new.last_refs = refs[len(refs) // sizes.REFS * sizes.REFS :]
    width = sizes.KEYS * _KEY
    full = len(text) // width * width
    for at in range(0, full, width):
        new.keys.append(put(text[at : at + width]))
        new.texts[new.keys[-1]] = text[at : at + width]
    new.last_keys = text[full:]
    new.keys_on, new.lost = old.keys_on, old.lost


def _checked(content: Any) -> str:
    """Return a text that gives back the same."""
    try:
        text = packed(content)
        same = unpacked(text) == content
    except (TypeError, ValueError, KeyError, InputError, RecursionError) as error:
        raise _NotKeptError from error
    if not same:
        raise _NotKeptError
    return text
