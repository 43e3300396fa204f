"""Parameters: the knobs of an experiment.

Four kinds: continuous (linear or log, with an optional step), integer, discrete (numeric levels) and categorical
(with optional numeric descriptors). Each is a frozen value that checks itself when it is made, can judge a value, and
maps values to numbers for the models: ``from_unit`` turns a coordinate in [0, 1) into a valid value (for samplers),
``features`` turns a value into model columns, scaled so that the declared range is [0, 1]. ``drawn``, ``encoded`` and
``allows`` do the same for whole columns of values at once.

A parameter with the role ``context`` is not chosen but found: humidity, the batch of a reagent, who is on duty.
"""

from __future__ import annotations

from typing import TypeAlias

from zosimos.core.categorical import Categorical
from zosimos.core.continuous import Continuous
from zosimos.core.discrete import Discrete
from zosimos.core.integer import Integer
from zosimos.core.values import Role, Value, Values

__all__ = ["Categorical", "Continuous", "Discrete", "Integer", "Parameter", "Role", "Value", "Values"]

Parameter: TypeAlias = Continuous | Integer | Discrete | Categorical
