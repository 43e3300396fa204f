"""Restoring: a state from its snapshot, as far as that can be trusted, and its pages as somebody asks for them.

What a snapshot is, and when it is left aside, is said in :mod:`zosimos.campaign.record.snapshot.snapshots`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.ledger import snapshots as store
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import GENESIS
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.long import AskedMap, LongList, LongMap
from zosimos.campaign.record.observation import extended, observed
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.snapshot.packing import program, unpacked
from zosimos.campaign.record.snapshot.shelf import Shelf, numbered, place_of
from zosimos.campaign.record.snapshot.snapshots import ASKED, MAPS
from zosimos.campaign.record.standing import Standing
from zosimos.campaign.record.state import INDEXES, State
from zosimos.core.errors import InputError
from zosimos.core.records import Observation


def restored(ledger: Ledger, campaign: str) -> State | None:
    """Return the state that a campaign's snapshot holds; None if there is none that can be trusted."""
    core = None if ledger.url == MEMORY else store.stored_core(ledger, campaign)
    if core is None:
        return None
    try:
        (format_, seq), (head, text) = core.partition("\n")[0].split(" "), core.split("\n", 2)[1:]
        if format_ != program() or ledger.end(campaign, int(seq)) != (int(seq), head):
            return None
        return _restored(ledger, campaign, int(seq), unpacked(text))
    except (ValueError, ArithmeticError, KeyError, IndexError, TypeError, AttributeError, InputError, RecursionError):
        return None


def _restored(ledger: Ledger, campaign: str, seq: int, content: Mapping[str, Any]) -> State:
    refs, last_refs, keys, last_keys, digest = content["observations"]
    shelf = Shelf(seq, refs=refs, last_refs=last_refs, keys=keys, last_keys=last_keys)
    for name in MAPS:
        shelf.maps[name], shelf.beside[name] = content[name]["pages"], content[name]["beside"]
    source = _Source(ledger, campaign, shelf)
    shelf.keys_on, shelf.lost = source.keys, lambda: source.lost
    experiments = LongMap(dict(content["experiments"]["own"]), _Experiments(source))
    source.experiments, source.amended = experiments, bool(content["plain"]["amended"])
    parts: dict[str, Any] = {
        **content["plain"],
        "experiments": experiments,
        "observations": LongList((), shelf.observed, source.observation),
        "digests": LongList((digest,), shelf.observed, source.digest),
    }
    for name in ASKED:
        parts[name] = AskedMap(dict(content[name]["own"]), _Asked(source, name, content[name]["names"]))
    for name in INDEXES:
        parts[name] = {one: experiments.own[one] for one in content[name]}
    return State(campaign, kept=Standing(**content["kept"]), shelf=shelf, **parts)


class _Source:
    """Where the pages of one snapshot are read; what they lack is taken from the events up to the snapshot."""

    def __init__(self, ledger: Ledger, campaign: str, shelf: Shelf) -> None:
        self.experiments: LongMap[Any] = LongMap()
        self.amended = False
        self.lost = False
        self._ledger, self._campaign, self._shelf = ledger, campaign, shelf
        self._whole: State | None = None
        self._refs: dict[int, Any] = {}
        self._digests = [GENESIS]

    def items(self, field: str, page: int) -> Sequence[Any]:
        """Return the items on a page of one of the mappings."""
        found = self._page(self._shelf.maps[field][page])
        if isinstance(found, list) and len(found) == sizes.PAGE:
            return found
        items: LongMap[Any] = getattr(self._from_events(), field)
        return [items[items.name(at)] for at in range(page * sizes.PAGE, (page + 1) * sizes.PAGE)]

    def observation(self, place: int) -> Observation:
        """Return the observation at a place."""
        page, at = divmod(place, sizes.REFS)
        if page not in self._refs:
            found = self._shelf.last_refs if page == len(self._shelf.refs) else self._page(self._shelf.refs[page])
            self._refs[page] = found or [
                place_of(seen.experiment)
                for seen in self._from_events().observations[page * sizes.REFS :][: sizes.REFS]
            ]
        return observed(self.experiments.at(self._refs[page][at]))

    def digest(self, place: int) -> str:
        """Return the running digest after so many observations.

        It went over results as they were then. Once one of them counts otherwise, only the events tell.
        """
        if place >= len(self._digests) and (self.amended or self._amended_since()):
            return self._folded().digests[place]
        while len(self._digests) <= place:
            self._digests.append(extended(self._digests[-1], self.observation(len(self._digests) - 1).found()))
        return self._digests[place]

    def _amended_since(self) -> bool:
        return any(one.seen and one.amendments for one in self.experiments.own.values())

    def keys(self, name: str) -> str | None:
        """Return the keys of rows on a page; None if it is not there any more."""
        found = self._page(name)
        return found if isinstance(found, str) else None

    def _page(self, name: str) -> Any:
        """Return what a page holds; None if it is not there, or not what was written."""
        text = None if self.lost else store.stored_page(self._ledger, self._campaign, name)
        return None if text is None else unpacked(text)

    def _from_events(self) -> State:
        self.lost = True
        return self._folded()

    def _folded(self) -> State:
        if self._whole is None:
            events = list(self._ledger.each(self._campaign, through=self._shelf.seq))
            self._whole = fold(self._campaign, events)
        return self._whole


class _Experiments:
    """The experiments of a snapshot, named in order."""

    def __init__(self, source: _Source) -> None:
        self._read = source.items
        self._count = len(source._shelf.maps["experiments"]) * sizes.PAGE  # noqa: SLF001 - of this module

    def __len__(self) -> int:
        return self._count

    def name(self, place: int) -> str:
        return numbered(place)

    def place(self, name: str) -> int | None:
        place = place_of(name)
        return place if place is not None and place < self._count else None

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
