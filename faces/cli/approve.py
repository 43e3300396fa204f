"""Answering: what waits for a person is listed, shown, and answered with a yes or a no.

A yes is said to what was just shown and nothing else: at a terminal ``approve`` shows each question and asks; elsewhere
it must be told by ``--yes VERB`` what kind of thing is approved. What was shown travels with the answer, and if any of
it has changed by the time the answer is recorded, nothing is done.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import LedgerError, SpecError, StateError, ZosimosError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Desk, Json, LedgerUrl, Reason, desk

if TYPE_CHECKING:
    from zosimos.campaign.record.approvals import Asked
    from zosimos.campaign.record.record import Record

VERBS = "run, done, steer, undo, pause, resume, abort, advise, withdraw, correct, uncorrect, retract, restore or clear"


@dataclass(frozen=True)
class _Shown:
    """One open question: what it is, as data, and the digest of what a yes would do when it was looked at."""

    record: Record
    asked: Asked
    view: Mapping[str, Any]
    standing: str


def approvals(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A campaign; all of them if left out.", show_default=False)
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """List what waits for a yes or a no, with exactly what would run."""
    from zosimos.campaign.views import approval_view, change_view, question_view

    with desk(ledger) as here:
        records = [here.record(campaign)] if campaign else _readable(here)
        states = [record.state for record in records if record.broken is None]
        running = [state for state in states if state.status in ("active", "paused")]
        found = [approval_view(state, item) for state in running for item in state.open_approvals()]
        changes = [change_view(state, item) for state in states for item in state.open_changes()]
        asked = [question_view(state, item) for state in running for item in state.open_questions()]
        closed = [record for record in records if record.broken is not None]
        if json:
            named = [{"campaign": record.campaign, "reason": str(record.broken)} for record in closed]
            screen.json_line({"approvals": found, "changes": changes, "questions": asked, "broken": named})
            here.require_sound()
            return
        if not found and not changes and not asked:
            screen.say("nothing can be answered" if closed else "nothing waits for approval")
        for item in (*found, *changes, *asked):
            _show(item)
            answers(here, item["token"])
        here.require_sound()


def answers(here: Desk, token: str) -> None:
    """Show what to type for a yes and for a no."""
    screen.say(f"  yes: {here.hint('zosimos approve ' + token)}", f"  no:  {here.hint('zosimos reject ' + token)}")


def change_lines(view: Mapping[str, Any]) -> list[str]:
    """Return what a proposed change would do as lines."""
    return [view["verb"], *map(_in_words, view["changes"]), *view.get("words", ())]


def _in_words(item: Mapping[str, Any]) -> str:
    """Return a change in words; one of a whole parameter or outcome as what comes or goes."""
    from zosimos.campaign.definition.described import described
    from zosimos.campaign.definition.steer import Change

    if isinstance(item["old"], dict) or isinstance(item["new"], dict):
        return described(Change.from_json(item))
    return f"{item['path']}: {item['old']} -> {item['new']}"


def why(view: Mapping[str, Any]) -> list[str]:
    """Return why a change was proposed: the proposer's words, marked as such, and what the record said of it."""
    from zosimos.agent.quotation import quoted

    said = quoted(view["reason"], width=screen.console().width - 2) if view["reason"] else []
    return said + [f"the record: {words}" for words in view.get("evidence", ())]


def _show(view: Mapping[str, Any]) -> None:
    """Show a question, whatever kind it is."""
    out = screen.console()
    place = (
        f"{view['campaign']}, {view['experiment']}" if "text" in view else f"{view['campaign']}, asked {view['asked']}"
    )
    by = f" by {view['by']}, proposal {view['number']}" if "by" in view else ""
    out.print(screen.text(f"{view['token']}  ({place}{by})", "bold"))
    if "text" in view:
        screen.say(f"  to do: {view['text']}")
    elif "changes" in view:
        screen.say(*(f"  {line}" for line in (*change_lines(view), *why(view))))
    else:
        rows = [(one["experiment"], screen.values(one["values"]), one["reason"]) for one in view["experiments"]]
        out.print(screen.table(("experiment", "values", "why"), rows))
        if "cost" in view:
            screen.say(f"  cost: {screen.quantity(view['cost']['value'], None, view['cost']['unit'])}")


