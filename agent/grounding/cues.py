"""Cues: the words by which a passage says what its numbers are, in English and, where few words do, in three others."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{words})", re.IGNORECASE)


HYPOTHETICAL = _any(
    r"\b(?:could|would|might|should|try|trying|suggest|recommend|consider|if you|if we|if i|let'?s|let me|shall|do "
    r"you want|"
    r"want me|wenn|konnte|wurde ich|si vous|pourrai[st]|podria|si quieres|for example|hypothetical|plan to|going "
    r"to|i'd|"
    r"can propose|next step)\b"
)
IMPERATIVE = _any(r"^\W*(?:say|write|name|type|which|give|tell)\b|\bsay it like\b|\bdid you mean\b")
PROPOSAL = _any(
    r"\bpropos|\bsuggest|\bwould\b|\bapprov|\bpending\b|\bon file\b|\bput forward\b|\brequest|\bwaits?\b|\bvorschlag|"
    r"\bvorgeschlagen|\bsuger|\bpropuest|\bsolicit|\basked\b|\byou said\b|\byou want"
)
YOURS = _any(
    r"\byou(?:'ve| have)? (?:said|asked|want|wanted|wished|mentioned|wrote|gave|requested|told|named|suggested|set)\b|"
    r"\byour (?:message|request|number|value|words|suggestion|target|goal)\b|\bas asked\b|\bsie haben\b|\bvous avez\b"
)
ASSERTING = _any(r"\b(?:is|was|are|were|reached|gave|ist|war|est|es)\b|=")
AIMING = _any(r"\b(?:if|when|once|until|goal|target|reaches|aim|wish|hope)\b")
NOW = _any(
    r"\bis now\b|\bare now\b|\bnow (?:at|is|stands?|limited|set)\b|\bcurrent|\bstands at\b|\bin effect\b|\bjetzt\b|"
    r"\bdesormais\b|\bahora\b"
)
SETTING = _any(
    r"\bbound|\blimit|\bmax|\bmin\b|\bminimum|\brange|\bbetween\b|\bat most\b|\bat least\b|\bcap\b|\bcapped\b|"
    r"\bgoal\b|\btarget|"
    r"\bthreshold|\b(?:cannot|can't|can not|must not|may not|never) (?:go|be|exceed)|\ballowed|\bspace\b|\bfloor\b|"
    r"\bceiling\b|\bgrenze|\bhochstens\b|\blimite|\bborne|\bentre\b|\bzwischen\b"
)
LIMIT = _any(r"\bbound|\bsearched\b|\bsearch space|\blimit|\ballowed|\bupper\b|\bgrenze|\bborne")
HIGH_SIDE = _any(
    r"\b(?:go|be) above\b|\bexceed|\bup to\b|\bupper|\bmax|\bat most\b|\bceiling\b|\bcap\b|\bcapped\b|\bobergrenze|"
    r"\bhochstens\b|\bsuperior|\bmaxim"
)
LOW_SIDE = _any(
    r"\b(?:go|be) below\b|\blower (?:bound|limit)|\bminimum\b|\bmin\b|\bat least\b|\bfloor\b|\buntergrenze|"
    r"\binferior|\bminim"
)
EARLIER = _any(
    r"\bfrom\b|\bwas\b|\bbefore\b|\bearlier\b|\bprevious|\boriginal|\bformer|\bchanged\b|\blowered\b|\braised\b|"
    r"\bsteer|\breduced\b|"
    r"\bincreased\b|\bused to\b|\bset to\b|\bsenkt|\bandert"
)
SPREAD = _any(
    r"(?:(?:\u00b1|\+/-|give or take|plus or minus)[^.\d]{0,14}"
    r"|(?:uncertaint\w*|standard deviation|\bsd\b|"
    r"\berror\b)(?:[^.;,]|[.,]\d){0,40}|\bu\s?[=:]\s?)$"
)
EXPECTED = _any(r"\bexpect|\bpredict|\bforecast|\bmodel\b|\banticipat|\berwart|\bprevu|\bprevist")
SUMMED = _any(
    r"\bmean\b|\baverage|\bmedian\b|\bspread\b|\brange|\btotal\b|\bsum\b|\boverall\b|\bfrom\b|\bbetween\b|"
    r"\bdeviation\b|\bmittel|"
    r"\baverag|\bdurchschnitt|\bmoyenne|\bpromedio|\bmedia\b|\bspan|\ball\b"
)
APART_BEFORE = _any(
    r"(?:\bby|\b(?:difference|differ|differs|gap|distance)\b[^.;]{0,70}\b(?:is|was|of|by)|\b(?:difference|"
    r"gap)\W{1,3}|\b(?:gap|stretch|span|spread) (?:of|is)|\b(?:spread|span|stretch)\b[^;]{0,90}\b(?:is|was)|"
    r"\bhay|\bil y a|\bmargin of|\b(?:improvement|increase|decrease|reduction|drop|gain|"
    r"change|rise|fall|lead) of|\bum|\bde (?:plus|moins)|\b(?:unterschied|differenz)\b[^.;]{0,60}\b(?:ist|von|"
    r"betragt)|\bchanges? [\w\s-]{1,20} by|\bapart by)"
    r"\W{0,3}(?:about|around|roughly|only|just|some|nearly|almost|about a)?\W{0,4}$"
)
APART_AFTER = _any(
    r"^[\s*-]{0,3}(?:\w{1,12} ){0,2}?(?:lower|better|worse|more|less|higher|apart|away|ahead|behind|difference|points?|"
    r"larger|smaller|"
    r"between (?:them|the two|both)|de diferencia|d'ecart|de difference|unterschied|"
    r"shorter|longer|greater|fewer|besser|schlechter|mehr|weniger|higher)\b"
)
TIMES = _any(r"^\s?(?:times|fold|-fold|x\b|\u00d7|the)\b|^\s?(?:%|percent)")
COMPARED = re.compile(
    r"(?:(?P<less>\b(?:below|under|less than|lower than|fewer than|smaller than|unter|moins de|menos de|por debajo "
    r"de)|<)"
    r"|(?P<more>\b(?:above|over|more than|higher than|greater than|exceed(?:s|ed|ing)?|uber|plus de|mas de)|>)"
    r"|(?P<most>\b(?:at most|up to|no more than|not more than)|<=|\u2264)"
    r"|(?P<least>\b(?:at least|no less than|not less than)|>=|\u2265))\s?(?:an? |the )?$",
    re.IGNORECASE,
)
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "less": operator.lt,
    "more": operator.gt,
    "most": operator.le,
    "least": operator.ge,
}
"""What each of these says of two numbers."""
FACTUAL = _any(
    r"\b(?:its|since|because|used|gave|was|were|had|reached|ran|run at|is what|has|yielded|showed|came out|"
    r"measured|got|achieved|ergab|donne|dio)\b|=|\("
)
