"""The context in one piece, as it was: what plugins wrote for that works for one more release, and says so.

A context was made of eleven fields, one of them settings with seventeen of their own. Now it has a goal, a history and
a policy. Here old fields find their part.
"""

from __future__ import annotations

import warnings
from dataclasses import MISSING, Field, fields, replace
from typing import Any, Self

from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.policy import Policy

_PARTS: dict[str, type[Goal | History | Policy]] = {"goal": Goal, "history": History, "policy": Policy}
_FIELDS = {field.name: (part, field) for part, kind in _PARTS.items() for field in fields(kind)}
_IN_ORDER = ("space", "objectives", "observations", "pending", "avoid", "seed", "sequence_seed", "position", "settings")


class PlannerSettings:
    """What goal, history and policy say of how a campaign plans, under the names that the settings had.

    Args:
        given: by name.

    Raises:
        TypeError: there is no setting of a name.
    """

    def __init__(self, **given: Any) -> None:
        _warn("PlannerSettings are")
        unknown = sorted(given.keys() - (_FIELDS.keys() - {"space", "objectives"}))
        if unknown:
            raise TypeError(f"settings say nothing of {', '.join(unknown)}; there are {', '.join(sorted(_FIELDS))}")
        self._given = given

    @classmethod
    def of(cls, *parts: Goal | History | Policy) -> Self:
        """Return what the parts of a context say."""
        _warn("a context's settings are", stacklevel=4)
        made = cls.__new__(cls)
        made._given = {field.name: getattr(part, field.name) for part in parts for field in fields(part)}  # noqa: SLF001 - its own
        return made

    def __getattr__(self, name: str) -> Any:
        """Return what was given, or what holds where nothing was."""
        given = self.__dict__.get("_given", {})
        if name in given:
            return given[name]
        if name not in _FIELDS or name in ("space", "objectives"):
            raise AttributeError(f"settings say nothing of {name!r}; there are {', '.join(sorted(_FIELDS))}")
        return _default(_FIELDS[name][1])


class MadeOfParts(type):
    """Lets a context be made of the fields that it had before, and changed in them by ``replace``."""

    def __call__(cls, *args: Any, **given: Any) -> Any:
        """Return a context; old fields find their part."""
        if args and not isinstance(args[0], Goal):
            args, given = (), {**dict(zip(_IN_ORDER, args, strict=False)), **given}
        old = {name: given.pop(name) for name in [*given] if name in _FIELDS or name == "settings"}
        if not old:
            return super().__call__(*args, **given)
        _warn("a ProposalContext is made of")
        settings = old.pop("settings", None)
        old = {**({} if settings is None else settings._given), **old}  # noqa: SLF001 - of the class above
        for part, kind in _PARTS.items():
            own = {name: value for name, value in old.items() if _FIELDS[name][0] == part}
            if own:
                given[part] = replace(given[part], **own) if part in given else kind(**own)
        return super().__call__(*args, **given)


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _warn(what: str, stacklevel: int = 3) -> None:
    words = f"{what} a Goal, a History and a Policy now; the old way goes with the next release"
    warnings.warn(words, DeprecationWarning, stacklevel=stacklevel)
