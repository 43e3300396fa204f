"""What a model may advise, as data, and how that becomes items of advice.

The model fills in one typed form; anything else is refused with words that go back to it once. Its words are data: they
are kept disarmed, and what would change the campaign's settings or end it is told to a person and never done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from zosimos.agent.quotation import disarmed
from zosimos.campaign.control.written_advice import FACTOR
from zosimos.campaign.definition.advisor import MAY
from zosimos.core.errors import SpecError
from zosimos.core.records import Prediction
from zosimos.planners.advice import Answer, Exclude, Explore, Item, Point, Prior, Replicate, Wish
from zosimos.planners.goal.prior import Likely, Near
from zosimos.planners.policy import AcquisitionName, Portfolio, Replicates
from zosimos.planners.trust import INTERVAL

NAME = "give_advice"
_Text = Annotated[str, Field(max_length=500)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Value = FiniteFloat | Annotated[str, Field(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Expected(_Part):
    """What an experiment is expected to give."""

    mean: FiniteFloat = Field(description="the outcome expected, in the objective's unit")
    low: FiniteFloat = Field(description="it is lower than this with a probability of 10 %")
    high: FiniteFloat = Field(description="it is higher than this with a probability of 10 %")

    def prediction(self, field: str) -> Prediction:
        """Return mean and standard deviation.

        Raises:
            SpecError: the three are not in order.
        """
        if not self.low < self.high or not self.low <= self.mean <= self.high:
            raise SpecError(
                "the interval does not hold the mean",
                field=field,
                value=f"{self.low:g} to {self.high:g}, mean {self.mean:g}",
                allowed="low below high, and the mean between them",
            )
        return Prediction(self.mean, (self.high - self.low) / (2.0 * INTERVAL))


class Tried(_Part):
    """An experiment worth doing."""

    values: dict[_Name, _Value] = Field(min_length=1, max_length=200, description="every parameter and its value")
    expect: dict[_Name, Expected] = Field(
        max_length=20, description="objective: what is expected; you are scored by it"
    )
    reason: _Text = ""


class Place(_Part):
    """Where the best value of one parameter lies: a number, or choices by name."""

    at: FiniteFloat | None = Field(None, description="of a number: the value expected")
    within: FiniteFloat | None = Field(None, gt=0, description="of a number: one standard deviation")
    likely: list[_Text] = Field(default_factory=list, max_length=20, description="of a choice: the likeliest")

    def term(self, field: str) -> Near | Likely:
        """Return it as a prior has it.

        Raises:
            SpecError: it says neither or both.
        """
        number = self.at is not None and self.within is not None
        if number == bool(self.likely) or (not number and (self.at is not None or self.within is not None)):
            raise SpecError(
                "a place is a number or choices",
                field=field,
                value=self.model_dump(),
                allowed="at and within; or likely",
            )
        return Likely(tuple(self.likely), FACTOR) if self.likely else Near(self.at or 0.0, self.within or 1.0)


class Suggested(_Part):
    """Something that only a person may do; `coordination` says what may be asked for, and what the record says."""

    what: Literal["stop", "acquisition", "shares", "portfolio", "replicates", "batch", "parallel"]
    acquisition: AcquisitionName | None = None
    shares: dict[_Name, Annotated[FiniteFloat, Field(ge=0)]] = Field(
        default_factory=dict, max_length=10, description="proposer: its share of the experiments"
    )
    portfolio: Portfolio | None = Field(None, description="earned: shares follow what proposers bring")
    replicates: Replicates | None = None
    batch: int | None = Field(None, ge=1, le=1000, description="experiments chosen at a time")
    parallel: int | None = Field(None, ge=1, le=1000, description="experiments under way at once")
    reason: _Text = ""

    def wish(self, field: str) -> Wish:
        """Return it as the campaign takes it.

        Raises:
            SpecError: it does not say what.
        """
        reason = _kept(self.reason)
        if self.what == "stop":
            return Wish({}, reason)
        value = getattr(self, self.what)
        if not value:
            raise SpecError(f"{self.what} without a value", field=field, allowed=f"{self.what}: and its value")
        return Wish({MAY[self.what]: value}, reason)


class GivenAdvice(_Part):
    """What is advised now; leave everything empty if there is nothing to say."""

    points: list[Tried] = Field(default_factory=list, max_length=5, description="experiments worth doing")
    prior: dict[_Name, Place] = Field(default_factory=dict, max_length=200, description="where the best lies")
    replicate: list[_Name] = Field(default_factory=list, max_length=3, description="experiments to measure again")
    exclude: list[_Text] = Field(default_factory=list, max_length=3, description="conditions to leave alone: a > 0.4")
    explore: Literal["more", "less"] | None = Field(None, description="look farther from what is known, or nearer")
    suggest: list[Suggested] = Field(default_factory=list, max_length=3, description="what only a person may do")
    reason: _Text = ""


def tool() -> dict[str, Any]:
    """Return the form as a tool that a model may call."""
    schema = {name: item for name, item in GivenAdvice.model_json_schema().items() if name != "title"}
    return {"type": "function", "function": {"name": NAME, "description": "Hand in advice.", "parameters": schema}}


def read(said: GivenAdvice, view: Mapping[str, Any]) -> Answer:
    """Return what a model handed in as an answer.

    Args:
        said: the form, filled in.
        view: of the campaign, as the model was given it.

    Raises:
        SpecError: a parameter, objective, experiment or value in it is none of the campaign's.
    """
    items: list[Item] = []
    for place, point in enumerate(said.points):
        field = f"points[{place}]"
        _known(point.values, view["space"], f"{field}.values")
        _known(point.expect, view["objectives"], f"{field}.expect")
        _inside(point.values, view["space"], f"{field}.values")
        expected = {name: one.prediction(f"{field}.expect.{name}") for name, one in point.expect.items()}
        items.append(Point(dict(point.values), expected, _kept(point.reason)))
    if said.prior:
        _known(said.prior, view["space"], "prior")
        items.append(Prior({name: one.term(f"prior.{name}") for name, one in said.prior.items()}))
    _known(said.replicate, [one["experiment"] for one in view["results"]], "replicate")
    items += [Replicate(name) for name in said.replicate]
    items += [Exclude(_kept(where)) for where in said.exclude]
    items += [Explore(said.explore)] if said.explore else []
    wishes = [one.wish(f"suggest[{place}]") for place, one in enumerate(said.suggest)]
    return Answer(items, _kept(said.reason), wishes=wishes)


def _known(names: Any, known: Any, field: str) -> None:
    for name in names:
        if name not in known:
            raise SpecError(f"{name!r} is not known", field=field, value=name, allowed=", ".join(list(known)[:50]))


def _inside(values: Mapping[str, float | str], space: Mapping[str, Any], field: str) -> None:
    """Refuse a value outside the range or the choices of its parameter, as far as the file says them."""
    for name, value in values.items():
        part = space[name]
        low, high, choices = part.get("min"), part.get("max"), part.get("choices")
        if choices and value not in choices:
            raise SpecError(
                "no such choice", field=f"{field}.{name}", value=value, allowed=", ".join(map(str, choices))
            )
        number = isinstance(value, float) and math.isfinite(value)
        if low is not None and high is not None and not (number and low <= float(value) <= high):
            raise SpecError("outside the range", field=f"{field}.{name}", value=value, allowed=f"{low:g} to {high:g}")


def _kept(text: str) -> str:
    """Return a model's words as they are kept: on one line, without anything that could pass for the program's."""
    return " ".join(disarmed(text).split())
