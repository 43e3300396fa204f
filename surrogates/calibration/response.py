"""Reaction: what the loop should do about what the checks found. A table of rules; the first that holds decides.

==============  ====================================================================================================
reaction        when
==============  ====================================================================================================
``ask``         three outliers among the last ten results, or a change that a refit did not cure: instruments or
                recorded conditions are wrong, and no model helps
``replicate``   one of the last three results is an outlier and was not measured again
``refit``       drift, trend or another noise: train on what came since
``robust``      an outlier stays in the data: a repeat did not confirm it, or it is too old to be measured again
``refit``       intervals are too narrow in spite of recalibration
``ask``         the next experiment lies outside the domain of applicability
``none``        otherwise
==============  ====================================================================================================

An outlier that a repeat confirmed is the truth about the material, and no reason to do anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from zosimos.surrogates.calibration.applicability import Flag
from zosimos.surrogates.calibration.coverage import Calibration
from zosimos.surrogates.calibration.drift import Alarm, of_kind

Action: TypeAlias = Literal["none", "refit", "robust", "replicate", "ask"]

_RECENT = 3  # results that are still worth measuring again
_WINDOW, _MANY = 10, 3  # so many outliers among so many results are no accident
_PATIENCE = 8  # results after a refit before it is said not to have helped
_ENOUGH = 20  # predictions from which coverage alone is a reason


@dataclass(frozen=True)
class Reaction:
    """What to do, why in words, the index from which to train (``refit``) and the results concerned (by index)."""

    action: Action
    reason: str
    since: int = 0
    concerns: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self) | {"concerns": list(self.concerns)}


@dataclass(frozen=True)
class Situation:
    """What is known after a result.

    Args:
        steps: residuals so far.
        alarms: what :func:`~zosimos.surrogates.calibration.drift.watch` found in them.
        calibration: of the recalibrated intervals; None: not known.
        flag: where the next experiment lies.
        repeated: by index of an outlier that was measured again, whether the repeat confirmed it.
        refitted: number of residuals at the last refit that a reaction asked for; None: there was none. Trends and
            changes of noise from before it are answered by it; drift must be gone after eight results.
    """

    steps: int
    alarms: Sequence[Alarm] = ()
    calibration: Calibration | None = None
    flag: Flag = "in"
    repeated: Mapping[int, bool] = field(default_factory=dict)
    refitted: int | None = None


def react(now: Situation) -> Reaction:
    """Return what to do; the same situation always gives the same answer."""
    outliers = [alarm for alarm in of_kind(now.alarms, "outlier") if not now.repeated.get(alarm.since, False)]
    changes = of_kind(now.alarms, "drift", "trend", "noise")
    rules = (_person(now, outliers, changes), _repeat(now, outliers), _change(now, changes), _kept(outliers))
    for reaction in (*rules, _narrow(now), _outside(now)):
        if reaction is not None:
            return reaction
    return Reaction("none", "nothing unusual was found")


def _person(now: Situation, outliers: Sequence[Alarm], changes: Sequence[Alarm]) -> Reaction | None:
    late = tuple(alarm.since for alarm in outliers if alarm.since >= now.steps - _WINDOW)
    if len(late) >= _MANY:
        reason = f"{len(late)} of the last {_WINDOW} results are outliers: check instruments and recorded conditions"
        return Reaction("ask", reason, concerns=late)
    since = 0 if now.refitted is None else now.refitted
    uncured = [alarm for alarm in of_kind(changes, "drift") if alarm.since < since]
    if uncured and now.steps - since >= _PATIENCE:
        reason = f"{_words(uncured)}, and training again {now.steps - since} results ago did not cure it"
        return Reaction("ask", reason, since=uncured[0].since)
    return None


def _repeat(now: Situation, outliers: Sequence[Alarm]) -> Reaction | None:
    fresh = [item for item in outliers if item.since >= now.steps - _RECENT and item.since not in now.repeated]
    if not fresh:
        return None
    return Reaction("replicate", f"{_words(fresh)}: measure again", concerns=tuple(item.since for item in fresh))


def _change(now: Situation, changes: Sequence[Alarm]) -> Reaction | None:
    fresh = [alarm for alarm in changes if now.refitted is None or alarm.since >= now.refitted]
    if not fresh:
        return None
    strongest = max(fresh, key=lambda alarm: alarm.strength)
    return Reaction("refit", f"{_words(fresh)}: train on what came since", since=strongest.since)


def _kept(outliers: Sequence[Alarm]) -> Reaction | None:
    if not outliers:
        return None
    reason = f"{_words(outliers)}, unconfirmed: train with a noise model that allows for outliers"
    return Reaction("robust", reason, concerns=tuple(alarm.since for alarm in outliers))


def _narrow(now: Situation) -> Reaction | None:
    new = now.steps if now.refitted is None else now.steps - now.refitted
    if now.calibration is None or min(now.calibration.n, new) < _ENOUGH:
        return None
    narrow = [item for item in now.calibration.coverage if item.verdict == "too narrow"]
    if not narrow:
        return None
    said = ", ".join(f"{item.level:.0%} intervals held {item.share:.0%}" for item in narrow)
    return Reaction("refit", f"{said} of {now.calibration.n} results: the model does not fit")


def _outside(now: Situation) -> Reaction | None:
    if now.flag != "out":
        return None
    return Reaction("ask", "the next experiment lies outside what was measured: its prediction is an extrapolation")


def _words(alarms: Sequence[Alarm]) -> str:
    return "; ".join(alarm.words for alarm in alarms)
