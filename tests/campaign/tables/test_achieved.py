"""Rows of a table and the proposals they are of: by rounding, never another's, and never by chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign
from told_tables import reading

from zosimos.campaign.control.manual_results import Choices, Result
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError
from zosimos.core.records import Candidate
from zosimos.core.values import Value, Values

SPACE: Mapping[str, Any] = {
    "a": {"min": -50, "max": 50},
    "b": {"min": 0.001, "max": 1000, "log": True},
    "n": {"type": "integer", "min": 0, "max": 20},
    "c": {"choices": ["DMF", "THF", "water"]},
}
POINTS = st.builds(
    lambda a, b, n, c: {"a": a, "b": b, "n": n, "c": c},
    st.floats(-50, 50).map(lambda x: x if abs(x) > 1e-6 else 0.0),
    st.floats(0.001, 1000),
    st.integers(0, 20),
    st.sampled_from(["DMF", "THF", "water"]),
)


def asked(ledger: Ledger, rows: list[Values], **space: Any) -> Campaign:
    campaign = Campaign(ledger, None, space=dict(space or SPACE))

    def propose(setup: Setup, inputs: Inputs) -> list[Candidate]:
        return [Candidate(row, "test") for row in rows]

    campaign.commands.ask(campaign.setup, len(rows), propose)
    return campaign


def written(value: Value, digits: int) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def table(rows: list[Values], digits: int, names: list[str] | None = None) -> bytes:
    lines = [",".join([*(["experiment"] if names else []), *rows[0], "y"])]
    for place, row in enumerate(rows):
        cells = [written(value, digits) for value in row.values()]
        lines.append(",".join([*([names[place]] if names else []), *cells, "1.5"]))
    return "\n".join(lines).encode()


def told(campaign: Campaign, data: bytes) -> list[Result]:
    return list(reading(campaign.state, data, decimal="point").results)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=4), st.sampled_from([15, 10, 6, 4]), st.booleans())
def test_rows_come_back_as_their_proposals_with_and_without_ids(
    rows: list[Values], digits: int, with_ids: bool
) -> None:
    """Two proposals that are the same as far as they are written are told apart by ids alone."""
    texts = [tuple(written(value, digits) for value in row.values()) for row in rows]
    assume(len(set(texts)) == len(texts))
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, rows)
        names = [f"e{place + 1:04d}" for place in range(len(rows))]
        found = told(campaign, table(rows, digits, names if with_ids else None))
        assert all(not result.achieved for result in found)
        for result, name, row in zip(found, names, rows, strict=True):
            if result.experiment is None:  # it may be two of them, and is none then
                text = [written(value, digits) for value in row.values()]
                assert not with_ids
                assert sum(fits(text, other) for other in rows) > 1
            else:
                assert (result.experiment, result.values) == (name, row)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS, st.sampled_from([15, 10, 6, 4]))
def test_another_point_is_never_taken_for_a_proposal(proposed: Values, other: Values, digits: int) -> None:
    texts = {name: written(value, digits) for name, value in other.items()}
    assume(not fits(texts.values(), proposed))
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [proposed])
        (result,) = told(campaign, table([other], digits))
        assert result.experiment is None
        assert result.values == pytest.approx({name: type(other[name])(text) for name, text in texts.items()})


def fits(texts: Iterable[str], row: Values) -> bool:
    """Say whether texts are a row's values, as far as they are written."""
    return all(
        abs(float(text) - wanted) <= max(0.51 * 10.0 ** last_digit(text), 1e-9 * abs(wanted))
        if isinstance(wanted, float)
        else text == str(wanted)
        for text, wanted in zip(texts, row.values(), strict=True)
    )


def last_digit(text: str) -> int:
    """The power of ten of a number's last digit; those of whole numbers count from the last that is no zero."""
    digits, _, power = text.partition("e")
    _, _, decimals = digits.partition(".")
    zeros = len(digits) - len(digits.rstrip("0")) if not decimals else 0
    return int(power or 0) + zeros - len(decimals)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.floats(-50, 50), st.floats(-9.9, 9.9).filter(lambda x: abs(x) > 0.01))
def test_a_miss_of_less_than_a_tenth_of_the_range_is_where_it_was_run(wanted: float, by: float) -> None:
    there = round(wanted + by, 6)
    assume(abs(there) <= 50)
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [{"a": wanted}], a={"min": -50, "max": 50})
        (result,) = told(campaign, f"experiment,a,y\ne0001,{there!r},1\n".encode())
        assert result.experiment == "e0001"
        if result.achieved:
            assert result.achieved == {"a": there}
        else:
            assert abs(there - wanted) <= 0.5 * 10.0 ** last_digit(repr(there)) * 1.001
        campaign.commands.tell(campaign.setup, [result])
        assert campaign.state.observations[0].values["a"] == pytest.approx(result.achieved.get("a", wanted))
        assert campaign.experiment("e0001").values == {"a": wanted}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=6, unique=True))
def test_a_column_that_was_sorted_is_never_taken(column: list[float]) -> None:
    column = [round(value, 6) for value in column]
    assume(len(set(column)) == len(column))
    assume(column != sorted(column))
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [{"a": value} for value in column], a={"min": -50, "max": 50})
        names = [f"e{place + 1:04d}" for place in range(len(column))]
        text = "experiment,a,y\n" + "".join(f"{n},{v:.6f},1\n" for n, v in zip(names, sorted(column), strict=True))
        with pytest.raises(DataError, match=r"changed places|far from what was proposed"):
            told(campaign, text.encode())


def test_a_log_scale_is_judged_on_its_own_scale() -> None:
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [{"b": 1.0}], b={"min": 0.001, "max": 1000, "log": True})
        (result,) = told(campaign, b"experiment,b,y\ne0001,2.25,1\n")
        assert result.achieved == {"b": 2.25}
        for far in (b"6.5", b"0.1", b"0", b"-1"):
            with pytest.raises(DataError, match="far from what was proposed"):
                told(campaign, b"experiment,b,y\ne0001," + far + b",1\n")


def test_an_id_in_the_same_table_keeps_its_proposal_to_itself() -> None:
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [{"a": 1.25}], a={"min": -50, "max": 50})
        found = told(campaign, b"experiment,a,y\n,1.25,1\ne0001,1.25,2\n")
        assert [result.experiment for result in found] == [None, "e0001"]
        found = told(campaign, b"a,y\n1.25,1\n1.25,2\n")
        assert [result.experiment for result in found] == ["e0001", None]


def test_a_row_on_record_is_no_result_of_a_repeat_that_waits() -> None:
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, [{"a": 1.25}], a={"min": -50, "max": 50})
        campaign.commands.tell(campaign.setup, told(campaign, b"a,y\n1.25,1\n"))
        campaign.commands.ask(campaign.setup, 1, lambda _setup, _inputs: [Candidate({"a": 1.25}, "test")])
        found = told(campaign, b"a,y\n1.25,1\n1.25,1.5\n")
        assert [result.experiment for result in found] == [None, "e0002"]
        assert len(campaign.commands.report(campaign.setup, found, Choices()).new) == 1
        found = told(campaign, b"a,y\n1.25,1\n1.25,1.5\n")
        assert campaign.commands.report(campaign.setup, found, Choices()).on_record == ["e0001", "e0002"]
