"""Asking: what goes on record when an advisor is asked, and of what it answers; pure functions of the state.

An answer comes from a model or somebody's program. It is taken item by item: what fits the campaign is recorded as one
advice, the rest is said. What would bind every proposer, whatever the author's weight, is not an advisor's to decide:
an exclusion, and how the campaign is planned, are wishes (:mod:`~zosimos.campaign.decisions.wishes`). So an answer
costs at most what trust allows its author, and how far to look, which doubles or halves the spreads that rows are
judged by and expires.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

from zosimos.campaign.decisions.advice_checks import check_reason
from zosimos.campaign.decisions.advising import ModelCall, Said, giving
from zosimos.campaign.decisions.moments import IN_A_ROW, tired, wish
from zosimos.campaign.decisions.wishes import Wished, wished
from zosimos.campaign.ledger.events import Draft, artifact_names
from zosimos.campaign.record.advisor_calls import AdvisorCall, Moment
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.model_use import MODELS, account, spent
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import InputError, StateError, ZosimosError
from zosimos.core.values import is_number
from zosimos.planners.advice import Advisor, Answer, AuthorKind, Exclude, Item, Wish, described

KIND = "advisor"
MOST = 12
"""Items of one answer, at most."""
_LONGEST = 300  # characters of each text of an answer that is kept
_LARGEST = 4000  # characters of an item as JSON
_WORDS = 4_000_000  # characters of what was said with models
_TOLD = 5  # items that were left out, in words
_COUNTED, _MANY = ("input", "output"), 10**12  # tokens
_NOTHING = Answer()


MakeAdvisor: TypeAlias = Callable[[str], Advisor]
"""Returns the advisor that a campaign file names; raises an error of ours where there is none."""


@dataclass(frozen=True)
class Heard:
    """What an advisor answered, or why it did not: ``problem`` in words."""

    answer: Answer = _NOTHING
    problem: str = ""


def wishing(state: State, by: Mapping[str, str], reason: str) -> Draft:
    """Return what records that a person wishes the advisor to be asked.

    Raises:
        StateError: there is none to ask, the campaign is not active, or the same wish stands already.
        SpecError: the reason is nothing that can be kept.
    """
    check_reason(reason)
    if state.spec.advisor is None:
        raise StateError(
            f"campaign {state.id} has no advisor",
            field="--ask",
            hint=f"zosimos steer {state.id} --set 'advisor={{kind: offline}}'",
        )
    if state.status != "active":
        raise StateError(
            f"campaign {state.id} is {state.status}: nobody is asked",
            field="--ask",
            value=state.status,
            allowed="active",
        )
    if wish(state):
        raise StateError(
            "the advisor is about to be asked already", field="--ask", hint="it is asked by the program that runs it"
        )
    return Draft("advice.wanted", {"by": dict(by), "reason": reason})


def asking(state: State, place: int, moment: Moment, author: str) -> list[Draft]:
    """Return what records that an advisor is asked: call number ``place``; nothing if it was asked meanwhile."""
    if state.spec.advisor is None or place != _place(state, moment):
        return []
    return [Draft("advice.asked", {"call": place, "moment": moment, "seen": len(state.observations), "author": author})]


def _place(state: State, moment: Moment) -> int:
    return len(state.calls) + 1 if moment != "word" else wish(state)


def told(words: str, state: State) -> list[Draft]:
    """Return a notice that tells a person something of the advisor, unless the last one said the same."""
    last = next((notice.words for notice in reversed(state.notices) if notice.kind == KIND), "")
    notice = Notice(KIND, "", "", len(state.observations), words)
    return [] if words == last else [Draft("notice.raised", notice.as_json())]


def trimmed(found: object) -> Heard:
    """Return what an advisor returned as an answer of a bearable size, whatever it was.

    It runs in the advisor's own thread: here a sequence without an end, or one that fails, ends.
    """
    try:
        answer = found if isinstance(found, Answer) else Answer(list(islice(iter(found), MOST + 1)))  # type: ignore[call-overload]  # whatever it is
        items = list(islice(iter(answer.items), MOST + 1))
        left = [short(one) for one in islice(answer.left_out, _TOLD)]
        if len(items) > MOST:
            left.append(f"all items beyond the first {MOST}")
        kept = []
        for item in items[:MOST]:
            problem = _too_large(item)
            left += [problem] if problem else []
            kept += [] if problem else [item]
        suggests = [short(one) for one in islice(answer.suggests, _TOLD)]
        tokens = {name: min(int(n), _MANY) for name in _COUNTED if (n := answer.tokens.get(name, 0)) > 0}
        cost = answer.cost if is_number(answer.cost) and 0 <= float(answer.cost or 0.0) < 1e9 else None
        wishes = [_whole(one) for one in islice(answer.wishes, _TOLD + 1)]
        if len(wishes) > _TOLD:
            left.append(f"all wishes beyond the first {_TOLD}")
        reason, model, prompt = (short(one) for one in (answer.reason, answer.model, answer.prompt))
        kind: AuthorKind = "llm" if answer.kind == "llm" else "program"  # a person speaks for themself
        asked, problem = _account(answer.asked)
        left += [problem] if problem else []
        return Heard(Answer(kept, reason, model, prompt, tokens, cost, suggests, left, kind, wishes[:_TOLD], asked))
    except Exception as error:  # noqa: BLE001 - what a program returns may raise anything when it is looked at
        return Heard(problem=f"its answer cannot be read: {short(f'{type(error).__name__}: {error}')}")


def _account(asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return an advisor's account of models as it may go on record, or nothing and what is wrong with it."""
    if not asked:
        return {}, ""
    text = canonical_json(asked)
    data = json.loads(text)
    if any(artifact_names({**data, "exchanges": []})):
        raise ValueError("it names artifacts")
    exchanges = data.pop("exchanges", [])
    account({MODELS: {**data, "exchanges": [], "tools": [], "seen": 0}})
    if len(text) > _WORDS:
        return {**data, "exchanges": []}, f"what was said with models, of {len(text)} characters"
    keys = ("model", "messages", "reply", "tools", "choice", "left_out")
    return {**data, "exchanges": [{key: one[key] for key in keys} for one in exchanges]}, ""


