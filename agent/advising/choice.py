"""Which advisor a name means: the rules, a model, or what a plugin brings under ``zosimos.advisors``.

A campaign file gives the name and nothing else. The address of a model's server and the key come from the person's
settings and environment, as for chat, and the key goes only where they said.
"""

from __future__ import annotations

import os

from zosimos.agent.models.names import OFFLINE, OPENAI, key_for, make_model, prices_of
from zosimos.agent.models.turn import limits_of
from zosimos.campaign.decisions.asking import MakeAdvisor
from zosimos.core.errors import SpecError
from zosimos.core.masking import masked_url
from zosimos.core.plugins import Register
from zosimos.core.settings import Settings
from zosimos.planners.advice import Advisor

REGISTER = Register(
    "zosimos.advisors",
    "advisor",
    {OFFLINE: ("zosimos.agent.advising.rules", "Rules")},
    "has no advise method",
    "zosimos.campaign.testing.check_advisor",
)
_OPENAI = "openai:"
_FIELD = "advisor.kind"


def advisors(settings: Settings) -> MakeAdvisor:
    """Return what makes the advisor of a name, by a person's settings.

    The function that is returned raises SpecError where there is no such advisor, and ModelError where OpenAI itself
    is meant and there is no key.
    """
    return lambda kind: advisor_named(kind, settings)


def check_advisor_name(kind: str) -> None:
    """Refuse a name that no advisor has; a model is not looked for, and no key is needed.

    Raises:
        SpecError: there is none.
    """
    models = [name.startswith(_OPENAI) and name != _OPENAI for name in kind.split(",")]
    if not all(models) and kind not in REGISTER.names():
        raise SpecError(
            f"there is no advisor {kind!r}",
            field=_FIELD,
            value=kind,
            allowed=", ".join((*REGISTER.names(), f"{_OPENAI}NAME, or several models with commas")),
            hint="correct the name, or install the plugin that offers it",
        )


def advisor_named(kind: str, settings: Settings) -> Advisor:
    """Return the advisor of a name.

    Raises:
        SpecError: there is none.
        ModelError: it is a model of OpenAI's, and there is no key.
    """
    check_advisor_name(kind)
    if not kind.startswith(_OPENAI):
        return REGISTER.make(kind, Advisor, _FIELD)  # type: ignore[type-abstract]  # only isinstance asks it
    from zosimos.agent.advising.model import ModelAdvisor

    key = key_for(settings.base_url, named_by_person=bool(os.environ.get("ZOSIMOS_BASE_URL")))
    model = make_model(kind, base_url=settings.base_url, api_key=key, prices=prices_of(settings))
    return ModelAdvisor(model, kind.removeprefix(_OPENAI), traced=settings.tracing, limits=limits_of(settings))


def sent_to(kind: str, settings: Settings) -> str:
    """Return where an advisor sends results, in words; empty: nowhere, or only a plugin knows."""
    return masked_url(settings.base_url or OPENAI) if kind.startswith(_OPENAI) else ""
