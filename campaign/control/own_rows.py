"""Own rows: which rows of a person's own stand on record already.

They have no ids, so they are compared as a multiset: each experiment on record answers one row, and a table that is
told twice adds nothing, one with a row more adds one. A row that fits what an experiment was before a correction or a
retraction, or where it was said to be before one, is that experiment too. Rows from before a parameter came or went are
seen as the campaign sees them now.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zosimos.campaign.control.comparing import SAME, Result, alike, earlier_states, in_units
from zosimos.campaign.record.experiment import ENDED, Experiment
from zosimos.campaign.record.snapshot.row_keys import may_be_tried
from zosimos.campaign.record.state import State
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.space import row_key
from zosimos.core.values import Value

_UNSHARED = 3  # the rank of a row that says nothing of what an experiment says: it is only taken where one may be meant
_COARSE = 0.005  # of a value: a number whose last digit counts more was not written to be another one, rounded

_DIGITS = 12  # of numbers from a spreadsheet: one with more may have lost the last when it was saved

_Then = tuple[Mapping[str, Measurement], str]


@dataclass
class _Known:
    """An experiment that ended, what it is and what it was, as far as a row can say it.

    ``places`` are where it was run, as it was said at one time or another, the last word first.
    """

    experiment: Experiment
    places: Sequence[Values]
    now: _Then | None
    before: Sequence[_Then] = ()


def may_stand(state: State, results: Iterable[Result]) -> bool:
    """Say whether any of some rows may be on record: where no row can be, the record need not be gone over.

    The keys of all rows tell, but not of numbers with so many digits that a table may have rounded them.
    """
    if not state.observations:
        return False
    tried = may_be_tried(state) if state.lens.plain and not state.missed else None
    return tried is None or any(_is_fine(one) or tried(row_key(one.values)) for one in results)


def _is_fine(result: Result) -> bool:
    numbers = [(name, value) for name, value in result.values.items() if not isinstance(value, str)]
    return any(
        0 < result.halves.get(name, 0.0) <= _COARSE * abs(value) or float(f"{value:.{_DIGITS}g}") != value
        for name, value in numbers
    )


class OwnRows:
    """The experiments that rows of a table may be, and those that rows were found to be.

    Args:
        state: the campaign.
        objectives: what is wanted.
        claimed: experiments that other rows of the table name.
    """

    def __init__(self, state: State, objectives: Sequence[Objective], claimed: Collection[str]) -> None:
        self._objectives = objectives
        self._known: list[_Known] = []
        self._by_key: dict[str, list[_Known]] = defaultdict(list)
        self._taken: set[str] = set()
        self._orders: dict[str, tuple[list[float], list[_Known]]] = {}
        measured = {quantity.name for quantity in to_measure(objectives)}
        for item in state.experiments.passing():
            if item.status in (*ENDED, "retracted") and item.id not in claimed:
                states = [
                    ({name: one for name, one in found.items() if name in measured}, failed)
                    for found, failed in [_as_it_is(item), *earlier_states(item)]
                ]
                counts = item.status != "retracted"
                places = [state.lens.row(place) for place in _places(item)]
                known = _Known(item, places, states[0] if counts else None, states[1:])
                self._known.append(known)
                for key in dict.fromkeys(map(row_key, places)):
                    self._by_key[key].append(known)

    def found(self, results: Sequence[Result]) -> dict[int, Experiment]:
        """Return the experiments that rows are or complete, by the rows' places."""
        matched: dict[int, Experiment] = {}
        told = [in_units(result, self._objectives) for result in results]
        waiting = self._written_alike(results, told, matched)
        for rounded in (False, True):
            near_by = self._near if rounded else self._exactly
            for rank in range(_UNSHARED + 1):
                for place in waiting:
                    if place in matched:
                        continue
                    result = results[place]
                    fits = [one for one in near_by(result) if rank in self._ranks(result, told[place], one)]
                    if fits and (rank < _UNSHARED or len({one.experiment.id for one in fits}) == 1):
                        self._take(place, fits[0], matched)
        return matched

    def edited(self, result: Result) -> Experiment | None:
        """Return an experiment of the person's own at a row's values that no row of the table is; None: none is."""
        for known in (*self._exactly(result), *self._near(result)):
            if known.experiment.id not in self._taken and not known.experiment.decision:
                self._taken.add(known.experiment.id)
                return known.experiment
        return None

    def beside(self, result: Result) -> str:
        """Return the first experiment with a result at a row's values; empty if there is none."""
        key = row_key(result.values)
        return next((one.experiment.id for one in self._exactly(result) if row_key(one.places[0]) == key), "")

    def _written_alike(
        self, results: Sequence[Result], told: Sequence[Mapping[str, Measurement]], matched: dict[int, Experiment]
    ) -> list[int]:
        """Match rows that say exactly what an experiment is; return the places of the others."""
        whole: dict[object, list[_Known]] = defaultdict(list)
        for key, group in self._by_key.items():
            for known in reversed(group):
                if known.now is not None and key == row_key(known.places[0]):
                    whole[key, _exact(known.now[0]), known.now[1]].append(known)
        left = []
        for place, result in enumerate(results):
            group = whole.get((row_key(result.values), _exact(told[place]), result.failed), [])
            while group and group[-1].experiment.id in self._taken:
                group.pop()
            if group:
                self._take(place, group.pop(), matched)
            else:
                left.append(place)
        return left

    def _take(self, place: int, known: _Known, matched: dict[int, Experiment]) -> None:
        self._taken.add(known.experiment.id)
        matched[place] = known.experiment

    def _exactly(self, result: Result) -> Sequence[_Known]:
        return self._by_key.get(row_key(result.values), ())

    def _ranks(self, result: Result, told: Mapping[str, Measurement], known: _Known) -> Iterator[int]:
        """Yield how a row fits an experiment: 0, it is it; 1, it completes it; 2, it was it; 3, it may complete it."""
        if known.experiment.id in self._taken:
            return
        if known.now is not None:
            shared = _shared(result, told, known.now)
            there = _same_values(result, known.places[0], proposed=bool(known.experiment.decision))
            if shared:
                yield 2 if not there else 1 if told.keys() - known.now[0].keys() else 0
            elif shared is None and there and told and known.experiment.status == "measured":
                yield _UNSHARED
        if any(_shared(result, told, then) and not told.keys() - then[0].keys() for then in known.before):
            yield 2

    def _near(self, result: Result) -> Iterator[_Known]:
        """Yield the experiments whose values are a row's, as far as these are written out."""
        name = next((name for name, value in result.values.items() if not isinstance(value, str)), None)
        if name is None:
            return
        value = result.values[name]
        assert not isinstance(value, str)
        width = max(_width(value, result.halves.get(name, 0.0)), result.halves.get(name, 0.0) * (1 + SAME))
        places, ordered = self._ordered(name)
        for known in ordered[bisect_left(places, value - width) : bisect_right(places, value + width)]:
            proposed = bool(known.experiment.decision)
            if any(_same_values(result, place, proposed=proposed) for place in known.places):
                yield known

    def _ordered(self, name: str) -> tuple[list[float], list[_Known]]:
        """Return the experiments in the order of one parameter, and its values."""
        if name not in self._orders:
            pairs = sorted(_by_value(name, self._known), key=lambda pair: pair[0])
            self._orders[name] = [value for value, _ in pairs], [known for _, known in pairs]
        return self._orders[name]


