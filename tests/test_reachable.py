"""Every module is reached by an entry point, a registry or a face; what only tests and benchmarks use is dead code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "zosimos"

ALLOWED: frozenset[str] = frozenset()
"""Modules that may be unreachable for now. The list may only shrink: an entry that is reached again fails."""


@cache
def modules() -> dict[str, Path]:
    """All modules of the package by their full name; a package's is its ``__init__``."""
    found = {}
    for room in (PACKAGE, *(path.resolve() for path in PACKAGE.iterdir() if path.is_dir())):
        for path in sorted(room.glob("*.py") if room == PACKAGE else room.rglob("*.py")):
            parts = path.relative_to(room).with_suffix("").parts
            names = ("zosimos",) if room == PACKAGE else ("zosimos", room.name)
            found[".".join([*names, *(part for part in parts if part != "__init__")])] = path
    return found


def roots() -> set[str]:
    """What is public by itself: entry points, ``__main__``, conformance kits, packages, and pyserial's URL handlers.

    pyserial finds handlers by their names in a package, in which we have registered one.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    points = [point for group in project.get("entry-points", {}).values() for point in group.values()]
    named = {point.split(":")[0] for point in (*project["scripts"].values(), *points)}
    public = {
        name
        for name, path in modules().items()
        if path.name == "__init__.py"
        or name.rpartition(".")[2] in ("__main__", "testing")
        or name.startswith("zosimos.instruments.urls.protocol_")
    }
    return named | public


def used(tree: ast.AST, known: frozenset[str]) -> Iterator[str]:
    """Modules among the known ones that code imports, anywhere in it, or names in a string as registries do."""
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
            yield from (name for name in names if name in known)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.split(":")[0]
            if name in known:
                yield name


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what can run: an import for type checkers alone reaches nothing."""
    yield node
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for child in node.orelse:
            yield from _running(child)
        return
    for child in ast.iter_child_nodes(node):
        yield from _running(child)


def unreached() -> set[str]:
    known = frozenset(modules())
    waiting, seen = sorted(roots() & known), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += used(ast.parse(modules()[name].read_text()), known)
    return set(known) - seen


def test_every_module_is_reached_from_an_entry_point_a_registry_or_a_face():
    left = sorted(unreached() - ALLOWED)
    assert not left, f"nothing but tests reaches these: wire each to a spec field or a command, or delete it: {left}"


def test_the_list_of_exceptions_only_shrinks():
    over = sorted(ALLOWED - unreached())
    assert not over, f"these are reached or gone: take them off the list: {over}"


def test_entry_points_of_the_package_name_modules_that_exist():
    assert roots() <= set(modules())


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("import zosimos.a", {"zosimos.a"}),
        ("from zosimos import a", {"zosimos", "zosimos.a"}),
        ("def f():\n    from zosimos.a import g", {"zosimos.a"}),
        ("TABLE = {'x': ('zosimos.a', 'make')}", {"zosimos.a"}),
        ("if TYPE_CHECKING:\n    import zosimos.a", set()),
        ("from elsewhere import a", set()),
        ("'see zosimos.a, which nobody imports'", set()),
    ],
)
def test_imports_and_registered_names_reach_a_module_and_mere_mentions_do_not(code, reached):
    assert set(used(ast.parse(code), frozenset({"zosimos", "zosimos.a"}))) == reached
