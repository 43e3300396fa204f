"""Events of a shape, right and wrong, for the property tests of their folds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed

C = "c-20300101t000000-00000000"
AT = "2030-01-01T00:00:00+00:00"
BY = {"name": "person", "at": AT}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def shape(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies with these fields, most of them right; some hold anything, some are missing."""
    mostly = {name: st.one_of(right, right, right, JSON) for name, right in fields.items()}
    missing = st.sets(st.sampled_from(sorted(fields)), max_size=1)
    return st.tuples(st.fixed_dictionaries(mostly), missing).map(
        lambda made: {name: item for name, item in made[0].items() if name not in made[1]}
    )


def chain(*drafts: Draft) -> list[Event]:
    made: list[Event] = []
    for seq, draft in enumerate(drafts, start=1):
        made.append(sealed(C, seq, AT, draft, made[-1].hash if made else GENESIS))
    return made
