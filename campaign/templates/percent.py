"""Percent: which outcomes cannot lie below 0 or above 100, told by their unit and what they are called.

Only shares of a whole are taken for such: an elongation, a swelling or a change in percent may be more than 100, an
enantiomeric excess less than 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from zosimos.campaign.templates.phrases import Aim

_SHARE = re.compile(
    r"yield|ausbeute|conversion|umsatz|purity|reinheit|impurit|verunreinig|selectiv|selektiv", re.IGNORECASE
)
_LOW, _HIGH = 0.0, 100.0


def limited(aim: Aim, seen: Iterable[float] = ()) -> Aim:
    """Return an aim with limits if it is a share in percent, and what was seen of it keeps to them.

    >>> limited(Aim("yield", "max", "%")).limits, limited(Aim("swelling", "max", "%")).limits
    ((0.0, 100.0), None)
    """
    wanted = () if aim.target is None else (aim.target,)
    fits = all(_LOW <= value <= _HIGH for value in (*wanted, *seen))
    share = aim.unit == "%" and _SHARE.search(aim.name) is not None
    return replace(aim, limits=(_LOW, _HIGH)) if share and fits else aim
