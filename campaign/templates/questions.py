"""Questions: what is asked for a campaign file, each with a default and a reader that says why an answer is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zosimos.campaign.tables.headers import key
from zosimos.campaign.templates import phrases
from zosimos.campaign.templates.draft import Draft, Knob, check_own_names
from zosimos.campaign.templates.percent import limited
from zosimos.campaign.templates.phrases import Aim
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.nearest import did_you_mean

NAME, OUTCOMES, EXPERIMENTS, BATCH, MORE = "name", "outcomes", "experiments", "batch", "more"

_ALWAYS = ("°C", "h", "min", "rpm")  # what is usually said in these is never another kind of quantity

Found = Mapping[str, Any]
"""What was understood of earlier answers, by question."""


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: what it is called where it is answered by an option.
        text: what is asked.
        default: the answer that is taken where none is given.
        read: returns what an answer means, given what was understood before.
        short: another name for it, if there is one.
    """

    name: str
    text: str
    default: str
    read: Callable[[str, Found], Any]
    short: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of campaign: its name, what it is for, its questions, and the draft that follows from the answers."""

    name: str
    about: str
    questions: Sequence[Question]
    draft: Callable[[Found], Draft]


def understood(question: Question, text: str, found: Found) -> Any:
    """Return what an answer means.

    Raises:
        SpecError: it cannot be taken; names the question and says what can.
    """
    try:
        return question.read(text.strip(), found)
    except SpecError:
        raise
    except UnitError as error:
        raise SpecError(
            error.message, field=question.name, value=text, allowed=error.allowed, hint=error.hint
        ) from error


def by_question(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """Return answers under the names of their questions, which may be said without case, blanks and unit.

    Raises:
        SpecError: one is to no question of this kind, or to one that is answered already; says what is asked.
    """
    known = [question.name for question in kind.questions]
    found: dict[str, str] = {}
    for name, answer in given.items():
        names = [name] if name in known else [one.name for one in kind.questions if key(one.name) == key(name)]
        names = names or [one.name for one in kind.questions if one.short and key(one.short) == key(name)]
        if len(names) != 1:
            raise SpecError(
                f"{kind.name} has no such question",
                field="--set",
                value=name,
                allowed=", ".join(known),
                hint=did_you_mean(name, known, "leave it out"),
            )
        if names[0] in found:
            raise SpecError("a question is answered twice", field="--set", value=name, allowed="one answer each")
        found[names[0]] = answer
    return found


def answered(kind: Kind, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what was understood of answers, with the defaults of the questions that are not among them.

    Raises:
        SpecError: an answer is wrong, or to no question of this kind.
    """
    answers = by_question(kind, given)
    found: dict[str, Any] = {}
    for question in kind.questions:
        found[question.name] = understood(question, answers.get(question.name) or question.default, found)
    return found


def named(default: str) -> Question:
    """Return the question for the campaign's name."""
    return Question(NAME, "What is the campaign called?", default, lambda text, _: phrases.name(text, NAME))


def closing(outcomes: str, experiments: int = 24, *, more: bool = True) -> tuple[Question, ...]:
    """Return the questions that every kind ends with.

    Args:
        outcomes: what is measured, by default.
        experiments: how many, by default.
        more: whether further parameters are asked for.
    """
    further = Question(
        MORE,
        "What else can you change? Such as: speed 200 to 800 rpm; mixer: paddle | anchor (none: nothing else)",
        "none",
        lambda text, found: more_knobs(text, found, MORE),
    )
    return (
        *([further] if more else []),
        outcome_question(outcomes),
        Question(
            EXPERIMENTS,
            "How many experiments may it take?",
            str(experiments),
            lambda text, _: phrases.whole(text, EXPERIMENTS, at_least=2),
        ),
        Question(
            BATCH,
            "How many do you do at a time?",
            "4",
            lambda text, found: min(phrases.whole(text, BATCH), found[EXPERIMENTS]),
        ),
    )


def outcome_question(default: str) -> Question:
    """Return the question for what is measured."""
    return Question(
        OUTCOMES,
        "What do you measure, and what is wanted? Such as: viscosity min mPa·s; gloss max; pH target 7",
        default,
        outcomes,
    )