def preview_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a change would do besides, as lines."""
    if "wider" in found:
        yield f"wider than when the campaign began: {', '.join(found['wider'])}"
    if "expires" in found:
        yield f"open questions that would expire: {', '.join(found['expires'])}"
    if "drops" in found:
        yield f"experiments that would be dropped: {', '.join(found['drops'])}"
    for when, label in (("now", "next as it is"), ("then", "next then")):
        for values in found.get("next", {}).get(when, ()):
            yield f"{label}: {screen.values(values)}"
    if "cost" in found:
        cost = found["cost"]
        now, then = (screen.quantity(cost[when], None, cost["unit"]) for when in ("now", "then"))
        yield f"cost of these: {now} as it is, {then} then"


def _readable(here: Desk) -> list[Record]:
    """Return the records of all campaigns; one that cannot be read hides none of the others, and is named."""
    found = []
    for campaign, record in here.each_record():
        if isinstance(record, LedgerError):
            screen.notice(f"campaign {campaign} is passed over: {record.message}")
            continue
        if record.broken is not None:
            screen.notice(f"campaign {campaign} is passed over: {record.broken}")
        found.append(record)
    return found


def approve(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN...", help="As zosimos approvals lists them.")],
    yes: Annotated[
        str | None,
        typer.Option("--yes", metavar="VERB", help=f"Do not ask; say what the tokens stand for: {VERBS}."),
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option("--edit", metavar="PATH=VALUE", help="Another value than was proposed; repeatable."),
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Show exactly what tokens stand for, ask, and on a yes let it happen: run, done, or a proposed change."""
    terminal = _at_terminal(json=json)
    if yes is None and not terminal:
        raise StateError(
            "approve shows what it is and asks, and nobody can answer here: nothing was done",
            field="--yes",
            allowed=VERBS,
            hint="zosimos approvals --json prints each token with its verb; then: zosimos approve TOKEN --yes VERB",
        )
    with desk(ledger) as here:
        shown = [_looked_up(here, token, terminal=terminal) for token in dict.fromkeys(tokens)]
        if edit:
            _check_verbs(shown, yes)
            shown = [_edited(here, shown, edit)]
        shown = list({item.asked.token: item for item in shown}.values())
        _check_verbs(shown, yes)
        if yes is None and not _confirmed(shown):
            screen.say("nothing was done")
            raise typer.Exit(1)
        said = _approved(here, shown, quiet=json)
    if json:
        screen.json_line({"approvals": said})


def _edited(here: Desk, shown: Sequence[_Shown], edit: Sequence[str]) -> _Shown:
    """Return the proposal of a person's own that an edit makes, to be shown and asked about like any other."""
    from zosimos.campaign.control.editing import edited
    from zosimos.campaign.definition.read import parse_assignment
    from zosimos.campaign.record.experiment import ProposedChange
    from zosimos.campaign.setup import reopened

    asked = shown[0].asked
    if len(shown) > 1 or not isinstance(asked, ProposedChange):
        raise SpecError("one proposed change is edited at a time", field="--edit", value=asked.token)
    record = shown[0].record
    made = edited(here.commands(record), reopened(record), asked, dict(map(parse_assignment, edit)))
    return _looked_up(here, made.token, terminal=False)


