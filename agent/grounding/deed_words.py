"""The words of deeds: what models say that they did, and what such words would leave on record.

A model can look and file proposals, nothing else. So of what it says it did, only words known to be harmless pass; of
what is said to have been done by nobody in particular, the words here are held against the record.
"""

from __future__ import annotations

import re

_LOOKING_TEXT = (
    "looked checked found compared read seen saw understood noticed assumed computed calculated counted "
    "listed included summarised summarized rounded converted said meant asked was were been had did got "
    "thought tried reviewed examined searched worked considered mentioned explained described used noted "
    "identified learned estimated based needed wanted expected inspected analysed analyzed retrieved "
    "fetched observed verified interpreted answered gathered pulled queried consulted knew managed "
    "measured reached learnt ranked sorted plotted highlighted left reported received misread "
    "misunderstood"
)
LOOKING = frozenset(_LOOKING_TEXT.split())
"""What a model may say that it did: it looked, or talked."""

_FILING_TEXT = (
    "proposed filed suggested submitted recommended put placed prepared drafted created made raised "
    "logged registered proposing filing suggesting requested entered issued opened"
)
FILING = frozenset(_FILING_TEXT.split())
"""How a proposal comes about, in words; true where one was filed, if the passage speaks of one."""

SPOKEN_OF = re.compile(
    r"\bpropos|\bsuggest|\brequest|\brecommend|\bvorschlag|\bvorgeschlagen|\bantrag|\bpropuest|\bfiled\b|\bsuger", re.I
)

LOOKED = re.compile(
    r"(?:went (?:through|over|back|by)|took (?:a|another|one) (?:\w+ )?look|(?:had|gave) (?:it |this |them )?(?:a|"
    r"another) (?:\w+ )?look|"
    r"ran (?:the|a|some) (?:numbers|comparison|query|check|analysis|search)|run (?:the|a|some) (?:numbers|"
    r"comparison|query|check|analysis|"
    r"search)|put (?:together|it|this|them|these) (?:\w+ )?(?:in|into|as|a|the|below|above|\b)|made (?:sure|use|no|"
    r"a (?:comparison|summary|"
    r"mistake|table|list|note))|set out|drawn? up|got (?:the|this|these|from|a|back)|took (?:this|these|the "
    r"numbers)|told you|given (?:you|this)|"
    r"gave you)\b",
    re.I,
)
"""Two words or more of the same kind, though the first alone could be a deed."""

_IRREGULAR_TEXT = (
    "set put sent made took taken gave given ran run began begun shut cut done told went gone brought "
    "undid undone reset let held kept wrote written rolled saw found drew drawn dealt built spoke split "
    "withdrew withdrawn chose chosen got bound sped rebuilt reran resent refit remade rerun"
)
IRREGULAR = frozenset(_IRREGULAR_TEXT.split())
"""Past forms that do not end in -ed."""

_FILLERS_TEXT = (
    "have had 've ve just already now also then successfully therefore gone went ahead and thus hereby "
    "immediately duly meanwhile quickly safely actually finally both all thereby temporarily manually "
    "accordingly automatically simply go as requested since"
)
FILLERS = frozenset(_FILLERS_TEXT.split())
NEGATING = re.compile(
    r"\b(?:not|never|no|nothing|none|cannot|can't|won't|wouldn't|haven't|hasn't|hadn't|didn't|isn't|aren't|wasn't|"
    r"weren't|don't|"
    r"without|neither|nor|nobody|nichts?|kein\w*|rien|aucune?|pas|nada|ningun\w*|keine)\b|n't\b",
    re.I,
)
SUPPOSING = re.compile(
    r"\b(?:if|once|when|until|unless|after|before|would|could|can|may|might|should|must|shall|whether|to be|needs? "
    r"to|has to|have to|"
    r"in case|wenn|sobald|bis|wurde ich|konnte|si|quand|cuando|hasta|jusqu|let me know|want me|unclear|question)\b",
    re.I,
)

FIRST_IF = re.compile(
    r"\W{0,4}(?:(?:then|so|and|but|filed|done)\W{1,3})?"
    r"(?:once|if|when|as soon as|should|unless|until|after|sobald|wenn|quand|cuando)\b",
    re.I,
)
"""How a sentence begins whose rest has not happened."""

