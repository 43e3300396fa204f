"""Coming and going: what must be known before a parameter or an objective comes, or goes, in the middle of a campaign.

Rows from before are seen in the new space (:mod:`zosimos.campaign.record.lens`): of a new parameter somebody has to say
what it was (its ``default``), and one that made rows differ cannot be left out, as rows that are not the same would
look the same. It is held at a value by a constraint instead, and goes on teaching. Outcomes need nothing: old rows lack
a new one, and keep one that went.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import OPEN, Experiment
from zosimos.campaign.record.lens import lens_of
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Value
from zosimos.core.space import row_key
from zosimos.planners.advice import Exclude


def check_coming_and_going(setup: Setup, state: State, new: CampaignSpec) -> None:
    """Refuse a new spec in whose space what is on record cannot be seen.

    Args:
        setup: the campaign's setup, which found the spec itself to be right.
        state: the campaign.
        new: the spec that is wanted.

    Raises:
        SpecError: of a new parameter nobody says what it was, or one that goes made experiments or advice differ, or
            a name comes back as something else.
    """
    versions = [*state.specs, new]
    _check_again(versions)
    unknown = [n for n, part in new.space.items() if part.default is None and any(n not in s.space for s in versions)]
    gone = [name for name in state.spec.space if name not in new.space]
    _check_defaults(setup, new, versions)
    if not unknown and not gone:
        return
    known = list(_that_count(state))
    for name in unknown:
        without = [item.id for item in known if name not in item.candidate.values]
        if without:
            raise SpecError(
                f"{name} is new, and {_counted(without)} made or proposed without it: say what it was in them",
                field=f"space.{name}.default",
                allowed=setup.space(new).by_name[name].allowed,
                hint=f"add default: to {name}, the value that it had before it was a parameter, such as 0",
            )
    lens = lens_of(state.specs)
    for name in gone:
        values = [row[name] for item in known if name in (row := lens.row(item.ran_at))]
        if len({row_key({name: value}) for value in values}) > 1:
            raise SpecError(
                f"{name} cannot be left out: experiments differ in it ({_spread(values)})",
                field=f"space.{name}",
                allowed="a parameter that was the same in every experiment",
                hint=f"hold it instead, by a constraint such as '{name} == {_written(values[-1])}': what was found at "
                "other values still counts",
            )
    _check_advice(state, gone)


def _that_count(state: State) -> Iterator[Experiment]:
    """Yield the experiments that were done, are under way or wait."""
    return (
        item for item in state.experiments.passing() if item.seen or item.status in OPEN or item.status == "uncertain"
    )


def _check_again(versions: list[CampaignSpec]) -> None:
    """Refuse a name that comes back as something else than it was: what is on record says what it was."""
    *earlier, new = versions
    for name, part in new.space.items():
        was = next((spec.space[name] for spec in reversed(earlier) if name in spec.space), part)
        unit = getattr(was, "unit", "")
        if (was.type, unit) != (part.type, getattr(part, "unit", "")):
            raise _another(f"space.{name}", f"a parameter of type {was.type} in {unit or 'no unit'}")
    for name, wanted in new.objectives.items():
        found = next((spec.objectives[name] for spec in reversed(earlier) if name in spec.objectives), wanted)
        if (found.unit, found.of) != (wanted.unit, wanted.of):
            raise _another(f"objectives.{name}", f"an outcome in {found.unit or 'no unit'}")


def _another(field: str, was: str) -> SpecError:
    name = field.split(".", 1)[1]
    return SpecError(f"{name} was {was} before", field=field, allowed=f"{was} again", hint="give it another name")


def _check_defaults(setup: Setup, new: CampaignSpec, versions: list[CampaignSpec]) -> None:
    """Refuse a default that no experiment can have had; a number may lie outside the range."""
    for name, part in new.space.items():
        if part.default is None or part.when or all(name in spec.space for spec in versions):
            continue
        parameter = setup.space(new).by_name[name]
        problem = parameter.problem(part.default)
        whole = not isinstance(part.default, str) and float(part.default).is_integer()
        if problem is not None and (parameter.kind == "text" or (parameter.kind == "whole" and not whole)):
            raise SpecError(
                f"the default of {name} is no value of it: {problem}",
                field=f"space.{name}.default",
                value=part.default,
                allowed=parameter.allowed,
                hint="what it was before must be one of its values: add it to them",
            )


def _check_advice(state: State, gone: Iterable[str]) -> None:
    for given in state.in_force():
        spoken = {name for item in given.items if isinstance(item, Exclude) for name in Expression(item.where).names}
        for name in gone:
            if name in spoken:
                raise SpecError(
                    f"{name} cannot be left out: the advice {given.id} speaks of it",
                    field=f"space.{name}",
                    value=given.id,
                    hint=f"withdraw it first: zosimos advise {state.id} --withdraw {given.id}",
                )


def _counted(names: list[str]) -> str:
    return f"{len(names)} experiments were" if len(names) > 1 else f"{names[0]} was"


def _spread(values: list[Value]) -> str:
    numbers = [value for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        return f"{min(numbers):g} to {max(numbers):g}"
    return ", ".join(sorted({str(value) for value in values})[:5])


def _written(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
