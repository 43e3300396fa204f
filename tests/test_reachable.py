"""Every module is reached by an entry point, a registry or a face; what only tests and benchmarks use is dead code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.exceptions import Exceptions
from tests.shape.source import entry_points, modules, public_by_itself, tree

UNREACHED = Exceptions({}, at_most=0)
"""Modules that nothing reaches, and why they may stay for now."""


def roots() -> set[str]:
    """What is public by itself: entry points, ``__main__``, conformance kits, packages, and pyserial's URL handlers."""
    return {point.partition(":")[0] for point in entry_points()} | set(filter(public_by_itself, modules()))


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
        waiting += used(tree(name), known)
    return set(known) - seen


@pytest.mark.slow
def test_every_module_is_reached_from_an_entry_point_a_registry_or_a_face():
    UNREACHED.check(unreached(), "nothing but tests reaches these: wire each to a field or a command, or delete it")


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