def _places(item: Experiment) -> list[Values]:
    """Return where an experiment was run, and where it was said to be before that was corrected."""
    places: list[Values] = [item.ran_at]
    for one in reversed(item.amendments):
        if one.was_at:
            places.append({**places[-1], **one.was_at})
    return places


def _as_it_is(item: Experiment) -> _Then:
    return item.measurements, item.reason if item.status == "failed" else ""


def _by_value(name: str, known: Iterable[_Known]) -> Iterator[tuple[float, _Known]]:
    for one in known:
        values = dict.fromkeys(place[name] for place in one.places if name in place)
        yield from ((float(value), one) for value in values if not isinstance(value, str))


def _exact(found: Mapping[str, Measurement]) -> object:
    told = ((n, one.value, one.uncertainty or 0.0, one.u_shared or 0.0, one.sign) for n, one in found.items())
    return tuple(sorted(told))


def _same_values(result: Result, values: Values, *, proposed: bool) -> bool:
    """Say whether a row stands where an experiment was run; numbers that were proposed may be rounded as one likes."""
    return values.keys() == result.values.keys() and all(
        _same_value(values[name], value, _own_width(result, name, value, proposed=proposed))
        for name, value in result.values.items()
    )


def _own_width(result: Result, name: str, value: Value, *, proposed: bool) -> float:
    if isinstance(value, str):
        return 0.0
    half = result.halves.get(name, 0.0)
    return max(_width(value, half), half * (1 + SAME)) if proposed else _width(value, half)


def _same_value(known: Value, value: Value, width: float) -> bool:
    if isinstance(known, str) or isinstance(value, str):
        return known == value
    return abs(known - value) <= width


def _width(value: float, half: float) -> float:
    return max(half * (1 + SAME) if half <= _COARSE * abs(value) else 0.0, SAME * abs(value))


def _shared(result: Result, told: Mapping[str, Measurement], then: _Then) -> bool | None:
    """Say whether all that a row and an experiment both say is the same; None: they say nothing of the same."""
    found, failed = then
    if result.failed or failed:
        return result.failed == failed
    both = told.keys() & found.keys()
    return all(alike(found[name], told[name], result.halves) for name in both) if both else None