def outcomes(text: str, found: Found) -> list[Aim]:
    """Return what is measured and wanted.

    Raises:
        SpecError: nothing is, or it has a name that is taken.
    """
    aims = [limited(phrases.aim(item, OUTCOMES)) for item in phrases.items(text)]
    if not aims or phrases.is_left_out(text):
        raise SpecError("one outcome at least", field=OUTCOMES, value=text, allowed="such as: yield max %")
    check_own_names((aim.name for aim in aims), OUTCOMES, names(found))
    return aims


def ranged(name: str, default: str) -> Question:
    """Return a question for the range of one parameter, which may be left out; without a unit it is the default's."""

    def read(answer: str, _: Found) -> Knob | None:
        if phrases.is_left_out(answer):
            return None
        values = phrases.span(answer, name)
        usual = "" if phrases.is_left_out(default) else phrases.span(default, name).unit
        if not values.unit:
            return Knob(name, replace(values, unit=usual))
        if usual in _ALWAYS:  # a concentration may be g/L or mol/L; a time is no mass
            phrases.check_same_kind(values.unit, usual, name)
        return Knob(name, values)

    asked = f"{name.replace('_', ' ').capitalize()}: from where to where? (none: it stays as it is)"
    return Question(name, asked, default, read)


def chosen(name: str, default: str, *, called: str) -> Question:
    """Return a question for the choices of one parameter, which may be left out."""

    def read(answer: str, _: Found) -> Knob | None:
        return None if phrases.is_left_out(answer) else Knob(called, choices(answer, name))

    return Question(name, f"Which {name} do you have? (none: that is fixed)", default, read)


def choices(text: str, field: str) -> list[str]:
    """Return two or more names that differ.

    Raises:
        SpecError: there is one, or two are the same.
    """
    found = [phrases.name(one, field) for one in (text.split("|") if "|" in text else phrases.items(text))]
    if len(found) < 2:
        raise SpecError(
            "one choice is none",
            field=field,
            value=text,
            allowed="two or more names, such as: toluene, DMF; or none where nothing is chosen",
        )
    check_distinct(found, field)
    return found


def check_distinct(found: Sequence[str], field: str) -> None:
    """Refuse choices that a table could not tell apart.

    Raises:
        SpecError: two differ in nothing but case and blanks.
    """
    seen: dict[str, str] = {}
    for one in found:
        alike = "".join(one.split()).replace("_", "").casefold()
        if alike in seen:
            raise SpecError(
                "a choice stands twice", field=field, value=f"{seen[alike]}, {one}", allowed="each choice once"
            )
        seen[alike] = one


def more_knobs(text: str, found: Found, field: str) -> list[Knob]:
    """Return further parameters: names with ranges, or with choices.

    Raises:
        SpecError: an item is neither, or has a name that is taken.
    """
    if phrases.is_left_out(text):
        if not knobs(found):
            raise SpecError(
                "nothing is left that can be changed", field=field, value=text, allowed="such as: speed 200 to 800 rpm"
            )
        return []
    made = []
    for item in [part.strip() for part in text.split(";")] if "|" in text else phrases.items(text):
        head, colon, tail = item.partition(":")
        if colon and "|" in tail:
            made.append(Knob(phrases.name(head, field), choices(tail, field)))
            continue
        called, values = phrases.named_span(item, field)
        if values is None:
            raise SpecError(
                "it has no range and no choices",
                field=field,
                value=item,
                allowed="name 20 to 80 °C, or name: one | another; with semicolons between several",
            )
        made.append(Knob(called, values))
    check_own_names((knob.name for knob in made), field, names(found))
    return made


def knobs(found: Found) -> list[Knob]:
    """Return all parameters that earlier answers speak of, in their order."""
    every: list[Knob] = []
    for value in found.values():
        every += [value] if isinstance(value, Knob) else []
        every += [one for one in value if isinstance(one, Knob)] if isinstance(value, list) else []
    return every


def names(found: Found) -> list[str]:
    """Return all names of parameters that earlier answers speak of."""
    return [knob.name for knob in knobs(found)]
