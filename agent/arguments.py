"""Arguments of the tools: what a model may give each of them, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Reason = Annotated[str, Field(max_length=500, description="why, for the record")]
Experiment = Annotated[str, Field(max_length=20, description="its id, such as e0007")]
_Text = Annotated[str, Field(max_length=500)]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Arguments):
    """No arguments."""


class Which(_Arguments):
    """One experiment."""

    experiment: Experiment


class Pair(_Arguments):
    """Two experiments."""

    first: Experiment
    second: Experiment


class Why(_Arguments):
    """A reason."""

    reason: Reason = ""


class Bounds(_Arguments):
    """New bounds of one parameter."""

    parameter: str = Field(max_length=100, description="its name")
    min: str | float | None = Field(None, description="new lowest value, with a unit if not the parameter's own")
    max: str | float | None = Field(None, description="new highest value, with a unit if not the parameter's own")
    reason: Reason = ""


class Settings(_Arguments):
    """New values of settings."""

    settings: dict[str, str | float | int | bool | list[str | float] | None] = Field(
        min_length=1, max_length=10, description="dotted path in the campaign file to its new value"
    )
    reason: Reason = ""


class Advice(_Arguments):
    """What somebody believes; one of the kinds at a time."""

    point: _Text = Field("", description="values of a row to try next, such as red=0.2 mL,blue=0.3 mL")
    prior: _Text = Field("", description="where the best lies, such as red=0.2±0.05,solvent=DMF|water")
    exclude: _Text = Field("", description="a condition on rows to leave alone, such as red > 0.4")
    replicate: str = Field("", max_length=20, description="the experiment to measure again")
    explore: Literal["", "more", "less"] = Field("", description="whether to try more or less of the unknown")
    hypothesis: _Text = Field(
        "",
        description="what is thought to be true: 'Y falls with A', 'A and B interact on Y', 'the best lies where A > 1'"
        ", 'Y > 1 where A > 2' or 'Y = k*A with k in [0, 5]'",
    )
    odds: str = Field("", max_length=20, description="how likely the hypothesis is, such as 0.8; nothing else has odds")
    passage: str = Field("", max_length=80, description="the id of a passage that it rests on, such as 3f2a9c1.14")
    quote: str = Field("", max_length=300, description="words of that passage, copied letter by letter")
    reason: Reason = ""


class Question(_Arguments):
    """A question to the laboratory's documents."""

    question: str = Field(max_length=1000, description="what is looked for, in words")


class Note(_Arguments):
    """What a person said, to be written down."""

    text: str = Field(max_length=2000, description="the words of the person's own message to keep, exactly")
    experiment: str = Field("", max_length=20, description="the experiment it is about, such as e0007, if it is one")


class Proposal(_Arguments):
    """A proposal that waits for an answer."""

    token: str = Field(max_length=100)
    reason: Reason = ""


class Supposed(_Arguments):
    """Settings as they might be."""

    settings: dict[str, str | float | int | bool | list[str | float] | None] = Field(
        min_length=1, max_length=10, description="dotted path in the campaign file to its supposed value"
    )


class Correction(_Arguments):
    """The right values of a result."""

    experiment: Experiment
    values: dict[str, str | float] = Field(
        min_length=1, max_length=20, description="outcome, or parameter that was really otherwise, to its right value"
    )
    reason: Reason = ""


class Retraction(_Arguments):
    """A result that does not count."""

    experiment: Experiment
    reason: Reason = ""