def answering(
    setup: Setup, state: State, place: int, heard: Heard, at: str, kept_as: Mapping[str, Any] | None = None
) -> list[Draft]:
    """Return what records the answer to a call, by its number: the advice if there is any, and what came of it.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        place: the number of the call.
        heard: the answer.
        at: when it was heard.
        kept_as: the names under which what models were asked and answered is kept (``exchanges``, ``tools``).
    """
    if not 1 <= place <= len(state.calls) or state.calls[place - 1].status not in ("wanted", "asked"):
        return []
    answer, spec, author = heard.answer, state.spec.advisor, state.calls[place - 1].author
    drafts: list[Draft] = []
    problem, left = heard.problem, list(answer.left_out)
    by = {"name": author, "at": at}
    found = [] if problem else wishes_in(answer, setup, state, by)
    suggests = [*answer.suggests, *map(short, found)]
    items: Sequence[Item] = [item for item in answer.items if not isinstance(item, Exclude)]
    if items and not problem:
        call = ModelCall(answer.model, answer.prompt, answer.cost) if answer.model else None
        lasting = spec.lasting if spec is not None else 1
        kept, misfits = fitting(setup, state, items, Said((), author, answer.kind, answer.reason, lasting, call), by)
        left += misfits
        drafts += kept
        problem = "" if kept else "; ".join(misfits)
    elif left and not suggests:
        problem = problem or "; ".join(left)
    said = "problem" if problem else "advice" if drafts else "nothing"
    name = drafts[0].body["advice"] if drafts else ""
    words = problem or (f"left out: {'; '.join(left)}" if left else "")
    asked = _named_in(answer, state.calls[place - 1], kept_as)
    drafts.append(ended(place, said, name, words, suggests, answer, asked))
    drafts += [draft for one in found for draft in one.drafts]
    used = [one for one in asked.get("usage", ()) if one["calls"]]
    bill = [spent("advice", used, asked["seconds"], {"name": author, "at": at})] if used else []
    return bill + drafts + _noticed(state, author, problem)


