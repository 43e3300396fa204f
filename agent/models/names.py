"""Models by name: ``offline`` (ours, no network), ``openai:NAME`` on any server of OpenAI's protocol, or several.

A key comes from the environment only, and goes only to OpenAI or to an address that the person named themself. It is
never stored, and never shown: not even a server's error may repeat it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zosimos.agent.models.prices import Price
from zosimos.core.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from zosimos.core.settings import Settings

OFFLINE = "offline"
OPENAI = "https://api.openai.com/v1"
KEY, OWN_KEY = "OPENAI_API_KEY", "ZOSIMOS_API_KEY"
_NO_KEY = "none"  # servers without keys want some text all the same
_NAME = re.compile(r"openai:([\w./:@+-]{1,150})")


Prices = Mapping[str, Price]
"""What models cost, by their names as in ``openai:NAME``."""


def model_of(settings: Settings, *, named_by_person: bool) -> BaseChatModel:
    """Return the model of a person's settings, with the key that may go to it and the prices that they say.

    Args:
        settings: as they stand.
        named_by_person: whether the address was named on the command line or in the environment.

    Raises:
        ModelError: no such model, or OpenAI itself without a key and no other to ask.
    """
    key = key_for(settings.base_url, named_by_person=named_by_person)
    return make_model(settings.model, base_url=settings.base_url, api_key=key, prices=prices_of(settings))


def prices_of(settings: Settings) -> Prices:
    """Return what models cost, as far as a person says it in the settings."""
    return {name: Price(*price) for name, price in settings.model_prices.items()}


def make_model(
    name: str, *, base_url: str | None = None, api_key: str | None = None, prices: Prices | None = None
) -> BaseChatModel:
    """Return the model of a name, or a chain of those whose names are joined with commas.

    Args:
        name: ``offline`` or ``openai:NAME``; of several, each is asked where those before it are of no use.
        base_url: where the server is; OpenAI itself if left out.
        api_key: the key it wants, as :func:`key_for` finds it. Of a chain, the same rule holds for each model.
        prices: what models cost, by name; of others the tables say it, where they are OpenAI's own.

    Raises:
        ModelError: no such model, or OpenAI itself without a key and no other to ask.
    """
    names = name.split(",")
    if len(names) == 1:
        found = _one(name, base_url, api_key, prices or {})
        if isinstance(found, ModelError):
            raise found
        return found
    from zosimos.agent.models.chain import ModelChain

    names = [part.strip() for part in names]
    if len(set(names)) < len(names):
        raise ModelError("a model is asked once", field="model", value=name, allowed="different models")
    return ModelChain(links={part: _one(part, base_url, api_key, prices or {}) for part in names})


def _one(name: str, base_url: str | None, api_key: str | None, prices: Prices) -> BaseChatModel | ModelError:
    """Return one model, or why it cannot be asked.

    Raises:
        ModelError: there is no such model.
    """
    if name == OFFLINE:
        from zosimos.agent.offline.brain import OfflineModel

        return OfflineModel()
    match = _NAME.fullmatch(name)
    if match is None:
        raise ModelError(
            f"there is no model {name!r}",
            field="model",
            value=name,
            allowed="offline, openai:NAME such as openai:gpt-4.1 (with --base-url for a server of your own), or several"
            " joined with commas",
        )
    if base_url is None and not api_key:
        return ModelError(
            "OpenAI wants a key",
            field="model",
            value=name,
            allowed=f"a key in {KEY} or {OWN_KEY}",
            hint=f"export {KEY}=...; or --base-url for a server without one; or --model offline",
        )
    from zosimos.agent.models.client import CompatibleModel

    # The address is always said: left out, the client would take one from OPENAI_BASE_URL or OPENAI_API_BASE.
    native, price = base_url is None, prices.get(name)
    return CompatibleModel.of(match[1], base_url or OPENAI, api_key or _NO_KEY, native=native, price=price)


def key_for(base_url: str | None, *, named_by_person: bool) -> str | None:
    """Return the key from the environment for an address, if there is one that may go there.

    A key goes to OpenAI, or to an address that the person named on the command line or in ``ZOSIMOS_BASE_URL``. An
    address that only ``zosimos.toml`` names gets none: the file may have come with a folder from somebody else.
    """
    if base_url is not None and not named_by_person:
        return None
    return os.environ.get(OWN_KEY) or os.environ.get(KEY) or None
