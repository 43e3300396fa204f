"""Headers of tables that come back have units where each column is still taken for what it is."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scripted_lab import NOW
from told_tables import results

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.tables import experiments_csv
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import assemble
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.titles import titles
from zosimos.campaign.tables.writing import proposals_csv
from zosimos.core.errors import SpecError
from zosimos.core.records import Candidate
from zosimos.core.values import Values

UNITS = ("", "degC", "K", "g", "mg", "%", "mPa*s", "wt%", "1/min", "mL", "L", "C", "cm^2/V/s", "EUR/kg")
AWKWARD = st.sampled_from(
    (
        *("t", "T", "Temp", "temp", "T (°C)", "T (K)", "t_C", "T_degC", "y", "Y", "sd y", "y sd", "u(y)", "pH", "a_b"),
        *("a-b", "'t", "#t", "=t", "t in K", "t / K", "t, K", "Yield (%)", "experiment id", "Nr", "Failure", "m [g]"),
        *("\u200bt", "ß", "SS", "ﬁ", "fi", "1", "m (g", "m)", "y_predicted", "status", "°C", "-", "n/a", "id"),
    )
)
NAMES = AWKWARD | st.text("tT (°C)/,_'#=\u200b K[]gß-", min_size=1, max_size=6)
NAMED = st.dictionaries(NAMES, st.sampled_from(UNITS), min_size=1, max_size=5)


def asked(ledger: Ledger, parameters: Mapping[str, str], outcomes: Mapping[str, str]) -> State:
    """A campaign of some names with their units, asked once."""
    spec = {
        "name": "names",
        "space": {name: {"min": 1, "max": 2, "unit": unit} for name, unit in parameters.items()},
        "objectives": {name: {"goal": "max", "unit": unit} for name, unit in outcomes.items()},
        "budget": {"experiments": 9},
    }
    setup = assemble(parse_spec(spec), {})
    record = create(ledger, setup, author="tester", now=NOW, entropy=random.Random(1))
    point: Values = dict.fromkeys(parameters, 1.5)
    Commands(record, "tester", NOW).ask(setup, 1, lambda _setup, _inputs: [Candidate(point, "test")])
    return record.state


def header(state: State) -> list[str]:
    return next(csv.reader(io.StringIO(proposals_csv(state, []))))


@pytest.mark.slow
@given(NAMED, NAMED)
def test_every_header_is_taken_for_its_own_column_in_its_own_unit(
    parameters: dict[str, str], outcomes: dict[str, str]
) -> None:
    with Ledger("sqlite://") as ledger:
        try:
            state = asked(ledger, parameters, outcomes)
        except SpecError:
            assume(False)  # names that no table can tell apart
        own = ["experiment", *parameters]
        own += [column for name in outcomes for column in (name, f"{name}_uncertainty")]
        found = Targets(state).match(header(state)).columns
        assert [(one.target.column, one.unit) for one in found] == [(name, "") for name in (*own, "failed")]


def test_a_unit_that_would_make_a_header_another_column_is_left_out() -> None:
    with Ledger("sqlite://") as ledger:
        state = asked(ledger, {"t": "degC", "T (°C)": "degC", "m": "g"}, {"y": "%"})
        assert header(state)[:5] == ["experiment", "t", "T (°C)", "m (g)", "y (%)"]
        assert experiments_csv(state, titles(state)).startswith("experiment,t,T (°C),m (g),y (%),")
        (found,) = results(
            state, proposals_csv(state, list(state.experiments.values())).encode().replace(b"1.5,,", b"1.5,80,")
        )
        assert (found.experiment, found.measurements[0].value) == ("e0001", 80.0)


def test_a_header_that_is_a_name_is_never_what_columns_says_of_the_same_name_in_other_letters() -> None:
    with Ledger("sqlite://") as ledger:
        state = asked(ledger, {"t": "degC", "m": "g"}, {"y": "%"})
        targets = Targets(state, {"T": "m", "M": "y"})
        found = [targets.match([text]).columns[0].target.name for text in ("t", "T", "t (°C)", "m (g)", "M (%)")]
        assert found == ["t", "m", "t", "m", "y"]
