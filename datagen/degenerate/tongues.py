"""Whether a text goes on in another language or script than it, or its problem, began in.

Looked at are stretches of 500 characters. A stretch speaks a script by its letters, and a language of Latin letters by
its commonest words; formulas speak none. A stretch that holds a word or a sentence of another language among its own
is no change of language, and a text that has one language from its start, though not its problem's, is none either.
"""

import re
from collections import Counter

from datagen.degenerate.found import Found, excerpt

_STRETCH = 500
_SCRIPTS = {
    "Chinese or Japanese": (re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"), 40),
    "Korean": (re.compile("[\uac00-\ud7a3]"), 40),
    "Cyrillic": (re.compile("[\u0400-\u04ff]"), 100),
    "Arabic": (re.compile("[\u0600-\u06ff]"), 100),
    "Hebrew": (re.compile("[\u0590-\u05ff]"), 100),
    "Thai": (re.compile("[\u0e00-\u0e7f]"), 100),
    "Devanagari": (re.compile("[\u0900-\u097f]"), 100),
}
"""The letters of a script, and how many of them a stretch holds that speaks it."""
_SOME_SCRIPT = re.compile(
    "[\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_COMMONEST = {
    "English": "the of and is that to we so this for with be it are have can but if which from",
    "French": "le les des est une pour dans donc nous du sont avec cette ce qui sur alors soit",
    "Spanish": "el los las una por para del como entonces esto tenemos ser puede hay también donde",
    "German": "der die das und ist ein eine nicht wir mit für auf von den dem sich auch dann wenn",
    "Italian": "il gli della che di per sono questo quindi abbiamo nel dalla delle essere anche",
    "Portuguese": "os uma não para então são temos também pela pelo isso dos das ser quando",
}
_LANGUAGE = {
    word: language
    for language, words in _COMMONEST.items()
    for word in words.split()
    if sum(word in others.split() for others in _COMMONEST.values()) == 1
}
_SPOKEN, _SURELY_SPOKEN = 5, 15
"""Of its commonest words a stretch holds so many where a language is spoken at all, and where it is the only one."""


def other_tongue(problem: str, text: str) -> Found | None:
    """Where a text first goes on in a language that neither its problem nor its own beginning speaks."""
    home = set(_spoken(problem[:_STRETCH], _SPOKEN))
    has_begun = False
    for place in range(0, len(text), _STRETCH):
        stretch = text[place : place + _STRETCH]
        spoken = _spoken(stretch, _SPOKEN)
        if not has_begun:
            has_begun = bool(spoken)
            home.update(spoken)
        elif home.isdisjoint(spoken) and (surely := _spoken(stretch, _SURELY_SPOKEN)):
            return Found(place, f"{', '.join(surely)}: {excerpt(stretch)}")
    return None


def _spoken(stretch: str, fewest: int) -> list[str]:
    """The languages and scripts that a stretch speaks; none where it is all formulas."""
    words = Counter(filter(None, map(_LANGUAGE.get, stretch.lower().split())))
    spoken = [language for language, number in words.items() if number >= fewest]
    if not stretch.isascii() and _SOME_SCRIPT.search(stretch):
        spoken += [name for name, (letter, least) in _SCRIPTS.items() if len(letter.findall(stretch)) >= least]
    return spoken
