"""Plugins: found by name through entry points, loaded when they are asked for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from zosimos.core.errors import SpecError

Made = TypeVar("Made")

_FORMER = {"zosimos.rigs": "zosimos.benches"}
"""Groups that had another name, which is read for one more release."""


@lru_cache(maxsize=32)
def offered(group: str) -> Mapping[str, EntryPoint]:
    """Return the plugins that installed packages offer in a group, by name; nothing is imported."""
    groups = [_FORMER[group], group] if group in _FORMER else [group]
    return {point.name: point for one in groups for point in sorted(entry_points(group=one))}


def package_of(group: str, name: str) -> str:
    """Return the installed package that offers a plugin, such as ``zosimos-hotplate``; "" where none of that name is.

    Of an entry point that belongs to no package, its top module.
    """
    point = offered(group).get(name)
    if point is None:
        return ""
    return point.dist.name if point.dist is not None else point.module.partition(".")[0]


def plugin(group: str, name: str, what: str, field: str) -> Any:
    """Return a plugin.

    Args:
        group: the entry-point group.
        name: the plugin's name.
        what: what it is, for the message, such as ``driver``.
        field: where the name was given, for the message.

    Raises:
        SpecError: there is none of that name.
    """
    found = offered(group)
    if name not in found:
        raise SpecError(
            f"there is no {what} {name!r}",
            field=field,
            value=name,
            allowed=", ".join(found) or "none is installed",
            hint="correct the name, or install the package that brings it",
        )
    if found[name].group != group:
        warnings.warn(
            f"{package_of(group, name)} offers {name} under {found[name].group}, which is called {group} now; "
            "the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
    return found[name].load()


@dataclass(frozen=True)
class Register:
    """Makers of one kind of thing by name: the built-in ones, and those that plugins offer in an entry-point group.

    Nothing is imported before it is asked for, and a plugin cannot take a built-in one's name.

    Args:
        group: the entry-point group.
        what: what is made, for messages, such as ``proposer``.
        built_in: by name, the module and the attribute in it: a class, or a function without arguments.
        lacks: what a plugin's object that does not fit lacks, for the message.
        kit: the conformance kit that its author should have run.
    """

    group: str
    what: str
    built_in: Mapping[str, tuple[str, str]]
    lacks: str
    kit: str

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted; nothing is imported."""
        return tuple(sorted({*self.built_in, *offered(self.group)}))

    def check(self, name: str, field: str) -> None:
        """Refuse an unknown name, given in a spec's ``field``, without importing anything.

        Raises:
            SpecError: there is no such thing; the message lists those there are.
        """
        if name not in self.names():
            raise SpecError(
                f"unknown {self.what} {name!r}",
                field=field,
                value=name,
                allowed=", ".join(self.names()),
                hint="correct the name, or install the plugin that offers it",
            )

    def make(self, name: str, kind: type[Made], field: str) -> Made:
        """Return a new one.

        Args:
            name: its name, which was checked.
            kind: the protocol it must keep.
            field: where the name was given, for the message.

        Raises:
            SpecError: what the plugin of that name makes does not keep the protocol.
        """
        if name in self.built_in:
            module, attribute = self.built_in[name]
            factory = getattr(import_module(module), attribute)
        else:
            factory = offered(self.group)[name].load()
        made = factory()
        if not isinstance(made, kind):
            raise SpecError(
                f"the plugin {name!r} makes a {type(made).__name__}, which {self.lacks}",
                field=field,
                value=name,
                hint=f"ask its author to run {self.kit}",
            )
        return made
