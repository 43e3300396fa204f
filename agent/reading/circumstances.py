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
    r"""
    stop+ halt freeze abort kill cut shut off quit cease emergency e-?stop help pull_the_plug mayday scram
    power_down stopp\w* anhalten halte?t? ausschalten abschalten aus not-?aus mach\w*_aus hilfe arr[eê]te\w*
    [eé]tein\w* coup\w* au_secours par[aeo]n? detener det[eé]n\w* apag\w* ayuda ferm[aoi]\w* spegn\w* aiuto
    deslig\w* pare socorro stoppen zet_\w*_?uit zatrzym\w* wy[lł][aą]cz\w* st[aä]ng\w* sluk\w* zastav\w* vypn\w*
    стоп\w* останов\w* выключ\w* вырубай зупин\w* вимк\w* вимикай [aá]ll[ií]ts\w* kapcsold opri\w* σταμ\w* κλείσ\w*
    pys[aä]yt\w* seis durdur\w* kapat\w*
    """,
    "停|关掉|关闭|止め|止まれ|切って|멈춰|꺼|정지|أوقف|أطفئ|توقف|रोक|बंद",
)
_HARM = _words(
    r"""
    fire smok\w* flam\w* burn\w* spark\w* leak\w* spill\w* flood\w* overflow\w* foam\w* hiss\w* pressure explo\w*
    gas fum\w* melt\w* glow\w* crack\w* broke\w* burst stuck hurt blood bleed\w* smell\w* boil\w* drip\w* spray\w*
    pour\w* crash\w* runaway alarm brenn\w* rauch\w* qualm\w* l[aä]uft_aus leck feuer feu fum[eé]e? br[uû]l\w* fuite
    fuego humo fuga derram\w* quem\w* fogo fuma[cç]a vaz\w* fuoco fumo perdita brucia brand rook lek\w* pali dym
    ogie[nń] wyciek\w* brinner r[oö]k r[oø]g l[aä]ck\w* ho[rř][ií] kou[rř]\w* гор[иі]т\w* пожар\w* дым\w* дим\w*
    утеч\w* теч[её]т витік f[uü]st\w* [eé]g t[uű]z foc fum καπν\w* φωτι\w* palaa savu\w* tulipalo yan[ıi]\w*
    duman\w*
    """,
    "火|烟|漏|爆|煙|燃|焦|불이|연기|누출|حريق|دخان|تسرب|आग|धुआ|रिसाव",
)
_WELL = _words(
    r"""
    (?:all|everything)_(?:is_|looks?_)?(?:good|fine|well|clear|ok\w*|safe|normal|quiet) (?:it'?s|am|i'm|is|are)_fine
    harmless false_alarm drill (?:supposed|meant|expected|designed)_to
    as_(?:planned|programmed|usual|always|it_should) on_purpose normal (?:is|was|it'?s|that'?s|were)_(?:just|only)
    no_(?:worries|rush|emergency|problem) relax (?:don'?t|no_need_to)_(?:worry|panic|be_alarmed) never_mind
    wrong_(?:window|chat|channel) carry_on go_(?:on|ahead) keep_going resume under_control
    (?:is|are|it'?s)_(?:gone|dry|over|back) quiet_now cleaned thanks thank_you kidding joke lol haha nice great
    alles_(?:gut|ok|bestens) in_ordnung danke tout_va_bien merci todo_bien gracias va_tutto_bene grazie tudo_bem
    obrigad[oa] bedankt niks_aan dzi[eę]k\w* tack d[eě]kuj\w* спасибо дякую k[oö]sz\w* mul[tț]umesc ευχαριστώ kiitos
    """,
    "没事|谢谢|大丈夫|ありがと|괜찮|고마|شكرا|على ما يرام|ठीक|धन्यवाद",
)
_KEEP = re.compile(
    r"\b(?:(?<!i )do ?n[o']?t|never|no (?:need|reason) to|without|rather not) (?:you )?(?:ever )?"
    r"(?:(?:stop|halt|abort|kill|cut)(?:p?ing)?|paus(?:e|ing)|shut|(?:turn|switch)\w* (?:it |them )?off|interrupt)\b"
    r"|n'(?:arr[eê]t|[eé]tein|coup|interromp)|\bno (?:par|apagu|deteng)|\bnon (?:ferm|spegn|arrest)"
    r"|\bn[aã]o (?:par|deslig)|\bnicht \w*(?:stopp|halt|schalt|brech)|\bniet (?:stop|uit)|\bnie (?:zatrzym|wy[lł])"
    r"|\b(?:stoppa|st[aä]ng|stop) in?[tk]k?e|\bne(?:zastav|vyp[ií]n)|\bне (?:останав|выключ|зупин|вимик|глуши)"
    r"|\bne [aá]ll[ií]ts|\bnu opri|\bμην? σταμ|\b[aä]l[aä] pys|durdurma|kapatma|(?:别|別|不要|不用|不必)(?:停|关)"
    r"|止めない|切らない|멈추지|끄지|لا توقف|मत (?:रोक|बंद)|\b[đd][uừ]ng t[aắ]t"
)
_HABIT = re.compile(
    r"\bstop (?:it )?(?!mov|heat|pump|stir|spin|pour|feed|dos|rotat|press|push|grind|shak|spray|inject|swing)\w+ing"
    r"\b|\b(?:word|label|button|icon|sign|symbol|criteri\w*|rules?|watch|codon|bath|flow|valve|manual|poster|paper|plot"
    r"|figure|file|folder|called|named?|colou?r|title|e?mails?|meeting|budget|code|branch|table|spectr\w*|report|order"
    r"|campaign|detector|project|topic|video|film|movie)\b"
)
_WORSE = _words(
    r"""
    still keeps? won'?t climb\w* rising rises growing spreading everywhere again past above can'?t cannot refus\w*
    louder way_too all_over hand hands finger\w* foot leg eyes? hair sleeve skin face someone somebody he she him
    her person people child kid visitor colleague immer_noch weiter [uü]berall encore toujours partout sigue
    todav[ií]a ancora dappertutto ainda nog_steeds ci[aą]gle wsz[eę]dzie fortfarande stadig po[rř][aá]d вс[её]_ещё
    продолжает рука руку досі m[eé]g_mindig încă ακόμα
    """,
    "还在|到处|まだ|手が|아직|계속|손이|لا يزال|अभी भी",
)
_MINE = re.compile(
    r"\bi(?:'ve| have|'d)? (?:just |only |already )?"
    r"(?!need|want|said|told|smell|heard|feel)\w+(?:ed|ought|ook|ut|ound)\b|\bi'm \w+ing\b"
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
_IDEOGRAM = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}")  # of languages that put no spaces between words
_SHORT, _BRIEF, _LONG = 3, 6, 15  # words

