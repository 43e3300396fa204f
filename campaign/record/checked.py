"""Candidates, measurements and forecasts in an event's body, read strictly.

What is of the wrong kind would fold without complaint, and stop a program much later: where the number is shown, or a
model is fitted to it. So it is refused before it is stored, as :mod:`zosimos.campaign.record.bodies` does for fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zosimos.campaign.record.experiment import Forecast
from zosimos.core.records import Candidate, Measurement, Prediction
from zosimos.core.values import Values, is_number


def candidate(data: Mapping[str, Any]) -> Candidate:
    """Return the candidate that JSON data describe.

    Raises:
        KeyError, TypeError, ValueError: they describe none.
    """
    made = Candidate.from_json(data)
    values(made.values)
    _texts(made.origin, made.reason, made.repeats, made.author, made.advice, *made.lineage)
    _numbers(made.acquisition, made.gain_left)
    if made.domain not in (None, "in", "near", "out"):
        raise ValueError(f"{made.domain!r} is no domain")
    for name, said in (*made.predictions.items(), *made.expected.items()):
        _texts(name)
        _prediction(said)
    if made.fallback is not None:
        _texts(*made.fallback.__dict__.values())
    return made


def values(found: Values) -> Values:
    """Return values of parameters after checking that each is a number or a text.

    Raises:
        TypeError: one is not.
    """
    if not isinstance(found, Mapping):
        raise TypeError(f"these are no values by parameter: {found!r}")
    for name, value in found.items():
        if not (isinstance(value, str) or is_number(value)):
            raise TypeError(f"{name} is neither a number nor a text: {value!r}")
    return found


def achieved(asked: Values, found: Values) -> Values:
    """Return the values at which an experiment was really run, each of a parameter that it was asked to run at.

    Raises:
        TypeError, ValueError: one is no value, or of no parameter of its.
    """
    for name in values(found):
        if name not in asked:
            raise ValueError(f"{name} is no parameter of the experiment")
    return found


def measurements(data: Mapping[str, Mapping[str, Any]]) -> dict[str, Measurement]:
    """Return the measurements that JSON data describe, by quantity.

    Raises:
        KeyError, TypeError, ValueError, DataError: they describe none.
    """
    made = {name: Measurement.from_json(item) for name, item in data.items()}
    for item in made.values():
        _texts(item.quantity, item.unit, item.instrument, item.at, *([] if item.raw is None else [item.raw]))
        _numbers(item.uncertainty, item.u_shared)
        if not is_number(item.value):
            raise TypeError(f"{item.quantity} is no number: {item.value!r}")
    return made


def forecast(data: Mapping[str, Any]) -> Forecast:
    """Return the forecast that JSON data describe.

    Raises:
        TypeError: they describe none.
    """
    made = Forecast(**data)
    _texts(made.experiment)
    _numbers(made.reached, made.regret)
    return made


def _prediction(said: Prediction) -> None:
    for value in (said.mean, said.sd, said.scale):
        if not is_number(value):
            raise TypeError(f"a prediction holds no number: {value!r}")
    _numbers(said.noise)


def _numbers(*found: Any) -> None:
    """Refuse what is neither a number nor missing."""
    for value in found:
        if value is not None and not is_number(value):
            raise TypeError(f"this is no number: {value!r}")


def _texts(*found: Any) -> None:
    wrong: Iterable[Any] = [value for value in found if not isinstance(value, str)]
    if wrong:
        raise TypeError(f"these are no texts: {wrong!r}")