CHANGES = {
    "pause": r"paus\w+|stopped|halted|suspended|stood still|put on hold|shut ?down|frozen|angehalten|gestoppt|pausiert|"
    r"arretee?s?|mis(?:e)? en pause|detenid[oa]s?|parad[oa]s?",
    "resume": r"resumed|continued|restarted|taken up|fortgesetzt|repris\w*|reanudad[oa]",
    "abort": r"aborted|terminated|ended|killed|abgebrochen|beendet|abandonnee?|abortad[oa]|terminad[oa]",
    "start": r"started|launched|kicked off|begun|queued|dispatched|initiated|triggered|running|scheduled|gestartet|"
    "lancee?s?|iniciad[oa]s?",
    "cancel": r"cancell?ed|dropped|called off|storniert|annulee?s?|cancelad[oa]s?",
    "approve": r"approved|granted|accepted|confirmed|authori[sz]ed|signed off|genehmigt|bestatigt|approuvee?s?|"
    "aprobad[oa]s?",
    "apply": r"applied|enacted|implemented|activated|saved|executed|carried out|made|put in place|deployed|"
    "committed|processed|"
    r"taken effect|taken care of|completed successfully|angewendet|ubernommen|appliquee?s?|aplicad[oa]s?",
    "exclude": r"retracted|excluded|removed|discarded|deleted|thrown out|ausgeschlossen|entfernt|exclue?s?|"
    "retiree?s?|excluid[oa]s?|eliminad[oa]s?",
    "restore": r"restored|reinstated",
    "correct": r"corrected|fixed|amended|edited|korrigiert|corrigee?s?|corregid[oa]s?",
    "undo": r"undone|reverted|rolled back|taken back|reset|ruckgangig gemacht|annulee?s?|deshech[oa]",
    "send": r"sent|transmitted|delivered|notified|e-?mailed|ordered|flushed|rinsed|calibrated|cleaned|gesendet|"
    "envoyee?s?|enviad[oa]s?",
    "set": r"set|changed|updated|lowered|raised|increased|reduced|decreased|widened|narrowed|tightened|relaxed|"
    "restricted|capped|limited|"
    r"clamped|constrained|adjusted|modified|extended|doubled|halved|cut|moved|switched|disabled|enabled|turned "
    r"(?:on|off)|added|fixed at|"
    r"gesetzt|geandert|gesenkt|erhoht|begrenzt|aktualisiert|angepasst|verringert|"
    r"modifiee?s?|changee?s?|reduite?s?|augmentee?s?|limitee?s?|fixee?s?|mise? a jour|cambiad[oa]s?|"
    r"modificad[oa]s?|reducid[oa]s?|"
    r"aumentad[oa]s?|limitad[oa]s?|actualizad[oa]s?|fijad[oa]s?",
    "file": r"proposed|filed|suggested|submitted|put forward|vorgeschlagen|eingereicht|proposee?s?|soumise?s?|"
    "propuest[oa]s?|presentad[oa]s?",
}
"""What is done, by what it would leave on record, as participles (accents are left out)."""

CLASSES = {name: re.compile(rf"(?:{words})\b", re.I) for name, words in CHANGES.items()}