def wishes_in(answer: Answer, setup: Setup, state: State, by: Mapping[str, str]) -> list[Wished]:
    """Return what becomes of the wishes of an answer, exclusions among them."""
    wishes: list[Wish | Exclude] = [*answer.wishes, *(item for item in answer.items if isinstance(item, Exclude))]
    found: list[Wished] = []
    for one in wishes:
        found.append(wished(setup, state, one, by, sum(bool(other.drafts) for other in found)))
    return found


def _named_in(answer: Answer, call: AdvisorCall, kept_as: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the models of an answer as the record names them; empty: it says nothing of any."""
    if not answer.asked:
        return {}
    return {**answer.asked, "exchanges": [], "tools": [], "seen": call.asked_in, **(kept_as or {})}


def ended(
    place: int,
    said: str,
    advice: str = "",
    words: str = "",
    suggests: Sequence[str] = (),
    answer: Answer = _NOTHING,
    asked: Mapping[str, Any] | None = None,
) -> Draft:
    """Return what records the end of a call; ``asked`` are the models of it, as the record names them."""
    used: dict[str, Any] = {"tokens": dict(answer.tokens), "cost": answer.cost}
    used |= {MODELS: dict(asked)} if asked else {}
    body = {"call": place, "said": said, "advice": advice, "words": words[:2000], "suggests": list(suggests), **used}
    return Draft("advice.answered", body)


def fitting(
    setup: Setup, state: State, items: Sequence[Item], said: Said, by: Mapping[str, str]
) -> tuple[list[Draft], list[str]]:
    """Return what records those items that fit the campaign, together, and why the others do not, in words."""
    fit, misfits = [], []
    for item in items:
        try:
            giving(setup, state, _with(said, [item]), by)
        except ZosimosError as error:
            misfits.append(short(f"{_named(item)}: {error.message}"))
        else:
            fit.append(item)
    if not fit:
        return [], misfits
    try:
        return [giving(setup, state, _with(said, fit), by)], misfits
    except InputError as error:
        return [], [*misfits, short(error.message)]


def _whole(wish: object) -> Wish:
    """Return a wish that can be kept; raise what it raises if it is none."""
    if not isinstance(wish, Wish) or len(canonical_json(dict(wish.settings))) > _LARGEST:
        raise TypeError(f"{short(wish)} is no wish")
    return Wish(json.loads(canonical_json(dict(wish.settings))), short(wish.reason))


def _with(said: Said, items: Sequence[Item]) -> Said:
    return replace(said, items=tuple(items))


def _noticed(state: State, author: str, problem: str) -> list[Draft]:
    """Return notices of a call that brought nothing but a problem: the first in a row, and the one that is the last.

    What the problem was may hold words of a model: it stands with the call, where it is shown as such.
    """
    if not problem:
        return []
    last = [call.status for call in state.calls if call.status not in ("wanted", "asked")][1 - IN_A_ROW :]
    if len(last) == IN_A_ROW - 1 and all(status == "problem" for status in last) and not tired(state):
        words = f"the advisor {author} failed {IN_A_ROW} times in a row and is not asked any more"
        return told(f"{words}; zosimos advise {state.id} says why, and with --ask asks it again", state)
    if last and last[-1] == "problem":
        return []
    return told(f"the advisor {author} gave no advice; zosimos advise {state.id} says why", state)


def calls_told(state: State) -> list[dict[str, Any]]:
    """Return every call of the advisor as JSON data."""
    return [_call(place, call) for place, call in enumerate(state.calls, 1)]


def _call(place: int, call: AdvisorCall) -> dict[str, Any]:
    return {"call": place, **call.as_json()}


def _too_large(item: object) -> str:
    try:
        size = len(canonical_json(item.as_json()))  # type: ignore[attr-defined]  # whatever it is
    except Exception as error:  # noqa: BLE001 - what a program returns may raise anything when it is looked at
        return short(f"what is no advice ({type(error).__name__}: {error})")
    return "" if size <= _LARGEST else f"an item of {size} characters"


def _named(item: Item) -> str:
    try:
        return described(item)[:100]
    except Exception as error:  # noqa: BLE001 - as above
        return f"an item ({type(error).__name__})"


def short(text: object) -> str:
    """Return words on one line that can be kept and shown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * _LONGEST]).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
