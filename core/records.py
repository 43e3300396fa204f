"""What is proposed and what is found: candidates, predictions, measurements, observations, all as JSON and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, TypeAlias, get_args

from zosimos.core.errors import DataError
from zosimos.core.parameters import Values

Origin: TypeAlias = Literal["measured", "simulated", "computed", "extracted", "llm_predicted", "synthetic"]
Cause: TypeAlias = Literal["infeasible", "fault", "unknown"]
Quality: TypeAlias = Literal["good", "suspect", "bad"]
Flag: TypeAlias = Literal["in", "near", "out"]
Limit: TypeAlias = Literal["below", "above"]

ORIGINS: tuple[str, ...] = get_args(Origin)
QUALITIES: tuple[str, ...] = get_args(Quality)
LIMITS: tuple[str, ...] = get_args(Limit)
TRAINING_ORIGINS = frozenset({"measured", "simulated"})


@dataclass(frozen=True)
class Prediction:
    """What a surrogate believed of one quantity: mean and standard deviation, noise left out.

    ``noise`` is the standard deviation that one measurement adds (None where the surrogate does not say). ``scale`` is
    the factor that both need, judged by how far earlier predictions of the campaign were off.

    >>> Prediction(10.0, sd=0.3, noise=0.4).total
    0.5
    """

    mean: float
    sd: float
    noise: float | None = None
    scale: float = 1.0

    @property
    def total(self) -> float:
        """The standard deviation of a measurement to come, as the surrogate has it: ignorance and noise."""
        return math.hypot(self.sd, self.noise or 0.0)

    @property
    def spread(self) -> float:
        """The same as far as earlier predictions of the campaign bear it out: what to tell people."""
        return self.scale * self.total

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; what is not known is left out."""
        more = {"noise": self.noise, "scale": self.scale}
        return {"mean": self.mean, "sd": self.sd} | {k: v for k, v in more.items() if v not in (None, 1.0)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        return cls(data["mean"], data["sd"], data.get("noise"), data.get("scale", 1.0))


@dataclass(frozen=True)
class Fallback:
    """Why a candidate stands in for another: the proposer that failed, and its error's class and message.

    ``package`` is the installed package that brought the plugin at fault ("": it is part of Zosimos).
    """

    proposer: str
    error: str
    message: str
    package: str = ""

    def describe(self) -> str:
        """Return the failure in words."""
        where = f" in the package {self.package}" if self.package else ""
        return f"the proposer {self.proposer!r} failed{where} with {self.error}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; the package is left out where it is Zosimos itself."""
        return {name: value for name, value in self.__dict__.items() if value or name != "package"}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        return cls(**data)


@dataclass(frozen=True)
class Candidate:
    """One point of the space: its values, which proposer made it, why, and the prediction at that time.

    ``acquisition`` is the value by which it was chosen (None where the proposer has none). ``domain`` says whether it
    lies among what the model had learned from, near it, or outside, where a prediction is an extrapolation. ``repeats``
    is the experiment that is meant to be measured again ("": this is a new row). ``fallback`` is the failure of the
    proposer that it stands in for. What somebody advised has an ``author`` and ``advice``, its id; ``expected`` is what
    they say it will give, by quantity, beside what the surrogate predicts; ``lineage`` names the experiments it was
    made from. ``gain_left`` is the logarithm of the most that any row was expected to gain, where this one was chosen
    for another reason than its gain and that is known.

    >>> Candidate({"x": 0.5}, "my-proposer", "the middle of the range").values["x"]
    0.5
    """

    values: Values
    origin: str
    reason: str = ""
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    acquisition: float | None = None
    domain: Flag | None = None
    repeats: str = ""
    fallback: Fallback | None = None
    author: str = ""
    expected: Mapping[str, Prediction] = field(default_factory=dict)
    lineage: tuple[str, ...] = ()
    advice: str = ""
    gain_left: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; a domain, a repeated experiment and a failure are left out where there is none.

        So are author, advice, expectation, lineage and the gain left: candidates of earlier versions keep their bytes.
        """
        found: dict[str, Any] = {
            "values": dict(self.values),
            "origin": self.origin,
            "reason": self.reason,
            "predictions": {name: prediction.as_json() for name, prediction in self.predictions.items()},
            "acquisition": self.acquisition,
        }
        fallback = None if self.fallback is None else self.fallback.as_json()
        more = {"domain": self.domain, "repeats": self.repeats, "fallback": fallback, "advice": self.advice}
        more |= _whence(self)
        left = {} if self.gain_left is None else {"gain_left": self.gain_left}
        return found | {name: value for name, value in more.items() if value} | left

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        predictions = {name: Prediction.from_json(item) for name, item in data["predictions"].items()}
        fallback = Fallback.from_json(data["fallback"]) if "fallback" in data else None
        more = data.get("domain"), data.get("repeats", ""), fallback, *_from_whence(data), data.get("advice", "")
        left = data.get("gain_left")
        return cls(
            data["values"], data["origin"], data["reason"], predictions, data["acquisition"], *more, gain_left=left
        )


def together(*parts: float | None) -> float | None:
    """Return the standard uncertainty of independent parts together, as far as they are known; None: none is.

    >>> together(0.03, 0.04), together(0.5, None), together(None)
    (0.05, 0.5, None)
    """
    known = [part for part in parts if part is not None]
    return math.hypot(*known) if known else None


@dataclass(frozen=True)
class Measurement:
    """A value with its standard uncertainty (None: unknown), unit, quality flag, origin, and where it came from.

    ``u_shared`` is the standard uncertainty of what is the same for all results of the quantity, such as a calibration;
    where it is said, ``uncertainty`` is that of what scatters alone. Without it (None) nobody said which part is which,
    see :mod:`zosimos.core.uncertainty`. ``raw`` names the artifact with the raw data, ``instrument`` the device, ``at``
    the time in UTC (ISO 8601). ``limit`` says that the true value lies ``below`` or ``above`` the value, which is all
    that is known (None: it is the value itself).

    Raises:
        DataError: the value or an uncertainty is not a finite number, or the quality, origin or limit is unknown.

    >>> Measurement("absorbance", 0.42, 0.01, origin="simulated").trains
    True
    >>> Measurement("absorbance", 0.01, limit="below").trains
    False
    >>> Measurement("mass", 2.5, 0.03, "g", u_shared=0.04).total
    0.05
    """

    quantity: str
    value: float
    uncertainty: float | None = None
    unit: str = ""
    quality: Quality = "good"
    origin: Origin = "measured"
    raw: str | None = None
    instrument: str = ""
    at: str = ""
    limit: Limit | None = None
    u_shared: float | None = None

    def __post_init__(self) -> None:
        if self.value != self.value or abs(self.value) == float("inf"):
            raise DataError(
                f"measurement {self.quantity!r} is not a finite number",
                field=self.quantity,
                value=self.value,
                allowed="a finite number",
                hint="record the experiment as failed if there is no value",
            )
        for which, number in (("standard uncertainty", self.uncertainty), ("shared uncertainty", self.u_shared)):
            if number is not None and not 0 <= number < float("inf"):
                raise DataError(
                    f"measurement {self.quantity!r}: the {which} is not a finite number of 0 or more",
                    field=self.quantity,
                    value=number,
                    allowed="0 or more",
                )
        named = (("origin", self.origin, ORIGINS), ("quality", self.quality, QUALITIES), ("limit", self.limit, LIMITS))
        for what, value, known in named:
            if value not in known and not (what == "limit" and value is None):
                raise DataError(
                    f"measurement {self.quantity!r}: unknown {what}",
                    field=self.quantity,
                    value=value,
                    allowed=", ".join(known),
                )

    @property
    def trains(self) -> bool:
        """Whether surrogates may learn from it: it was measured or simulated, not flagged bad, and is no mere limit."""
        return self._sound and self.limit is None

    @property
    def bounds(self) -> bool:
        """Whether surrogates may learn that the value lies on one side of it: it is a limit, and else as above."""
        return self._sound and self.limit is not None

    @property
    def _sound(self) -> bool:
        return self.origin in TRAINING_ORIGINS and self.quality != "bad"

    @property
    def total(self) -> float | None:
        """The standard uncertainty of the value with what all results share, as it is stated; None: nothing is."""
        return together(self.uncertainty, self.u_shared)

    @property
    def sign(self) -> str:
        """What stands before the value where it is only a limit: ``<`` or ``>``; else nothing."""
        return "" if self.limit is None else "<" if self.limit == "below" else ">"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; without a limit or a shared part where there is none: earlier ones keep their bytes."""
        optional = ("limit", "u_shared")
        return {name: value for name, value in self.__dict__.items() if name not in optional or value is not None}

    def as_outcome(self) -> dict[str, Any]:
        """Return what people are shown of it, as JSON data; the shared part where one is stated."""
        shared = {} if self.u_shared is None else {"u_shared": self.u_shared}
        return {"value": self.value, "uncertainty": self.uncertainty, **shared, "unit": self.unit}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        return cls(**data)

    def stamped(self, at: str) -> Self:
        """Return the measurement with its time filled in, if it has none."""
        return self if self.at else replace(self, at=at)


@dataclass(frozen=True)
class Observation:
    """What an experiment found: the values it ran at and its measurements by quantity; none at all if it failed.

    ``predictions`` is what was predicted of it when it was chosen, by quantity, where anything was. ``cause`` says what
    a failure was due to: the chemistry (``infeasible``), an instrument (``fault``), or nobody knows (``unknown``).

    ``origin`` is the proposer that chose the experiment (""; not known), ``author`` who advised it (""; nobody),
    ``expected`` what the author said of it, ``lineage`` the experiments it was made from or repeats. ``asked`` is where
    it was asked to run, if it ran elsewhere: empty where it ran as it was asked to.

    >>> Observation("e0001", {"x": 0.5}, {"y": Measurement("y", 2.0)}).measurements["y"].value
    2.0
    """

    experiment: str
    values: Values
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    failed: bool = False
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    cause: Cause = "unknown"
    origin: str = ""
    author: str = ""
    expected: Mapping[str, Prediction] = field(default_factory=dict)
    lineage: tuple[str, ...] = ()
    asked: Values = field(default_factory=dict)

    @property
    def asked_at(self) -> Values:
        """Where it was asked to run: what was to be set, and is to be asked for if it is run once more."""
        return self.asked or self.values

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; what is empty or not known is left out."""
        return self.found() | self.idea()

    def idea(self) -> dict[str, Any]:
        """Return, as JSON data, whose idea the experiment was and what they said of it; what is empty is left out."""
        more = {"origin": self.origin, **_whence(self)}
        return {name: value for name, value in more.items() if value}

    def found(self) -> dict[str, Any]:
        """Return, as JSON data, what was found, without whose idea the experiment was.

        The running digest of a campaign's observations covers this: as it did before observations knew their origin.
        """
        told = {name: prediction.as_json() for name, prediction in self.predictions.items()}
        found: dict[str, Any] = {
            "experiment": self.experiment,
            "values": dict(self.values),
            "measurements": {name: item.as_json() for name, item in self.measurements.items()},
            "failed": self.failed,
        }
        more = ({"predictions": told} if told else {}) | ({} if self.cause == "unknown" else {"cause": self.cause})
        return found | more | ({"asked": dict(self.asked)} if self.asked else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        measurements = {name: Measurement.from_json(item) for name, item in data["measurements"].items()}
        predictions = {name: Prediction.from_json(item) for name, item in data.get("predictions", {}).items()}
        more = data.get("cause", "unknown"), data.get("origin", ""), *_from_whence(data)
        asked = data.get("asked", {})
        return cls(data["experiment"], data["values"], measurements, data["failed"], predictions, *more, asked=asked)


def _whence(record: Candidate | Observation) -> dict[str, Any]:
    """Return, as JSON data, whose idea an experiment was."""
    expected = {name: prediction.as_json() for name, prediction in record.expected.items()}
    return {"author": record.author, "expected": expected, "lineage": list(record.lineage)}


def _from_whence(data: Mapping[str, Any]) -> tuple[str, dict[str, Prediction], tuple[str, ...]]:
    expected = {name: Prediction.from_json(item) for name, item in data.get("expected", {}).items()}
    return data.get("author", ""), expected, tuple(data.get("lineage", ()))