COUNT = 38
"""How many there are."""


def circumstances(text: str) -> NDArray[np.float64]:
    """Return the circumstances of a plain text: a vector of zeros and ones ``(38,)``."""
    asked, asking = bool(_QUESTION.search(text)), bool(_ASKING.search(text))
    patterns = (_PAST, _NOT, _IF, _LATER, _ASIDE, _STOP, _HARM, _NOW, _WELL, _KEEP, _HABIT, _WORSE, _MINE)
    said = [bool(pattern.search(text)) for pattern in patterns]
    past, negated, conditional, later, aside, stop, harm, now, well, keep, habit, worse, mine = said
    words = len(_IDEOGRAM.sub(" x ", text).split())
    calm = past or negated or conditional or later or aside or asked
    told = calm or well or keep or habit or mine
    foreign = not text.isascii()
    found = [asked, asking, *said, words <= _SHORT, words <= _BRIEF, words > _LONG, foreign]
    found += [asked and asking, (asked or asking) and not now, harm and not calm, stop and not calm]
    found += [now and (stop or harm), past and harm, negated and stop, conditional and stop]
    found += [stop and not negated and words <= _SHORT + 1, harm and not told, stop and not told]
    found += [not stop and not harm, not stop and not harm and words <= _SHORT, worse and harm and not told]
    found += [well and harm, mine and harm, habit and stop, worse and stop, harm and stop and not told]
    return np.array(found, dtype=np.float64)
