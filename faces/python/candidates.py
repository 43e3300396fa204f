"""Candidates and experiments as Python reads them: mappings of their values, with what is known beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zosimos.campaign.record import experiment as record
from zosimos.core.nearest import did_you_mean
from zosimos.core.numerals import plain, with_spread
from zosimos.core.records import Measurement, Prediction
from zosimos.core.uncertainty import with_parts
from zosimos.core.unit_signs import printed
from zosimos.core.values import Value
from zosimos.faces.python import notebook


class Suggestion(Mapping[str, Value]):
    """An experiment that is suggested: reads as a mapping of its values, ``c["temperature"]``, ``dict(c)``, ``f(**c)``.

    Args:
        id: the experiment's id, such as ``e0001``.
        values: what to set.
        origin: which proposer made it.
        reason: why it was chosen, in words.
        predictions: what is expected of it, by objective: ``mean`` and ``sd``; empty before the first model.

    >>> c = Suggestion("e0001", {"temperature": 40.0}, reason="space filling")
    >>> c["temperature"], c.id, c.reason
    (40.0, 'e0001', 'space filling')
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - the name under which it is read
        values: Mapping[str, Value],
        origin: str = "",
        reason: str = "",
        predictions: Mapping[str, Prediction] | None = None,
    ) -> None:
        self.id = id
        self.origin = origin
        self.reason = reason
        self.predictions: Mapping[str, Prediction] = dict(predictions or {})
        self._values = dict(values)

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            raise KeyError(f"{name}: no such parameter; {did_you_mean(name, self._values, ', '.join(self._values))}")
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _facts(self) -> list[tuple[str, object]]:
        """Return what a notebook shows of it."""
        expected = [(f"{name} expected", with_spread(p.mean, p.spread)) for name, p in self.predictions.items()]
        return [*((name, _text(value)) for name, value in self.items()), *expected, ("why", self.reason)]

    def _repr_html_(self) -> str:
        return notebook.facts(self.id, self._facts())

    def __repr__(self) -> str:
        """Return its id and values."""
        return f"<{type(self).__name__} {self.id}: {_shown(self._values)}>"


class Experiment(Suggestion):
    """An experiment on record: its values, and how it ended.

    Args:
        suggestion: what was to be done.
        status: proposed, approved, running, measured, failed, uncertain, cancelled or retracted.
        outcomes: what was measured, by name: ``value``, ``uncertainty``, ``u_shared``, ``unit``; nothing once it was
            retracted.
        failure: why it failed, in words; empty if it did not.
        changes: what a person changed of it afterwards, in words, in order.
        waits_for: outcomes that are still to be measured, where there are some already.
        achieved: the values at which it was really run, where these are not those that it was asked to run at.
        notes: what stood beside its result in tables, by column.

    >>> e = Experiment(Suggestion("e0001", {"x": 0.5}), "measured", {"y": Measurement("y", 2.0, 0.1)})
    >>> e["x"], e.outcomes["y"].value, e.status
    (0.5, 2.0, 'measured')
    """

    def __init__(
        self,
        suggestion: Suggestion,
        status: str,
        outcomes: Mapping[str, Measurement] | None = None,
        failure: str = "",
        changes: Sequence[str] = (),
        waits_for: Sequence[str] = (),
        achieved: Mapping[str, Value] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(suggestion.id, dict(suggestion), suggestion.origin, suggestion.reason, suggestion.predictions)
        self.status = status
        self.outcomes: Mapping[str, Measurement] = dict(outcomes or {})
        self.failure = failure
        self.changes = tuple(changes)
        self.waits_for = tuple(waits_for)
        self.achieved: Mapping[str, Value] = dict(achieved or {})
        self.notes: Mapping[str, str] = dict(notes or {})

    @property
    def ran_at(self) -> dict[str, Value]:
        """Where it was run, as far as anybody said: what models learn from."""
        return {**self, **self.achieved}

    def _facts(self) -> list[tuple[str, object]]:
        return [
            *super()._facts(),
            *((f"{name} (really)", _text(value)) for name, value in self.achieved.items()),
            *(
                (name, f"{item.sign}{_measured(item)} {printed(item.unit)}".rstrip())
                for name, item in self.outcomes.items()
            ),
            ("status", self.status),
            ("failed", self.failure),
            ("waits for", ", ".join(self.waits_for)),
            ("changed", "; ".join(self.changes)),
            *self.notes.items(),
        ]

    def __repr__(self) -> str:
        """Return its id, values and outcomes."""
        found = ", ".join(f"{name} {item.sign}{_measured(item)}" for name, item in self.outcomes.items())
        return f"<Experiment {self.id}: {_shown(self._values)} -> {found or self.status}>"


def _measured(item: Measurement) -> str:
    return with_parts(item.value, item.uncertainty, item.u_shared)


def suggestion(found: record.Experiment) -> Suggestion:
    """Return an experiment of the record as it was suggested."""
    chosen = found.candidate
    return Suggestion(found.id, found.values, chosen.origin, chosen.reason, chosen.predictions)


def experiment(found: record.Experiment, waits_for: Sequence[str] = ()) -> Experiment:
    """Return an experiment of the record with how it ended."""
    failure = found.reason if found.status == "failed" else ""
    changes = [str(amendment) for amendment in found.amendments]
    known = found.measurements, failure, changes, waits_for, found.achieved, found.notes
    return Experiment(suggestion(found), found.status, *known)


def _shown(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in values.items())


def _text(value: Value) -> str:
    return plain(value) if isinstance(value, float) else str(value)
