"""The advisor in a campaign file: who is asked for advice while the campaign runs, when, and what that may cost.

The file names a model and no more. Where its server is and which key it wants is the person's to say, in the settings:
a file that came from somebody else can send neither anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, TypeAlias, get_args

from pydantic import Field, model_validator

from zosimos.campaign.definition.fields import Duration, PlainNumber, Whole
from zosimos.core.errors import SpecError
from zosimos.core.validation import Part

MAY: Mapping[str, str] = {
    "shares": "planner.shares",
    "acquisition": "planner.acquisition",
    "portfolio": "planner.portfolio",
    "replicates": "planner.replicates",
    "batch": "batch",
    "parallel": "parallel",
    "exclude": "",
    "stop": "",
}
"""What an advisor may wish for, with the setting that it is; a person decides about each wish."""
_May: TypeAlias = Literal["shares", "acquisition", "portfolio", "replicates", "batch", "parallel", "exclude", "stop"]


class WhenSpec(Part):
    """The moments at which the advisor is asked."""

    start: bool = Field(True, description="before the first decision")
    every: Whole | None = Field(10, ge=1, description="after each so many results; null: not")
    plateau: Whole | None = Field(
        8, ge=2, description="when so many results in a row were no better than the best by more than their noise"
    )
    surprise: bool = Field(True, description="after a result outside the 99 % interval of its prediction")
    drift: bool = Field(True, description="after a notice that results drift, or scatter otherwise than before")


class AdvisorLimits(Part):
    """What asking may cost; beyond it nobody is asked any more."""

    calls: Whole = Field(20, ge=0, le=10_000, description="how often it is asked in all")
    tokens: Whole | None = Field(None, ge=1, description="tokens of all questions and answers of a model together")
    cost: PlainNumber | None = Field(None, gt=0, description="cost of all calls together, in US dollars")
    wait: Duration = Field(120.0, description="how long an answer may take, such as '2 min'")

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.wait <= 0:
            raise SpecError(
                "an answer takes some time", field="advisor.limits.wait", value=self.wait, allowed="above 0"
            )
        return self


class AdvisorSpec(Part):
    """Who is asked for advice while the campaign runs."""

    kind: str = Field(
        pattern=r"^[\w./:@+,-]{1,150}$",
        description="offline (rules), openai:NAME (a model, where the settings say; several with commas), or a "
        "plugin's name",
    )
    when: WhenSpec = WhenSpec()
    limits: AdvisorLimits = AdvisorLimits()
    may: tuple[_May, ...] = Field(
        get_args(_May),
        description="what it may propose to you: shares, acquisition, portfolio, replicates, batch, "
        "parallel, exclude, stop",
    )
    lasting: Whole = Field(10, ge=1, description="for how many further results its advice counts")
