"""Snapshots: a campaign's state as it was after some event, kept beside the chain so that nobody folds from event 1.

A snapshot is a cache and never the truth. It is used only if this very program wrote it (its format holds a digest of
the code that folds), if its texts are what was written, and if the chain still has the event it names; in doubt it is
left aside and the events are folded. Verification never looks at the chain through one (:func:`check` compares it).

Its core holds all that is bounded: the specs, what is open, advice and notices, counters, standings. What ended stands
in pages that are read when somebody asks for it; a page found missing or changed then is replaced by folding the events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from zosimos.campaign.ledger import snapshots as store
from zosimos.campaign.ledger.engine import MEMORY
from zosimos.campaign.ledger.events import GENESIS
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply, fold
from zosimos.campaign.record.long import PAGE, AskedMap, LongList, LongMap
from zosimos.campaign.record.observed import observed
from zosimos.campaign.record.packing import packed, unpacked
from zosimos.campaign.record.shelf import KEYS, REFS, Shelf
from zosimos.campaign.record.standing import Standing, caught_up, front
from zosimos.campaign.record.state import State, extended
from zosimos.campaign.record.tried import key_of
from zosimos.campaign.record.versions import versions
from zosimos.core.errors import InputError, LedgerError, ZosimosError
from zosimos.core.ids import local_id
from zosimos.core.records import Observation

T = TypeVar("T")

_AT_HAND = 32  # experiments at the end, and of the best, that are in the core whatever became of them
_ASKED = ("approvals", "questions", "changes")
_MAPS = ("experiments", *_ASKED)
_INDEXES = ("active", "uncertain", "avoided")
_APART = frozenset({"id", "observations", "digests", "broken", "kept", "shelf", *_MAPS, *_INDEXES})
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
    handed: Mapping[str, frozenset[str]]


# --- writing


def taken(state: State) -> Snapshot | None:
    """Return a snapshot of a state, of which only what is new is written anew; None if it cannot be kept.

    It works on the state alone. :func:`settle` must follow, with what came of :func:`write`.
    """
    try:
        return _taken(state)
    except _NotKeptError:
        return None


def write(ledger: Ledger, snapshot: Snapshot) -> store.Outcome:
    """Write a snapshot to the ledger, which touches no state: any thread may do it."""
    return store.store(ledger, snapshot.campaign, snapshot.core, snapshot.pages, snapshot.shelf.pages)


def settle(state: State, snapshot: Snapshot, outcome: store.Outcome) -> None:
    """Let a state know what came of its snapshot: the next one holds what this one did not store."""
    if outcome == "stored":
        state.shelf = snapshot.shelf
        return
    for name, handed in snapshot.handed.items():
        getattr(state, name).handed |= handed
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

    best = {name: None for name in front(state)[:_AT_HAND]}
    content: dict[str, Any] = {
        "plain": {field.name: getattr(state, field.name) for field in fields(State) if field.name not in _APART},
        "kept": caught_up(state),
    }
    for name in _INDEXES:
        content[name] = list(getattr(state, name))
    needed = {*best, *state.active, *state.uncertain, *state.avoided}
    content["experiments"] = _map_taken(state.experiments, "experiments", needed, old, new, put)
    for name in _ASKED:
        asked = getattr(state, name)
        content[name] = _map_taken(asked, name, {item.token for item in asked.open()}, old, new, put)
    _observations_taken(state, old, new, put)
    content["observations"] = [new.refs, new.last_refs, new.keys, new.last_keys, state.digests[-1]]
    core = f"{_format()} {state.seq}\n{state.head}\n{_checked(content)}"
    handed = {}
    for name in _MAPS:
        handed[name] = frozenset(getattr(state, name).handed)
        getattr(state, name).handed.clear()
    return Snapshot(state.id, core, pages, new, handed)


def _map_taken(
    items: LongMap[T], field: str, needed: set[str], old: Shelf, new: Shelf, put: Callable[[Any], str]
) -> dict[str, Any]:
    """Put a mapping's new pages, and return what the core holds of it."""
    pages = list(old.maps.get(field, ()))
    known = len(pages) * PAGE
    full = max(known, max(0, len(items) - _AT_HAND) // PAGE * PAGE)
    place = _placing(items, field)
    beside = {name for name in {*items.handed, *old.beside.get(field, ())} if place(name) < known}
    closed = beside - needed
    stale = {place(name) // PAGE for name in closed} if len(closed) > PAGE else set()
    for page in (*sorted(stale), *range(known // PAGE, full // PAGE)):
        on_it = range(page * PAGE, (page + 1) * PAGE)
        if field == "experiments" and any(_numbered(at) != items.name(at) for at in on_it):
            raise _NotKeptError
        pages[page : page + 1] = [put([items.at(at) for at in on_it])]
    beside = {name for name in beside if place(name) // PAGE not in stale}
    own = [*sorted(map(place, beside | {name for name in needed if place(name) < full})), *range(full, len(items))]
    if field == "experiments" and any(_numbered(at) != items.name(at) for at in range(full, len(items))):
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
    places = {name: at for at, name in enumerate(items)}
    return places.__getitem__


def _numbered(place: int) -> str:
    return local_id("experiment", place + 1)


def _place(name: str) -> int:
    """Return the place of an experiment, which its id tells."""
    number = int(name[1:]) if name[1:].isdecimal() else 0
    if number < 1 or local_id("experiment", number) != name:
        raise _NotKeptError
    return number - 1


def _observations_taken(state: State, old: Shelf, new: Shelf, put: Callable[[Any], str]) -> None:
    refs, keys = list(old.last_refs), [old.last_keys]
    for seen in state.observations.since(old.observed):
        place = _place(seen.experiment)
        if observed(state.experiments.at(place), seen.cause) != seen:
            raise _NotKeptError
        refs.append(place if seen.cause == "unknown" else [place, seen.cause])
        keys.append(key_of(seen.values))
    text = "".join(keys)
    new.refs = old.refs + [put(refs[at : at + REFS]) for at in range(0, len(refs) // REFS * REFS, REFS)]
    new.last_refs = refs[len(refs) // REFS * REFS :]
    width = KEYS * _KEY
    full = len(text) // width * width
    new.keys = old.keys + [put(text[at : at + width]) for at in range(0, full, width)]
    new.last_keys = text[full:]
    new.keys_on, new.lost = old.keys_on, old.lost


def _checked(content: Any) -> str:
    """Return a text that gives back the same."""
    try:
        text = packed(content)
        same = unpacked(text) == content
    except (TypeError, ValueError, KeyError, InputError) as error:
        raise _NotKeptError from error
    if not same:
        raise _NotKeptError
    return text


@cache
def _format() -> str:
    """Return what tells this program's snapshots from those of any other: its version, and the code that folds."""
    found = hashlib.sha256(versions()["zosimos"].encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


# --- reading


def restored(ledger: Ledger, campaign: str) -> State | None:
    """Return the state that a campaign's snapshot holds; None if there is none that can be trusted."""
    core = None if ledger.url == MEMORY else store.stored_core(ledger, campaign)
    if core is None:
        return None
    try:
        (format_, seq), (head, text) = core.partition("\n")[0].split(" "), core.split("\n", 2)[1:]
        if format_ != _format() or ledger.end(campaign, int(seq)) != (int(seq), head):
            return None
        return _restored(ledger, campaign, int(seq), unpacked(text))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, InputError):
        return None


def _restored(ledger: Ledger, campaign: str, seq: int, content: Mapping[str, Any]) -> State:
    refs, last_refs, keys, last_keys, digest = content["observations"]
    shelf = Shelf(seq, refs=refs, last_refs=last_refs, keys=keys, last_keys=last_keys)
    for name in _MAPS:
        shelf.maps[name], shelf.beside[name] = content[name]["pages"], content[name]["beside"]
    source = _Source(ledger, campaign, shelf)
    shelf.keys_on, shelf.lost = source.keys, lambda: source.lost
    experiments = LongMap(dict(content["experiments"]["own"]), _Experiments(source))
    source.experiments = experiments
    asked = {
        name: AskedMap(dict(content[name]["own"]), _Asked(source, name, content[name]["names"])) for name in _ASKED
    }
    indexes = {name: {one: experiments.own[one] for one in content[name]} for name in _INDEXES}
    return State(
        campaign,
        experiments=experiments,
        observations=LongList((), shelf.observed, source.observation),
        digests=LongList((digest,), shelf.observed, source.digest),
        kept=Standing(**content["kept"]),
        shelf=shelf,
        **asked,
        **indexes,
        **content["plain"],
    )


class _Source:
    """Where the pages of one snapshot are read; what they lack is taken from the events up to the snapshot."""

    def __init__(self, ledger: Ledger, campaign: str, shelf: Shelf) -> None:
        self.experiments: LongMap[Any] = LongMap()
        self.lost = False
        self._ledger, self._campaign, self._shelf = ledger, campaign, shelf
        self._whole: State | None = None
        self._refs: dict[int, Any] = {}
        self._digests = [GENESIS]

    def items(self, field: str, page: int) -> Sequence[Any]:
        """Return the items on a page of one of the mappings."""
        found = self._page(self._shelf.maps[field][page])
        if isinstance(found, list) and len(found) == PAGE:
            return found
        items: LongMap[Any] = getattr(self._from_events(), field)
        return [items[items.name(at)] for at in range(page * PAGE, (page + 1) * PAGE)]

    def observation(self, place: int) -> Observation:
        """Return the observation at a place."""
        page, at = divmod(place, REFS)
        if page not in self._refs:
            found = self._shelf.last_refs if page == len(self._shelf.refs) else self._page(self._shelf.refs[page])
            self._refs[page] = found or [
                [_place(seen.experiment), seen.cause] for seen in self._from_events().observations[page * REFS :][:REFS]
            ]
        ref = self._refs[page][at]
        where, cause = ref if isinstance(ref, list) else (ref, "unknown")
        return observed(self.experiments.at(where), cause)

    def digest(self, place: int) -> str:
        """Return the running digest after so many observations."""
        while len(self._digests) <= place:
            self._digests.append(extended(self._digests[-1], self.observation(len(self._digests) - 1)))
        return self._digests[place]

    def keys(self, page: int) -> str:
        """Return the keys of rows on a page."""
        found = self._page(self._shelf.keys[page])
        if isinstance(found, str):
            return found
        seen = self._from_events().observations[page * KEYS : (page + 1) * KEYS]
        return "".join(key_of(one.values) for one in seen)

    def _page(self, name: str) -> Any:
        """Return what a page holds; None if it is not there, or not what was written."""
        text = None if self.lost else store.stored_page(self._ledger, self._campaign, name)
        return None if text is None else unpacked(text)

    def _from_events(self) -> State:
        if self._whole is None:
            self.lost = True
            self._whole = fold(self._campaign, self._ledger.each(self._campaign, through=self._shelf.seq))
        return self._whole


class _Experiments:
    """The experiments of a snapshot, named in order."""

    def __init__(self, source: _Source) -> None:
        self._read = source.items
        self._count = len(source._shelf.maps["experiments"]) * PAGE  # noqa: SLF001 - of this module

    def __len__(self) -> int:
        return self._count

    def name(self, place: int) -> str:
        return _numbered(place)

    def place(self, name: str) -> int | None:
        try:
            place = _place(name)
        except _NotKeptError:
            return None
        return place if place < self._count else None

    def read(self, page: int) -> Sequence[Any]:
        return self._read("experiments", page)


class _Asked:
    """Questions to people of a snapshot, by token."""

    def __init__(self, source: _Source, field: str, names: Sequence[str]) -> None:
        self._read, self._field, self._names = source.items, field, names
        self._places = {name: place for place, name in enumerate(names)}

    def __len__(self) -> int:
        return len(self._names)

    def name(self, place: int) -> str:
        return self._names[place]

    def place(self, name: str) -> int | None:
        return self._places.get(name)

    def read(self, page: int) -> Sequence[Any]:
        return self._read(self._field, page)


# --- checking


def check(ledger: Ledger, campaign: str, state: State) -> str:
    """Say in words how a campaign's snapshot differs from its events, and throw it away then; empty if it does not.

    Args:
        ledger: where both are.
        campaign: which.
        state: what all its events lead to, folded without a snapshot.
    """
    found = restored(ledger, campaign)
    if found is None or found.seq > state.seq:
        return ""
    try:
        for event in ledger.each(campaign, found.seq, state.seq):
            apply(found, event)
        differing = [
            field.name
            for field in fields(State)
            if field.compare and field.name != "broken" and getattr(found, field.name) != getattr(state, field.name)
        ]
        if not differing and front(found) != front(state):
            differing = ["best"]
    except LedgerError as error:
        differing = [error.message]
    except ZosimosError:
        return ""
    if not differing and not found.shelf.lost():
        return ""
    store.drop(ledger, campaign)
    return f"the snapshot of campaign {campaign} differs from its events ({', '.join(differing) or 'a page'})"
