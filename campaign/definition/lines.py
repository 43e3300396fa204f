"""Lines: where in a campaign file a field stands, and what a person wrote there.

What is wrong with a field is found in the data that a file holds; a person looks for it in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from zosimos.campaign.definition.examples import example
from zosimos.core.validation import Source


@dataclass(frozen=True)
class Place:
    """A line, counted from 1, and the text of the value there, if it is one word or number."""

    line: int
    text: str | None


class Lines:
    """The lines of one YAML text."""

    def __init__(self, text: str, name: str, overridden: Sequence[str] = ()) -> None:
        """Remember a text; it is looked at when something is wrong with it.

        Args:
            text: of the file, which is YAML.
            name: of the file, for people.
            overridden: dotted paths that were set outside the file, so that it does not say them.
        """
        self._text = text
        self._name = name
        self._overridden = overridden

    @property
    def source(self) -> Source:
        """What errors may know of the file."""
        return Source(self.where, example, self._text_of)

    def where(self, field: str) -> str:
        """Return the file and line of a field, or of what is around it if it is missing; empty if it is not there."""
        found = self.place(field)
        return "" if found is None else f"{self._name}, line {found.line}"

    def _text_of(self, field: str) -> str | None:
        found = self.place(field)
        return None if found is None else found.text

    def place(self, field: str) -> Place | None:
        """Return the place of a field, or of the nearest part of the file around it; None if nothing of it is there."""
        within = f"{field}."
        if any(within.startswith(f"{path}.") or path.startswith(within) for path in self._overridden):
            return None
        try:
            node = yaml.compose(self._text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            return None
        return _found(node, field)


def _found(node: yaml.Node | None, field: str) -> Place | None:
    """Follow a dotted path as far as it goes; names may themselves hold dots."""
    line, text, rest = None, None, field
    while rest:
        key, value, rest = _step(node, rest)
        if key is None:
            break
        node = value
        line = key.start_mark.line + 1
        text = value.value if isinstance(value, yaml.ScalarNode) and not rest else None
    return None if line is None else Place(line, text)


def _step(node: yaml.Node | None, path: str) -> tuple[yaml.Node | None, yaml.Node | None, str]:
    """Return the key and the value of the first part of a path, and what is left of the path."""
    if isinstance(node, yaml.MappingNode):
        named = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        for key, value in sorted(named, key=lambda pair: -len(pair[0].value)):
            if path == key.value or path.startswith(f"{key.value}."):
                return key, value, path[len(key.value) + 1 :]
    if isinstance(node, yaml.SequenceNode):
        first, _, rest = path.partition(".")
        if first.isdigit() and int(first) < len(node.value):
            return node.value[int(first)], node.value[int(first)], rest
    return None, None, ""