def reject(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="As zosimos approvals lists it.")],
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Say no: the experiments are cancelled and their points not proposed again; a proposed change is dropped."""
    with desk(ledger) as here:
        found = _looked_up(here, token, terminal=_at_terminal(json=json))
        answer = here.commands(found.record).reject(found.asked.token, reason)
        said = _said(found, answer)
        if json:
            screen.json_line({"approvals": [said]})
        else:
            screen.say(_words(said))


def _at_terminal(*, json: bool) -> bool:
    return not json and screen.at_terminal()


def _looked_up(here: Desk, text: str, *, terminal: bool) -> _Shown:
    """Return the open question a token names, or at a terminal the beginning of one."""
    from zosimos.campaign.control.answers import open_question
    from zosimos.campaign.record.approvals import standing
    from zosimos.campaign.record.find import record_of_token

    record, token = record_of_token(here.ledger, text, prefix=terminal)
    asked = open_question(record.state, token)
    return _Shown(record, asked, _view(record, asked), standing(record.state, asked))


def _view(record: Record, asked: Asked) -> dict[str, Any]:
    from zosimos.campaign.record.experiment import Approval, Question
    from zosimos.campaign.views import approval_view, change_view, question_view

    match asked:
        case Approval():
            return approval_view(record.state, asked)
        case Question():
            return question_view(record.state, asked)
        case _:
            return change_view(record.state, asked)


def _check_verbs(shown: Sequence[_Shown], yes: str | None) -> None:
    """Refuse tokens of different verbs, and another verb than theirs.

    Raises:
        SpecError: says which token has which.
    """
    verbs = {item.view["token"]: item.view["verb"] for item in shown}
    if len(set(verbs.values())) > 1:
        raise SpecError(
            "the tokens stand for different kinds of things: nothing was done",
            field="token",
            value=", ".join(f"{token} ({verb})" for token, verb in verbs.items()),
            allowed="tokens of one verb at a time",
            hint="approve them in groups of the same verb",
        )
    for token, verb in verbs.items():
        if yes is not None and yes != verb:
            raise SpecError(
                f"{token} does not stand for that: nothing was done",
                field="--yes",
                value=yes,
                allowed=verb,
                hint="look at what it stands for: zosimos approvals",
            )


def _confirmed(shown: Sequence[_Shown]) -> bool:
    """Show the questions and ask; anything but a clear yes is a no."""
    for item in shown:
        _show(item.view)
        screen.say(*(f"  {line}" for line in _preview(item)))
    what = {"run": "run these experiments", "done": "say that this is done"}
    verb, view = shown[0].view["verb"], shown[0].view
    asked = f"{verb}, as shown" if "content" in view else f"{verb} the campaign, as shown"
    _drop_what_was_typed_ahead()
    sys.stdout.write(f"{what.get(verb, asked)}? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _drop_what_was_typed_ahead() -> None:
    """Forget keys pressed before the question stood there: a yes in pasted text was said to nothing."""
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _preview(item: _Shown) -> Iterator[str]:
    """Yield what a change would do, as lines; where that cannot be worked out, why."""
    from zosimos.agent.preview import preview
    from zosimos.campaign.decisions.decide import decide
    from zosimos.campaign.record.experiment import ProposedChange
    from zosimos.campaign.setup import reopened

    if isinstance(item.asked, ProposedChange):
        try:
            yield from preview_lines(preview(reopened(item.record), item.record.state, item.asked, decide))
        except ZosimosError as error:
            yield f"what would follow cannot be shown: {error.message}"


def _approved(here: Desk, shown: Sequence[_Shown], *, quiet: bool) -> list[dict[str, Any]]:
    """Say yes, for each campaign to all of its tokens or to none."""
    groups: dict[str, list[_Shown]] = {}
    for item in shown:
        groups.setdefault(item.record.campaign, []).append(item)
    said: list[dict[str, Any]] = []
    for group in groups.values():
        try:
            made = here.commands(group[0].record).approve_all({item.asked.token: item.standing for item in group})
        except ZosimosError:
            if said:
                screen.notice(
                    "of other campaigns these were approved before: " + " ".join(one["token"] for one in said)
                )
            raise
        said += [_said(item, answer) for item, answer in zip(group, made, strict=True)]
    if not quiet:
        screen.say(*(_words(one) for one in said))
    return said


def _said(item: _Shown, answer: Asked) -> dict[str, Any]:
    """Return as data what was answered and how."""
    from zosimos.campaign.record.experiment import Approval, Question

    said: dict[str, Any] = {"token": answer.token, "campaign": item.record.campaign, "status": answer.status}
    said["verb"] = item.view["verb"]
    match answer:
        case Approval():
            return said | {"experiments": list(answer.experiments)}
        case Question():
            return said | {"experiments": [answer.experiment], "text": answer.text}
        case _:
            return said | {"experiments": [], "changes": item.view["changes"], "words": item.view.get("words", [])}


def _words(said: Mapping[str, Any]) -> str:
    what = " ".join(said["experiments"]) if "changes" not in said else "; ".join(change_lines(said))
    return f"{said['status']} {said['token']}: {said.get('text', what)}"
