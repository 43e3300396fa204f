"""Circumstances: what around an alarming word tells a cry from talk: a question, the past, a "not", an "if", a "later".

Each is a pattern over plain text with the commonest words of some twenty languages. None of them decides by itself: how
much each counts is learned from the exemplars, together with the pieces of the sentence.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray


def _words(text: str, beside: str = "") -> re.Pattern[str]:
    """Return what finds one of some words, or something of a language that puts no spaces between them."""
    listed = "|".join(word.replace("_", " ") for word in text.split())
    return re.compile(rf"\b(?:{listed})\b" + (f"|{beside}" if beside else ""))


_QUESTION = re.compile(r"[?؟]\s*(?:shouted)?$")
_OPENING = r"^(?:(?:hey|hi|hello|ok|so|and|quick question|btw|please|sorry|just curious)[ ,:-]+)*"
_ASKING = re.compile(
    _OPENING
    + _words(
        r"""
        how why when where what which who whose is are was were does do did has have had can_you_tell could_you_tell
        any_idea will would should wie warum wann wo war welche\w* wer ist sind hat gibt_es pourquoi quand o[uù] quel\w*
        est-ce comment combien qui por_qu[eé] cu[aá]ndo d[oó]nde qu[eé] cu[aá]l\w* c[oó]mo cu[aá]nt\w* perch[eé] quando
        dove quale quali come cosa quanto onde como qual quantos waarom wanneer waar welke hoe wat dlaczego kiedy gdzie
        jak\w* co ile czy varför när var vilken hur vad hvorfor hvornår hvor hvad proč kdy kde почему когда где как что
        сколько какой какая зачем чому коли де як miért mikor hol hogyan mi de_ce când unde cum ce γιατί πότε πού πώς τι
        miksi milloin missä miten mikä neden ne_zaman nerede nasıl
        """
    ).pattern
)
_PAST = _words(
    r"""
    yesterday last_(?:week|night|month|year|time|run|batch|\w+day) ago earlier previous(?:ly)? on_\w+day this_morning
    was were had been already fixed repaired replaced cleaned solved sorted gestern letzte\w* vorige\w* war wurde hatte
    repariert behoben hier dernier\w* [eé]tait avait r[eé]par[eé]\w* ayer pasad[oa] fue estaba hab[ií]a reparad\w* ieri
    scors[oa] era ontem passad[oa] foi estava gisteren vorige afgelopen wczoraj zesz[lł]\w* by[lł]\w* ig[aå]r f[oö]rra
    sidste včera minul\w* вчера прошл\w* был\w* вчора минул\w* був tegnap m[uú]lt trecut\w* χθες eilen viime dün geçen
    """,
    "昨天|上周|上次|昨日|先週|前回|어제|지난|كان|أمس|पिछल",
)
_NOT = _words(
    r"""
    no not never none nothing'?s? without don'?t doesn'?t isn'?t wasn'?t didn'?t won'?t needn'?t kein\w* nicht nie ohne
    pas jamais aucun\w* sans nunca ning[uú]n\w* sin non nessun\w* senza n[aã]o nenhum\w* sem niet geen nie bez inte
    ingen ikke ne nem nu δεν μην ei älä değil не нет без нема
    """,
    "不|没|別|没有|ない|ません|않|없|마세요|ليس|لا|नही|मत",
)
_IF = _words(
    r"""
    if when once whenever until unless in_case should_(?:it|the) as_soon_as after before wenn falls sobald nach bis si
    quand d[eè]s_que apr[eè]s jusqu\w* cuando hasta despu[eé]s se quando dopo finch[eé] depois até als zodra na totdat
    je[sś]li gdy po om när efter hvis når pokud až když если когда после пока якщо коли після ha amikor után dacă când
    după αν όταν μετά jos kun jälkeen eğer sonra
    """,
    "如果|以后|之后|要是|もし|たら|後|면|후에|إذا|عندما|بعد|अगर|जब|बाद",
)
_LATER = _words(
    r"""
    tomorrow tonight later next_(?:week|run|batch|time|\w+day) at_(?:noon|\d+) this_afternoon after_lunch leisure
    no_(?:rush|hurry) whenever batch morgen sp[aä]ter demain plus_tard ma[nñ]ana luego domani amanh[aã] mais_tarde jutro
    p[oó][zź]niej imorgon senare zítra později завтра позже потом пізніше holnap m[aâ]ine αύριο huomenna yarın
    """,
    "明天|待会|明日|後で|내일|나중|غد|कल",
)
_ASIDE = re.compile(
    r"^(?:note|memo|fyi|for the (?:log|record)|notiz|nota|remember|remind|log)\b"
    r"|\b(?:note that|for the logbook|drill|test(?:ed|ing)?|training|manual|documentation|policy|report|paper)\b"
)
_STOP = _words(
    r"stop+ halt freeze abort kill cut shut off quit cease emergency e-?stop help pull_the_plug mayday scram"
)
_HARM = _words(
    r"""
    fire smok\w* flam\w* burn\w* spark\w* leak\w* spill\w* flood\w* overflow\w* foam\w* hiss\w* pressure explo\w* gas
    fum\w* melt\w* glow\w* crack\w* broke\w* stuck hurt blood bleed\w* smell\w* boil\w* drip\w* spray\w* pour\w*
    crash\w* runaway alarm
    """
)
_NOW = _words(
    r"""
    now immediately at_once asap instantly quick(?:ly)? this_second sofort jetzt schnell tout_de_suite vite
    imm[eé]diatement maintenant ya ahora inmediatamente r[aá]pido subito adesso immediatamente j[aá] agora imediatamente
    nu meteen onmiddellijk natychmiast teraz genast omedelbart okam\w* ihned hned сейчас немедленно срочно быстро зараз
    негайно azonnal most imediat acum αμέσως τώρα heti hemen şimdi
    """,
    "马上|立刻|快|今すぐ|すぐ|早く|당장|빨리|지금|الآن|فورا|अभी|तुरत|!",
)
_SHORT, _BRIEF, _LONG = 3, 6, 15  # words

COUNT = 22
"""How many there are."""


def circumstances(text: str) -> NDArray[np.float64]:
    """Return the circumstances of a plain text: a vector of zeros and ones ``(22,)``."""
    asked, asking = bool(_QUESTION.search(text)), bool(_ASKING.search(text))
    said = [bool(pattern.search(text)) for pattern in (_PAST, _NOT, _IF, _LATER, _ASIDE, _STOP, _HARM, _NOW)]
    past, negated, conditional, later, aside, stop, harm, now = said
    words = len(text.split())
    calm = past or negated or conditional or later or aside or asked
    found = [asked, asking, *said, words <= _SHORT, words <= _BRIEF, words > _LONG]
    found += [asked and asking, (asked or asking) and not now, harm and not calm, stop and not calm]
    found += [now and (stop or harm), past and harm, negated and stop, conditional and stop]
    found += [stop and not negated and words <= _SHORT + 1]
    return np.array(found, dtype=np.float64)
