"""Plugins: found by name through entry points, loaded when they are asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar, cast

from zosimos.core.errors import SpecError
from zosimos.core.nearest import did_you_mean

Made = TypeVar("Made")
Judge: TypeAlias = Callable[[str, Made, Mapping[str, Made]], str]
"""Given a plugin's name, the plugin and the sound ones before it, says why it cannot be used; empty if it can."""

_FORMER = {"zosimos.rigs": "zosimos.benches"}
"""Groups that had another name, which is read for one more release."""
_OWN = "zosimos"


@lru_cache(maxsize=32)
def points(group: str) -> tuple[EntryPoint, ...]:
    """Return every entry point of a group, ours first, then the others' by their package; nothing is imported."""
    groups = [group, _FORMER[group]] if group in _FORMER else [group]
    found = [point for one in groups for point in entry_points(group=one)]
    return tuple(sorted(found, key=lambda one: (_package(one) != _OWN, groups.index(one.group), _package(one), one)))


@lru_cache(maxsize=32)
def offered(group: str) -> Mapping[str, EntryPoint]:
    """Return the plugins that installed packages offer in a group, by name; nothing is imported.

    Our own package's names cannot be taken by another; of two other packages, the first by name has it.
    """
    found = {point.name: point for point in reversed(points(group))}
    return {name: found[name] for name in sorted(found)}


def package_of(group: str, name: str) -> str:
    """Return the installed package that offers a plugin, such as ``zosimos``; "" where none of that name is.

    Of an entry point that belongs to no package, its top module.
    """
    point = offered(group).get(name)
    return "" if point is None else _package(point)


def _package(point: EntryPoint) -> str:
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
class Broken:
    """A plugin that cannot be used.

    Args:
        name: the name it goes by.
        package: the installed package that brings it.
        what: what it is, such as ``capability``.
        why: the reason, in words.
    """

    name: str
    package: str
    what: str
    why: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"the package {self.package} brings the {self.what} {self.name!r}, which cannot be used: {self.why}"


@dataclass(frozen=True, eq=False)
class Loaded(Generic[Made]):
    """The plugins of a group: those that can be used by name, and those that cannot."""

    sound: Mapping[str, Made]
    broken: tuple[Broken, ...]

    def pick(self, name: str, what: str, field: str) -> Made:
        """Return a plugin by its name, which stands in ``field``.

        Raises:
            SpecError: there is none of that name, or it is broken: names the package that brings it, and the reason.
        """
        if name in self.sound:
            return self.sound[name]
        known = ", ".join(sorted(self.sound)) or "none is installed"
        for one in self.broken:
            if one.name == name:
                hint = f"mend or remove the package {one.package}; everything else works without it"
                raise SpecError(str(one), field=field, value=name, allowed=known, hint=hint)
        hint = did_you_mean(name, self.sound, "correct the name, or install the package that brings it")
        raise SpecError(f"there is no {what} {name!r}", field=field, value=name, allowed=known, hint=hint)


def load_all(group: str, kind: type[Made], what: str, judge: Judge[Made] | None = None) -> Loaded[Made]:
    """Load every plugin of a group, once: a broken one is named with its package, and the rest works.

    Our own package's come first, then the others by the name of their package. A name that is taken stays taken.

    Args:
        group: the entry-point group.
        kind: what each must be an instance of; ``type`` where classes are offered, which the judge then looks at.
        what: what it is, for messages, such as ``capability``.
        judge: says of each, once it is known to be of the right kind, why it cannot be used with those before it.
    """
    key: Any = kind
    return cast("Loaded[Made]", _loaded(points(group), key, what, judge))


@lru_cache(maxsize=32)
def _loaded(found: tuple[EntryPoint, ...], kind: Any, what: str, judge: Judge[Any] | None) -> Loaded[Any]:
    sound: dict[str, Any] = {}
    by: dict[str, str] = {}
    broken: list[Broken] = []
    for point in found:
        package = _package(point)
        try:
            made = point.load() if point.name not in by else None
            if point.name in by:
                why = f"{by[point.name]} has a {what} of that name"
            elif isinstance(made, kind):
                why = judge(point.name, made, MappingProxyType(sound)) if judge is not None else ""
            else:
                why = f"{point.value} is a {type(made).__name__}, which is no {what}"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package breaks its own part only
            why = f"{type(error).__name__}: {getattr(error, 'message', error)}"
        if why:
            broken.append(Broken(point.name, package, what, why))
        else:
            sound[point.name], by[point.name] = made, package
    return Loaded(MappingProxyType(sound), tuple(broken))


def listing(group: str, broken: Sequence[Broken] | None = None) -> list[tuple[str, str, str]]:
    """Return every plugin of a group: its name, its package, and why it cannot be used; empty if it can.

    Args:
        group: the entry-point group.
        broken: those that :func:`load_all` found broken; None where plugins are only loaded to see whether they can be.
    """
    return [(point.name, _package(point), _problem(point, broken)) for point in points(group)]


def _problem(point: EntryPoint, broken: Sequence[Broken] | None) -> str:
    if broken is not None:
        return next((one.why for one in broken if (one.name, one.package) == (point.name, _package(point))), "")
    try:
        point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a package does on import is what is asked for
        return f"{type(error).__name__}: {error}"
    return ""


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
