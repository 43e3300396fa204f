"""YAML read strictly: one document, no key twice, no anchors, bounded size; every error names its line.

Numbers are those of YAML 1.2. The 1.1 rules that PyYAML brings would read 1:30 as 90, 010 as 8 and 1e-3 as text. Dates
stay text: a spec is JSON data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from zosimos.core.errors import SpecError

_MAX_BYTES = 1_000_000


_OWN_RULES = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys, which YAML would silently let the last one win."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, rule) for tag, rule in rules if tag not in _OWN_RULES]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Return a whole number; leading zeros mean nothing."""
        return int(self.construct_scalar(node))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping, refusing a key that stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key if isinstance(key, str | int | float) else id(key_node))
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few lines of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not accepted", mark)
        return super().compose_node(parent, index)


_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_yaml_int)


class _PlainDumper(yaml.SafeDumper):
    """Writes text so that both the rules of YAML 1.1 and ours read it as text, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        """Write what stands twice twice: aliases are refused when read."""
        return True


_PlainDumper.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_PlainDumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))


def dump(data: Any) -> str:
    """Return plain data as YAML that :func:`parse` reads as the same: short groups on one line, names as they came.

    >>> print(dump({"space": {"a": {"min": 0, "max": 1}}, "note": "1e-3"}), end="")
    space:
      a: {min: 0, max: 1}
    note: '1e-3'
    """
    text = yaml.dump(data, Dumper=_PlainDumper, default_flow_style=None, sort_keys=False, allow_unicode=True, width=110)
    return str(text)


def read_text(path: Path) -> str:
    """Return a campaign file's text.

    Raises:
        SpecError: it cannot be read, is too large or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SpecError(
            f"cannot read {path}: {error.strerror}", field="file", value=str(path), hint="check the path and its rights"
        ) from error
    if len(data) > _MAX_BYTES:
        raise SpecError(f"{path} is too large", field="file", value=f"{len(data)} bytes", allowed=f"{_MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SpecError(
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x} on line {line}",
            field="file",
            value=str(path),
            allowed="YAML in UTF-8",
            hint="save the file as UTF-8 in your editor",
        ) from error


def parse(text: str, source: str = "the text") -> Any:
    """Return what a YAML text says.

    Raises:
        SpecError: it is not YAML, or uses what is refused here.

    >>> parse("a: {b: 1}")
    {'a': {'b': 1}}
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise SpecError(
            f"{source}{where}: {getattr(error, 'problem', None) or 'not YAML'}",
            field="file",
            value=source,
            allowed="YAML: 'name: value' lines, indented with spaces",
            hint="check the indentation, the colons and the quotes near that line",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # PyYAML's constructors let these through
        raise SpecError(
            f"{source}: a value is not what its tag says, or too large: {error}", field="file", value=source
        ) from error
    except RecursionError as error:
        raise SpecError(f"{source} is nested too deeply", field="file", value=source) from error
