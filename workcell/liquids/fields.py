"""Fields of the actions that move liquids."""

from __future__ import annotations

from typing import Annotated

from zosimos.instruments.capabilities.dispenses import DISPENSES
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.protocol.fields import Needs, Place
from zosimos.workcell.words import Word

Pump = Annotated[Word, Needs(DISPENSES.name)]
Where = Annotated[Word, Place()]
Volume = Annotated[Amount, InUnit("mL", "volume", least=0)]
