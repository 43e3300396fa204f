"""Statements: each form is read from its sentences, writes itself so that it reads back, and is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.statement_grammar import LONGEST, parse_statement
from zosimos.planners.goal.statements import (
    Interaction,
    Law,
    Region,
    Rule,
    Statement,
    Trend,
    check_statement,
    read_statement,
    statement_json,
)

SPACE = SearchSpace(
    (
        Continuous("red", 0.0, 1.0),
        Continuous("flow-rate", 0.0, 5.0),
        Integer("n", 1, 5),
        Categorical("solvent", ("DMF", "water")),
        Continuous("humidity", 0.0, 1.0, role="context"),
    )
)
PARAMETERS = [parameter.name for parameter in SPACE.parameters]
QUANTITIES = ["delta_e", "yield"]


def read(text: str, quantities: list[str] | None = None, **more: Any) -> Statement:
    return parse_statement(text, PARAMETERS, quantities or QUANTITIES, **more)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("delta_e falls with red", Trend("delta_e", "red", "falls")),
        (
            "  delta_e  rises with `flow-rate` where red > 0.2 and n < 3 ",
            Trend("delta_e", "flow-rate", "rises", "red > 0.2 and n < 3"),
        ),
        ("yield rises with flow-rate", Trend("yield", "flow-rate", "rises")),
        ("red and solvent interact on yield", Interaction("yield", "red", "solvent")),
        ("the effect of red on delta_e depends on n", Interaction("delta_e", "red", "n")),
        ("the best yield lies where red > 0.4", Region("yield", "red > 0.4")),
        ("yield > 60 where solvent == 'DMF'", Rule("yield", ">", 60.0, "solvent == 'DMF'")),
        ("yield ≤ -1.5e2 where red<0.5", Rule("yield", "<=", -150.0, "red<0.5")),
        ("if red > 0.4 then delta_e < 3", Rule("delta_e", "<", 3.0, "red > 0.4")),
        ("if red > 0.4, then delta_e < 3", Rule("delta_e", "<", 3.0, "red > 0.4")),
        ("yield = k*red with k in [0, 5]", Law("yield", "k*red", {"k": (0.0, 5.0)})),
        (
            "yield = (k * red) / (m + n) with k in [-1, 5] and m in [0.1, 2e3]",
            Law("yield", "(k * red) / (m + n)", {"k": (-1.0, 5.0), "m": (0.1, 2000.0)}),
        ),
        ("yield = 3 * red", Law("yield", "3 * red")),
    ],
)
def test_a_sentence_is_read_and_reads_back(text: str, statement: Statement) -> None:
    assert read(text) == statement
    assert read(str(statement)) == statement
    check_statement(statement, SPACE, QUANTITIES)


def test_the_best_is_that_of_the_only_objective_where_there_is_one() -> None:
    assert read("the best lies where red > 0.4", ["yield"]) == Region("yield", "red > 0.4")
    with pytest.raises(SpecError, match="no statement") as caught:
        read("the best lies where red > 0.4")
    assert "delta_e, yield" in (caught.value.allowed or "")


def test_a_formula_that_the_campaign_names_is_stated_by_its_name() -> None:
    hill = Law("yield", "k*red", {"k": (0.0, 5.0)})
    assert read("yield follows hill", laws=[("hill", hill)]) == hill
    for text in ("yield follows hull", "delta_e follows hill"):
        with pytest.raises(SpecError, match="states no formula"):
            read(text, laws=[("hill", hill)])


CONDITIONS = st.sampled_from(["red > 0.4", "n >= 2 and red < 0.9", "solvent == 'DMF'", "`flow-rate` + red < 3"])
NUMBERS = st.floats(-1e9, 1e9)
NUMERIC = st.sampled_from(["red", "flow-rate", "n"])
BOUNDS = st.tuples(NUMBERS, NUMBERS).filter(lambda two: two[0] != two[1]).map(lambda two: (min(two), max(two)))
STATEMENTS: st.SearchStrategy[Statement] = st.one_of(
    st.builds(
        Trend, st.sampled_from(QUANTITIES), NUMERIC, st.sampled_from(["rises", "falls"]), st.just("") | CONDITIONS
    ),
    st.builds(Interaction, st.sampled_from(QUANTITIES), st.just("red"), st.sampled_from(["n", "solvent", "flow-rate"])),
    st.builds(Region, st.sampled_from(QUANTITIES), CONDITIONS),
    st.builds(Rule, st.sampled_from(QUANTITIES), st.sampled_from(["<", "<=", ">", ">="]), NUMBERS, CONDITIONS),
    st.builds(
        Law,
        st.sampled_from(QUANTITIES),
        st.just("k*red / (m + `flow-rate`)"),
        st.fixed_dictionaries({"k": BOUNDS, "m": BOUNDS}),
    ),
)


@given(STATEMENTS)
def test_every_statement_reads_back_from_its_sentence_and_from_json(statement: Statement) -> None:
    assert read(str(statement)) == statement
    assert read_statement(json.loads(json.dumps(statement_json(statement)))) == statement
    check_statement(statement, SPACE, QUANTITIES)


ODD = ["if", "where", "rises", "with", "in", "the best", "a and b", "T (°C)", "then", "follows", "lies", "x = y", "on"]


@given(st.permutations(ODD), st.sampled_from(["<", ">="]))
def test_any_name_can_be_said_in_backticks(names: list[str], sign: str) -> None:
    quantity, first, second = names[:3]
    for statement in (
        Trend(quantity, first, "falls", f"`{second}` > 1"),
        Interaction(quantity, first, second),
        Region(quantity, f"`{first}` > 1"),
        Rule(quantity, sign, 2.5, f"`{first}` > 1"),  # type: ignore[arg-type]  # one of its signs
        Law(quantity, f"k * `{first}`", {"k": (0.0, 1.0)}),
    ):
        assert parse_statement(str(statement), names[1:], names[:1]) == statement


WORDS = st.sampled_from(["the best", "lies where", "with", "and", "if", "then", "in", "[", "]", "=", ">", "`", "red"])


@given(st.text(max_size=200) | st.lists(WORDS).map(" ".join))
def test_any_text_is_a_statement_that_reads_back_or_refused_as_one(text: str) -> None:
    try:
        found = read(text)
    except SpecError as error:
        place = error.field or ""
    else:
        place = "hypothesis"
        assert read(str(found)) == found
    assert place.startswith("hypothesis")


@pytest.mark.parametrize(
    "text",
    [
        "the effect of " + "on " * 250,
        "the best " + " " * 700,
        "a" * LONGEST + "a",
        "`" * 700,
        "yield = " + "(" * 700,
        "yield = k with " + "k in [1, 2], " * 50,
        "yield = " + "with " * 150 + "k in [",
        "if " + "red > 0 and " * 60 + "then",
        "delta_e falls with red\nwhere red > 0",
        "delta_e falls with red\x1b[2J",
        "delta_e falls with \u202ered",
    ],
)
def test_a_text_made_to_take_long_or_to_look_like_another_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("delta falls with red", "no objective 'delta'"),
        ("delta_e falls with rad", "no parameter 'rad'"),
        ("red and red interact on delta_e", "no interaction with itself"),
        ("yield > where red > 1", "no statement"),
        ("yield > 60", "no statement"),
        ("yield = k*red with k in [5, 0]", "leave nothing"),
        ("yield = k*red with k in [0, 5], k in [0, 6]", "cannot be read"),
        ("yield = k*red with k in [0, 1e13]", "leave nothing"),
        ("yield = k*red with q in [0, 5]", "not in the formula"),
        ("yield = __import__('os') with k in [0, 5]", "refused"),
        ("the best yield lies where red", "compares nothing"),
        (f"yield = {'+'.join('abcdefg')} with {', '.join(f'{c} in [0, 1]' for c in 'abcdefg')}", "too many constants"),
    ],
)
def test_what_is_wrong_with_a_sentence_is_said(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        read(text)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (Trend("yield", "solvent", "rises"), "no order"),
        (Trend("yield", "humidity", "rises"), "not chosen but found"),
        (Interaction("yield", "red", "humidity"), "not chosen but found"),
        (Trend("colour", "red", "rises"), "no objective"),
        (Trend("yield", "blue", "rises"), "no parameter"),
        (Trend("yield", "red", "rises", "n > 9"), "nothing that may be tried"),
        (Region("yield", "solvent == 'DMFF'"), "nothing that may be tried"),
        (Region("yield", "solvent > 1"), "has no numbers"),
        (Region("yield", "red > -1"), "says nothing"),
        (Rule("yield", ">", 1.0, "red > 2"), "nothing that may be tried"),
        (Region("a`b", "red > 0.5"), "no statement can hold"),
        (Law("yield", "k*red"), "'k', which has no number"),
        (Law("yield", "red*n", {"red": (0.0, 1.0)}), "a parameter and a constant"),
        (Law("yield", "solvent*2"), "has no number"),
    ],
)
def test_a_statement_that_does_not_fit_the_campaign_is_refused(statement: Statement, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        check_statement(statement, SPACE, [*QUANTITIES, "a`b"])
