"""The source of the package as the tests of its shape read it: modules, definitions, and what refers to them.

A *definition* is a class, a function or a constant at the top of a module. Code that runs when its module is imported
is where looking begins; from there each name, attribute of a module, import and registered text leads on, into the
definition it means. What is never met serves nothing.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "zosimos"


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


@cache
def tree(module: str) -> ast.Module:
    """The parsed source of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def entry_points() -> list[str]:
    """What the package's entry points and commands name, as ``module:name``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [point for group in project.get("entry-points", {}).values() for point in group.values()]
    return [*project["scripts"].values(), *points]


def public_by_itself(module: str) -> bool:
    """Whether others reach a module by its name: a package, a kit, ``__main__``, a URL handler of pyserial's."""
    return (
        modules()[module].name == "__init__.py"
        or module.rpartition(".")[2] in ("__main__", "testing")
        or module.startswith("zosimos.instruments.urls.protocol_")
    )


@dataclass(frozen=True)
class Definition:
    """A name at the top of a module."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass
class Source:
    """Modules by name and what refers to what in them."""

    trees: Mapping[str, ast.Module]
    parts: dict[Definition, list[ast.AST]] = field(default_factory=dict)
    running: dict[str, list[ast.AST]] = field(default_factory=dict)
    aliases: dict[str, dict[str, Definition]] = field(default_factory=dict)
    _leads: dict[Definition, list[Definition]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module, tree in self.trees.items():
            self.running[module], self.aliases[module] = [], {}
            for statement in tree.body:
                telling = list(_telling(statement))
                self.aliases[module].update(_imported(telling))
                names = list(_defined(statement))
                for name in names:
                    self.parts.setdefault(Definition(module, name), []).extend(telling)
                if not (names or isinstance(statement, ast.Import | ast.ImportFrom) or _types_only(statement)):
                    self.running[module] += telling

    def reached(self, roots: Iterable[Definition], outside: Iterable[ast.AST] = ()) -> set[Definition]:
        """Return the definitions that code at the top of modules, the roots or code outside the package lead to."""
        waiting = [found for root in roots if (found := self._found(root)) is not None]
        for module, telling in self.running.items():
            waiting += self._meant(module, telling)
        for tree in outside:
            waiting += self._meant("", list(_telling(tree)))
        seen: set[Definition] = set()
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += self._led_to(one)
        return seen

    def _led_to(self, one: Definition) -> list[Definition]:
        if one not in self._leads:
            self._leads[one] = list(self._meant(one.module, self.parts[one]))
        return self._leads[one]

    def _meant(self, module: str, telling: Sequence[ast.AST]) -> Iterator[Definition]:
        """Yield the definitions that a piece of a module's code refers to; "" is code outside the package."""
        known = self.aliases[module] if module else dict(_imported(telling))
        wanted: list[Definition] = list(known.values()) if not module else []
        texts: list[str] = []
        for one in telling:
            if isinstance(one, ast.Constant):
                texts.append(one.value)
            elif isinstance(one, ast.Name):
                wanted.append(known.get(one.id) or Definition(module, one.id))
            elif isinstance(one, ast.Attribute):
                wanted += self._attribute(one, known)
        named = {text.partition(":")[0] for text in texts} & self.trees.keys()
        for text in texts:
            place, colon, name = text.partition(":")
            wanted += [Definition(place, name)] if colon else [Definition(home, text) for home in named]
            wanted.append(Definition(*text.rpartition(".")[::2]))
        yield from (found for one in wanted if (found := self._found(one)) is not None)

    def _attribute(self, node: ast.Attribute, known: Mapping[str, Definition]) -> Iterator[Definition]:
        """Yield what an attribute of a module means, wherever its dotted name begins."""
        parts = [node.attr]
        inner: ast.expr = node.value
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            base = known.get(inner.id)
            path = ".".join([str(base) if base else inner.id, *reversed(parts)]).lstrip(".")
            yield Definition(*path.rpartition(".")[::2])

    def _found(self, wanted: Definition) -> Definition | None:
        """Return the definition a name means, through modules that only pass it on; None where it is none of ours."""
        for _ in range(9):
            if wanted in self.parts:
                return wanted
            passed = self.aliases.get(wanted.module, {}).get(wanted.name)
            if passed is None or passed == wanted:
                return None
            wanted = passed
        return None


def _telling(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what can refer to a definition, anywhere in a piece of code: names, attributes, texts and imports."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        text = isinstance(one, ast.Constant) and isinstance(one.value, str)
        if text or isinstance(one, ast.Name | ast.Attribute | ast.Import | ast.ImportFrom):
            yield one
        for value in vars(one).values():
            if isinstance(value, list):
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


def _imported(telling: Iterable[ast.AST]) -> Iterator[tuple[str, Definition]]:
    """Yield the names that imports give to definitions and modules."""
    for node in telling:
        if isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, Definition(node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or first, Definition(*first.rpartition(".")[::2])


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top of a module defines and that are used only by name."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        if not any(_registers(decorator) for decorator in statement.decorator_list):
            yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if all(isinstance(target, ast.Name) for target in targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _registers(decorator: ast.expr) -> bool:
    """Whether a decorator hands what it decorates to somebody, as ``@app.command()`` does."""
    if not isinstance(decorator, ast.Call):
        return False
    return ast.unparse(decorator.func).rpartition(".")[2] in ("callback", "command")


def _types_only(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test)
