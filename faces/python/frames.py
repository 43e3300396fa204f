"""Data frames: a campaign's experiments for pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zosimos.campaign.control.tables import EXPERIMENT, experiment_rows, outcomes_ever
from zosimos.campaign.record.state import State

if TYPE_CHECKING:
    import pandas as pd


def frame(state: State) -> pd.DataFrame:
    """Return a campaign's experiments as a data frame, indexed by their ids; what is not known is NaN."""
    import pandas as pd

    header, rows = experiment_rows(state)
    made = pd.DataFrame(list(rows), columns=header).set_index(EXPERIMENT)
    for name in outcomes_ever(state):
        shared = [f"{name}_u_shared"] if f"{name}_u_shared" in made else []
        for column in (name, f"{name}_uncertainty", *shared, f"{name}_predicted", f"{name}_predicted_sd"):
            made[column] = pd.to_numeric(made[column], errors="coerce")
    return made