PASSIVE = re.compile(
    r"\b(?:(?:has|have|had) (?:now |just |already |also |successfully )?been|was|were|been|(?:is|are|stands?) now|"
    r"is|are|got|gets|being|"
    r"stays?|will (?:now |no longer |from now on )?be|wurden?|ist jetzt|ist nun|sind jetzt|ist|sind|"
    r"a ete|ont ete|est maintenant|est desormais|est|sont|ha sido|han sido|esta ahora|esta|fue|fueron|queda)"
    r"(?: (?:now|just|already|also|successfully|then|therefore|all|safely|hereby|duly|immediately|bereits|jetzt|"
    r"nun|auf|"
    r"maintenant|deja|ya|ahora)){0,3} ",
    re.I,
)
PERFECT_PASSIVE = re.compile(
    r"\b(?:(?:has|have) (?:now |just |already |also |successfully )?been|(?:approval|change|request|decision|bound|"
    r"limit|setting|instruction|"
    r"command|planner|lab|device|pump|stirrer|queue)s? (?:was|were|is now|are now|is|are))"
    r" (?:(?:now|just|already|also|successfully) )?(?P<verb>[a-z]{2,16})\b",
    re.I,
)
_PASSED_TEXT = (
    "measured used run tried seen observed tested found reached spent completed explored sampled needed "
    "required pending proposed filed suggested requested reported achieved obtained evaluated "
    "investigated performed conducted compared asked expected related based bounded consumed noted "
    "carried called so a the no an very quite steady stable limited located covered tied"
)
PASSED = frozenset(_PASSED_TEXT.split())
"""What may be said to have been done without anybody's having changed anything."""
GERMAN_PASSIVE = re.compile(r"\bwurden?\b|\bworden\b|\b(?:ist|sind) (?:jetzt|nun|ab sofort)\b", re.I)
GERMAN_LAST = re.compile(
    r"\b(?:angehalten|gestoppt|pausiert|gesetzt|geandert|gesenkt|erhoht|begrenzt|aktualisiert|angepasst|verringert|"
    r"abgebrochen|"
    r"gestartet|genehmigt|korrigiert|ausgeschlossen|entfernt|gesendet|angewendet|ubernommen|storniert|ruckgangig "
    r"gemacht)\b",
    re.I,
)
BARE = re.compile(
    r"^\W{0,4}(?:(?:ok(?:ay)?|sure|great|alright|got it|yes|perfect|certainly|of course|success)\W{1,4}){0,2}"
    r"(?:(?:all |it'?s (?:all )?|that'?s |consider (?:it|that) )?(?:done|set|sorted|taken care of)\b(?!\s(?:of|by)\b)"
    r"|(?:successfully )?(?:paused|stopped|halted|resumed|aborted|cancelled|canceled|approved|applied|updated|"
    r"changed|lowered|raised|"
    r"increased|reduced|capped|limited|excluded|retracted|corrected|restored|reverted|undone|saved|sent|started|"
    r"restarted|launched|"
    r"executed|activated|adjusted|modified|removed|added|switched)\b"
    r"|(?:successfully \w+ed|changes? (?:saved|applied|made|done)|erledigt|fertig|fait|c'est fait|hecho|listo)\b"
    r"|(?:the |new )?(?:bounds?|limits?|budget|campaign|cap|batch(?: size)?|range|changes?|planner|settings?) "
    r"(?:now |successfully )?"
    r"(?:set|changed|updated|lowered|raised|increased|reduced|extended|paused|stopped|halted|resumed|aborted|"
    r"approved|applied|capped|"
    r"limited|saved|tightened|widened)\b(?! (?:by|in|when|at|for)\b)"
    r"|changing\b.{0,80}\bdone\b"
    r"|(?:paus|stopp|halt|abort|resum|start|cancel|approv|apply|chang|updat|lower|rais|increas|reduc|sett|capp|"
    r"limit|exclud|retract|revert|"
    r"undo|send|remov|switch|launch)ing\b.{0,80}\b(?:now|right away|immediately|at once|as requested|as you asked|"
    r"for you)\b)",
    re.I,
)
DONE_SOMEWHERE = re.compile(
    r"(?:[\u2014\u2013,;:-] ?(?:all )?done\W{0,3}$|\bconsider (?:it|that) done\b|\bit'?s (?:all )?done\b|\bis done\b|"
    r"\btook care of (?:it|that|this)\b|\bin effect\b|\btook effect\b|"
    r"\b(?:bound|limit|change|setting|rule|cap)\b[^.]{0,30}\b(?:is|are) (?:now )?(?:active|live|in place|in "
    r"force)\b|\bno longer counts?\b|"
    r"\b(?:did|done) (?:what|as) you (?:asked|wished|wanted|said)\b|\b(?:request|change|approval|it|proposal|"
    r"command)s? (?:has |have )?(?:went|gone) through\b|\bhave it your way\b|"
    r"\bwill (?:no longer|from now on|now|stay|not)\b|\bfrom (?:now|here) on\b)",
    re.I,
)
CAUSED = re.compile(
    r"\b(?:i|we)(?:'ve| have)? (?:had|got|made|let) (?:the|your|our|an?|it|them|everything) (?:[a-z]{2,16} ){0,3}?"
    r"(?:run|rerun|measure|repeat|do|stop|start|pause|resume|prepare|send|clean|rinse|flush|heat|cool|restart|change|"
    r"set|switch|skip|drop|forget|ignore|stopped|started|paused|changed|cancelled|cleaned|rinsed|restarted)\b",
    re.I,
)
"""What was done by somebody or something else, because the speaker wanted it."""
AT_ONCE = re.compile(r"^\W{0,4}(?:ok(?:ay)?\W{1,3})?(?:just|already|now) (?P<verb>[a-z]{3,16})\b", re.I)
"""How a sentence begins that leaves out who did it."""
NOW_SO = re.compile(r"\b(?:with|having) [^.;,]{2,60}? (?:now|already|just) (?=[a-z])", re.I)
WHILE = re.compile(
    r"^\W{0,4}(?:before|after|while) (?:answering|replying|you were|you are|reading|i answer)\b[^,;:]{0,30}", re.I
)
"""What a sentence begins with that supposes nothing."""
EN_SELF = re.compile(r"\b(?:i|we)\b(?P<have>\s?(?:'ve|ve|have|had)\b)?", re.I)
EN_DOING = re.compile(
    r"\b(?:i'?m|i am|we'?re|we are)\s(?:(?:now|just|currently|already|also)\s){0,2}(?P<verb>[a-z]{3,16}ing)\b", re.I
)
DOING = re.compile(
    r"(?:paus|stopp|halt|abort|resum|start|cancel|approv|appl|chang|updat|lower|rais|increas|reduc|decreas|sett|"
    r"capp|limit|exclud|retract|"
    r"correct|restor|revert|undo|send|execut|remov|adjust|modify|switch|launch|runn|mak|putt|rest|tighten|widen|"
    r"shutt|turn)\w{0,4}ing$",
    re.I,
)
GOING_TO = re.compile(
    r"\b(?:i'?ll|i will|we'?ll|we will)\s(?:(?:now|just|go ahead and|immediately|also)\s){0,2}"
    r"(?P<verb>pause|stop|halt|abort|resume|start|cancel|approve|apply|change|update|lower|raise|increase|reduce|"
    r"set|cap|limit|exclude|"
    r"retract|correct|restore|revert|undo|send|execute|remove|adjust|modify|switch|launch|run|shut)\b",
    re.I,
)
OTHERS_SELF = (
    (
        re.compile(r"\b(?:ich|wir)\s(?:hab(?:e|en)?)\b|\bhab(?:e|en)?\s(?:ich|wir)\b", re.I),
        re.compile(r"\b(?:\w{0,12}ge\w{2,14}(?:t|en)|\w{3,14}iert|\w{2,12}(?:andert|lassen|hoht|grenzt))\b", re.I),
        re.compile(
            r"nachgesehen|angesehen|gepruft|verglichen|gefunden|gesehen|gelesen|nachgeschaut|gezahlt|berechnet|"
            r"verstanden",
            re.I,
        ),
        re.compile(r"vorgeschlagen|vorschlag|eingereicht|beantragt", re.I),
        200,
    ),
    (
        re.compile(r"\b(?:j'ai|nous avons)\b", re.I),
        re.compile(r"\b(?:mis|fait|[a-z]{2,14}(?:e|i|u|is|it))\b", re.I),
        re.compile(r"\b(?:verifie|regarde|trouve|compare|consulte|lu|vu|compris|note|calcule)\b", re.I),
        re.compile(r"\b(?:propose|suggere|soumis|depose)\b|\bproposition\b", re.I),
        40,
    ),
    (
        re.compile(r"\b(?:he|hemos)\s(?=(?:ya\s|ahora\s)?(?:[a-z]{2,14}[ai]do|hecho|puesto|propuesto|visto)\b)", re.I),
        re.compile(r"\b(?:[a-z]{2,14}[ai]do|hecho|puesto|propuesto|visto)\b", re.I),
        re.compile(r"\b(?:revisado|mirado|visto|comparado|encontrado|leido|consultado|calculado)\b", re.I),
        re.compile(r"\b(?:propuesto|sugerido|presentado)\b|\bpropuesta\b", re.I),
        40,
    ),
)
"""Of German, French and Spanish: who speaks in the perfect, what a participle looks like, which look, which propose,
and within how many characters the participle comes (in German it ends the sentence)."""
