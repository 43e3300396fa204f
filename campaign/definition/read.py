"""Reading a spec: YAML or plain data in, a validated spec or one clear block of problems out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.designs import DESIGN, NUMBER
from zosimos.campaign.definition.lines import Lines
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.plugin_knob import RECORDED
from zosimos.core.errors import InputError, SpecError
from zosimos.core.validation import Source, validated
from zosimos.core.wrong_values import as_written

_TAGS = frozenset(
    {"continuous", "integer", "discrete", "categorical", "plugin", "expression", "linear", "simplex", "cardinality"}
    | {NUMBER, DESIGN}
)


def read_spec(path: Path, overrides: Sequence[str] = ()) -> CampaignSpec:
    """Read a campaign file, with ``path=value`` overrides applied first.

    Raises:
        SpecError: the file or an override is wrong; names the field, the value, what is allowed and the fix.
    """
    text = yaml.read_text(path)
    data = _mapping(text, path)
    given = [parse_assignment(override) for override in overrides]
    for place, value in given:
        data = with_value(data, place, value)
    return parse_spec(data, source=Lines(text, path.name, [place for place, _ in given]).source)


@contextmanager
def located(path: Path, overrides: Sequence[str]) -> Iterator[None]:
    """Add the line of a campaign file to an error about one of its fields that is found after it was read."""
    try:
        yield
    except InputError as error:
        if error.field and not error.where:
            overridden = [override.partition("=")[0].strip() for override in overrides]
            error.where = Lines(yaml.read_text(path), path.name, overridden).where(error.field)
        raise


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds names and values.

    Raises:
        SpecError: it cannot be read, is not YAML or holds something else.
    """
    return _mapping(yaml.read_text(path), path)


def _mapping(text: str, path: Path) -> dict[str, Any]:
    data = yaml.parse(text, str(path))
    if not isinstance(data, dict):
        raise SpecError(
            f"{path} is not a campaign file",
            field="file",
            value="it is empty" if data is None else "a list" if isinstance(data, list) else as_written(data),
            allowed="'name: value' lines: name, space, objectives, budget and the like",
            hint="begin with name: my first campaign, then space:, objectives: and budget:",
        )
    return data


def parse_spec(data: Any, *, recorded: bool = False, source: Source | None = None) -> CampaignSpec:
    """Validate plain data as a spec.

    Args:
        data: the data.
        recorded: they are on record: a parameter type whose package is gone since can be looked at, if not used.
        source: what is known of the text that they came from.

    Raises:
        SpecError: names every field that is wrong.
    """
    return validated(CampaignSpec, data, tags=_TAGS, context={RECORDED: recorded}, source=source)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Return the path and the value of ``path=value``; the value is read as YAML.

    Raises:
        SpecError: there is no ``=`` or no path.

    >>> parse_assignment("space.temperature.max=80")
    ('space.temperature.max', 80)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise SpecError(
            "not an assignment", field="--set", value=text, allowed="path=value, such as space.temperature.max=80"
        )
    return path.strip(), yaml.parse(value, f"--set {path.strip()}")


def with_value(data: Mapping[str, Any], path: str, value: Any, within: str = "") -> dict[str, Any]:
    """Return a copy of nested data with the value at a dotted path replaced; names may themselves hold dots.

    Raises:
        SpecError: there is nothing inside a part of the path; ``within`` is the path of the data, for this message.
    """
    changed = dict(data)
    if path in changed or "." not in path:
        changed[path] = value
        return changed
    names = sorted(map(str, changed), key=len, reverse=True)  # a file's keys may be numbers
    name = next((name for name in names if path.startswith(f"{name}.")), path.split(".", 1)[0])
    inner = changed.get(name)
    if inner is None:
        inner = {}
    if not isinstance(inner, Mapping):
        raise SpecError(
            f"{within}{name} has nothing inside it to set",
            field=f"{within}{path}",
            value=inner,
            hint=f"set {within}{name} itself to a new value",
        )
    changed[name] = with_value(inner, path[len(name) + 1 :], value, f"{within}{name}.")
    return changed
