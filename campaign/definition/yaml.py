"""YAML read strictly: one document, no key twice, no anchors, bounded size; every error names its line.

Numbers are those of YAML 1.2. The 1.1 rules that PyYAML brings would read 1:30 as 90, 010 as 8 and 1e-3 as text. Dates
stay text: a spec is JSON data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from zosimos.campaign.definition.mistakes import mistake
from zosimos.core.errors import SpecError
from zosimos.core.files import TEXT_BYTES, read_file

_DEEPEST = 100  # levels; what people write has some ten
_QUOTES = re.compile(r"""['"].*""", re.DOTALL)

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

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases, a few lines of which can stand for gigabytes, and nesting that nobody could follow."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        if self.check_event(yaml.AliasEvent) or getattr(self.peek_event(), "anchor", None):  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not accepted", mark)
        if self._depth > _DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"nested too deeply, over {_DEEPEST} levels", mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


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
    data = read_file(path, "file", at_most=TEXT_BYTES, error=SpecError)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        kind = "is a spreadsheet or an archive, not a text" if data.startswith(b"PK") else "is not UTF-8 text"
        raise SpecError(
            f"{path} {kind}: line {line} has characters of another kind",
            field="file",
            value=str(path),
            allowed="a text file with 'name: value' lines (YAML), in UTF-8",
            hint="save the file as UTF-8 in your editor (Notepad: Save as, Encoding: UTF-8)",
        ) from error


def parse(text: str, source: str = "the text", *, quote: bool = True) -> Any:
    """Return what a YAML text says.

    Args:
        text: the text.
        source: names it in messages.
        quote: whether a message may quote it; not what another file names, which may be any file with secrets.

    Raises:
        SpecError: it is not YAML, uses what is refused here, or is longer than anything that people write.

    >>> parse("a: {b: 1}")
    {'a': {'b': 1}}
    """
    if len(text) > TEXT_BYTES:
        raise SpecError(
            f"{source} is too large", field="file", value=f"{len(text)} characters", allowed=f"{TEXT_BYTES} at most"
        )
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        found = mistake(text, error)
        line = "" if found.line is None else f", line {found.line}"
        raise SpecError(
            f"{source}{line}: {found.words if quote else _QUOTES.sub('...', found.words)}",
            field="file",
            value=source,
            allowed="'name: value' lines, indented with spaces (YAML)",
            hint=(found.hint if quote else "") or "check the indentation, the colons and the quotes near that line",
        ) from (error if quote else None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # PyYAML's constructors let these through
        raise SpecError(
            f"{source}: a value is not what its tag says, or too large",
            field="file",
            value=source,
            hint="leave tags such as !!int out, and write the value alone",
        ) from (error if quote else None)
