"""What an analysis method makes of values, with its faults as errors in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.analysis.methods import GROUP, method
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import ExecutionError, ZosimosError
from zosimos.core.plugins import package_of


def computed(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a method makes of its inputs.

    Raises:
        ExecutionError: it cannot use them.
    """
    try:
        found = dict(method(name).compute(inputs))
        canonical_json(found)  # a record must hold it
    except ZosimosError:
        raise
    except Exception as error:
        raise ExecutionError(
            f"the method {name} cannot use what it was given: {error!r}",
            field="compute",
            value=", ".join(inputs),
            hint=f"check the method and the names under 'using' in the protocol; {package_of(GROUP, name)} brings it",
        ) from error
    return found
