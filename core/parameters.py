"""Parameters: the knobs of an experiment, and what all of them answer (:class:`~zosimos.core.parameter.Parameter`).

Four types are here: continuous (linear or log, with an optional step), integer, discrete (numeric levels) and
categorical (with optional numeric descriptors). Each is a frozen value that checks itself when it is made, can judge a
value, and maps values to numbers for samplers and models. ``from_unit`` and ``features`` do for one value what
``drawn`` and ``encoded`` do for whole columns of values at once.

A parameter with the role ``context`` is not chosen but found: humidity, the batch of a reagent, who is on duty.
"""

from __future__ import annotations

from zosimos.core.categorical import Categorical
from zosimos.core.continuous import Continuous
from zosimos.core.discrete import Discrete
from zosimos.core.integer import Integer
from zosimos.core.parameter import Parameter, as_values, levels_of, range_of, value_at
from zosimos.core.values import Role, Value, Values

__all__ = [
    "Categorical",
    "Continuous",
    "Discrete",
    "Integer",
    "Parameter",
    "Role",
    "Value",
    "Values",
    "as_values",
    "levels_of",
    "range_of",
    "value_at",
]
