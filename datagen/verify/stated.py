r"""Answers that a text states without a box, as in "The final answer is 5" or "#### 5".

Only the end of a text is read, only whole sentences count, and a sentence counts only when it can be told which of its
values is the answer. Every search is linear in what it reads.
"""

import re
from collections.abc import Iterator

_WITHIN = 600
"""Characters from the end in which an answer counts as the closing one."""
_CLOSING_SENTENCES = 3
_SHORT = 300
"""A text of one line and at most so many characters may be nothing but an answer with a few words around it."""
_WORDS_AFTER = 4
_TAGS = re.compile(r"<\|[a-z_]{1,30}\|>")
_BEGINS = re.compile(r"[.!?]\$*\s|\n")
_HASHES = re.compile(r"^####[ \t]*([^\n]{1,300})", re.MULTILINE)
_IS = r"(?:is|are|was|be|equals?|becomes|[:=≈]|\\approx)"
_ADVERBS = r"(?:\s*(?:indeed|exactly|simply|just|therefore|thus|also|still|then|now|equal\s+to|given\s+by)\b)*"
_ANNOUNCED = re.compile(
    rf"\b(?:answer|option|choice)\b[\"']?(?:\s+(?:to|for|of|in)\s[^.:\n]{{1,100}}?)?\**\s*"
    rf"(?:{_IS}|should\s+be|must\s+be|would\s+be)\**{_ADVERBS}\s*:?\**\s*[\"']?"
    r"(?=(?P<rest>[^\s].{0,300}))",
    re.IGNORECASE | re.DOTALL,
)
_TAGGED = re.compile(r"<answer>([^<]{1,300})</answer>")
_HEADED = re.compile(r"^[#*\s]*(?:final\s+)?answer[*:\s]*\n\s*([^\n]{1,60})\s*$", re.IGNORECASE | re.MULTILINE)
_UNFINISHED = re.compile(r"\b(?:step|case|check|need\s+to|suppose|assume|continue|let\s+me|try)\b", re.IGNORECASE)
_STRAY_MARK = re.compile(r"\\\$\s*(?=[^0-9\s.,])")
"""An escaped dollar sign where a formula was meant to end."""
_COMMANDS = re.compile(r"\\[A-Za-z]+(?:\{[A-Za-z]*\})?")
_GOES_ON = re.compile(
    r"\s*(?:[-+*/^!:=\\(]|[0-9]|(?:,|and|or)\s*(?:\*\*|\$|\\|[0-9])|(?:if|to|over|times|plus|minus|squared|cubed|choose|dozen"
    r"|hundred|thousand|million|billion|pi|where|when|for|and\s+a)\b)"
)
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|at\s+least|at\s+most|between|either|(?:more|less)\s+than|[0-9]+\s+and)|n't)\s+"
    r"(?:be\s+|equal\s+(?:to\s+)?)?$",
    re.IGNORECASE,
)
_OPENS_WITH_IF = re.compile(r"(?:if|unless|whether|suppose|assum\w+)\b", re.IGNORECASE)
_SUPPOSED = re.compile(r"\b(?:if|unless|whether|suppos\w+|assum\w+)(?:\s+that)?(?:\s+(?:the|our))?\s*$", re.IGNORECASE)
_BY_FORM = re.compile(r"[Ff]inal [Aa]nswer is:?\s*([^\n]{1,300}?)\s*\.?\s*I hope it is correct")
_MATHS = r"\$\$(?:[^$]|\\\$)+\$\$|\$(?:\\\$|[^$\n])+\$|\\\((?:(?!\\\)).)+\\\)|\\\[(?:(?!\\\]).)+\\\]"
_PLAIN_NUMBER = (
    r"(?<![\w.^/\\])[-+]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:(?<=\d)\.\d+|\.\d+|(?<=\d))"
    r"(?:\s?/\s?\d+)?(?:_\{?\d+\}?)?\s?%?(?![\w^])"
)
_VALUE = re.compile(
    rf"{_MATHS}|\*\*(?:[^*\n]{{0,30}}[0-9][^*\n]{{0,30}}|[^*\n\s:]{{1,20}})\*\*|{_PLAIN_NUMBER}", re.DOTALL
)
_AFTER_IS = re.compile(rf"(?:^|[\s)])(?:{_IS}|=){_ADVERBS}\s*$", re.IGNORECASE)
_BEFORE_ANSWER = re.compile(
    r"^\**\s+(?:is|are)\s+(?:indeed\s+)?(?:(?:the|my|our)\s+)?(?:correct|right|final|answer|solution|result)",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|so|conclu\w+|finally|answer|solution|overall|confident|confirms?|gives|final)\b",
    re.IGNORECASE,
)
_SO = re.compile(r",\s+(?=(?:and\s+)?(?:so|hence|thus|therefore)\b)", re.IGNORECASE)
_FILLER = re.compile(
    r"^(?:(?:I\s+(?:think|believe|hope|am)|I'm|That|This|It|Everything|Yes|Same|All|Both|Which)\b[^0-9$\\]*"
    r"|(?:Let\s+me\s+know|Feel\s+free|Please|Good\s+luck|Hope|Happy)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ENDS_WHOLE = re.compile(r"(?:[.!)\]$}>\"'`]|\*\*)$")
_DENIES = re.compile(r"\b(?:not|cannot|neither|never|incorrect|wrong|if)\b|n't\b|\\neq?\b|≠", re.IGNORECASE)
_DEMANDS = re.compile(
    r"^\W*(?:find|what|how|determine|compute|calculate|evaluate|express|let|suppose|now|next|step)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?]\$)|(?<=[.!?]\$\$))\s+(?![a-z0-9])|\s+(?=(?:So|Therefore|Thus|Hence),?\s)"
    r"|(?<![:,=])\s*\n\s*\n\s*|\n\s*(?=[-*]\s)"
)
_DRESS = ('\\"', '"', "$$", "$", "\\(", "\\)", "\\[", "\\]", "**")


def answer_by_form(text: str) -> tuple[str, int] | None:
    """The answer in a form that many prompts teach ("The final answer is $5$. I hope it is correct"), and its place."""
    if "I hope it is correct" not in text:
        return None
    found = list(_BY_FORM.finditer(text))
    return (_bare(found[-1][1]), found[-1].start()) if found and _bare(found[-1][1]) else None


def stated_answer(text: str) -> str | None:
    """The answer that a text without a box states at its end; None when there is none, or when it can't be told."""
    text = _TAGS.sub("", text).strip()
    end = _end_of(text)
    tagged = _TAGGED.findall(end)
    if tagged:
        return _bare(tagged[-1]) or None
    headed = list(_HEADED.finditer(end))
    if headed:
        return _bare(headed[-1][1]) or None
    hashes = _HASHES.findall(end)
    if hashes:
        return _bare(hashes[-1]) or None
    is_short = len(text) <= _SHORT and "\n\n" not in text
    is_announced, stated = _announced(end)
    if not is_announced:
        stated = (_short(text) if is_short else None) or _concluded(end)
    return None if stated and ("\\boxed" in stated or stated.endswith(":")) else stated


def _end_of(text: str) -> str:
    """The last whole sentences of a text: a formula that is cut in two would be paired with the wrong delimiter."""
    if len(text) <= _WITHIN:
        return text
    end = text[-_WITHIN:]
    begins = _BEGINS.search(end, 0, _WITHIN // 2)
    if begins:
        return end[begins.end() :]
    return end.partition("$")[2] if end.count("$") % 2 else end


def _announced(end: str) -> tuple[bool, str | None]:
    """Whether an answer is announced ("The answer is"), and which it is, when that can be told."""
    matches = [match for match in _ANNOUNCED.finditer(end) if not _SUPPOSED.search(end[: match.start()])]
    if not matches:
        return False, None
    rest = matches[-1]["rest"]
    sentence = re.split(r"\.(?:\s|$)|\n", rest, maxsplit=1)[0]
    if "boxed" in sentence:  # an instruction that is repeated, not an answer
        return False, None
    clause = _clause(sentence)
    if clause:
        return True, clause
    value = _VALUE.match(rest)
    if value:
        return True, None if _GOES_ON.match(rest, value.end()) else _bare(value.group()) or None
    if not _VALUE.search(sentence):
        return True, _bare(sentence) if len(sentence.split()) <= _WORDS_AFTER else None
    return True, None if _DENIES.search(sentence) else _value_of(sentence, "answer ")


def _clause(sentence: str) -> str | None:
    """A whole clause that is nothing but an answer: "$5$ or $6$", "(2, 3)", "3 1/2"."""
    plain = sentence.replace("**", "").strip().rstrip(".").strip()
    words = [word for word in re.findall(r"[A-Za-z]{2,}", _COMMANDS.sub(" ", plain)) if word not in {"and", "or"}]
    if words or not plain or len(plain) > 120 or not re.search(r"[0-9A-Za-z]", plain):
        return None
    mathematics = list(_formulas(plain))
    if len(mathematics) > 1:
        return plain.replace("$", " ").replace("\\(", " ").replace("\\)", " ").strip()
    return _bare(plain) or None


def _concluded(end: str) -> str | None:
    if not _ENDS_WHOLE.search(end):
        return None
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(end) if sentence.strip()]
    for sentence in reversed([one for one in sentences if not _FILLER.match(one)][-_CLOSING_SENTENCES:]):
        clause = _SO.split(sentence)[-1]
        if _DENIES.search(clause) or _DEMANDS.match(clause):
            continue
        value = _value_of(clause, sentence[: len(sentence) - len(clause)])
        if value is not None:
            return value
    return None


def _value_of(sentence: str, lead: str) -> str | None:
    """The one value of a sentence that can be its answer.

    Args:
        sentence: the sentence, or its last clause.
        lead: what stands before it and may say that it concludes.
    """
    values = [
        value
        for value in _VALUE.finditer(sentence)
        if not _in_brackets(sentence[: value.start()])
        and not _DENIED.search(sentence[: value.start()])
        and not _GOES_ON.match(sentence, value.end())
    ]
    for value in reversed(values):
        if _BEFORE_ANSWER.match(sentence[value.end() :]):
            return _bare(value.group()) or None
    for value in reversed(values):
        before = sentence[: value.start()]
        concludes = bool(_CONCLUDES.search(lead + before))
        if _AFTER_IS.search(before) and (concludes or len(re.findall(r"\w+", sentence[value.end() :])) <= _WORDS_AFTER):
            return _bare(value.group()) or None
        if len(values) == 1 and concludes:
            return _bare(value.group()) or None
    return None


def _in_brackets(before: str) -> bool:
    """Whether a value after this stands in a bracket of the sentence: said by the way."""
    return before.count("(") > before.count(")")


def _short(text: str) -> str | None:
    """The answer of a text that is little more than one: the last formula, else the last number with its unit."""
    if _OPENS_WITH_IF.match(text):
        return None
    formulas = list(_formulas(text))
    if formulas:
        last = formulas[-1]
        if _DENIED.search(text[: text.rindex(last)]):
            return None
        joined = re.findall(r"[A-Za-z]{2,}", _without_formulas(text))
        if len(formulas) > 1 and all(word.lower() in {"and", "or"} for word in joined):
            return ", ".join(_bare(one) for one in formulas)
        unit = re.match(r"\s*(?:%|percent\b|pct\b|[A-Za-z]+(?:\^\d)?)?", text[text.rindex(last) + len(last) :])
        return f"{_bare(last)}{unit.group() if unit and _is_unit(unit.group()) else ''}"
    if not re.search(r"[A-Za-z]{2,}", re.sub(r"\\[A-Za-z]+|\{[A-Za-z ]*\}", "", text)):
        return text or None
    if not re.search(r"\s", text):
        return text or None
    if len(text.split()) < _WORDS_AFTER and not re.search(r"[\d.!?']", text):
        return text
    if _UNFINISHED.search(text):
        return None
    numbers = list(re.finditer(r"[-+]?[$€£]?\d[\d.,]*(?:/\d+)?\S*(?:\s+(?:percent|pct|%))?", text))
    if not numbers or _DENIED.search(text[: numbers[-1].start()]):
        return None
    return numbers[-1].group().rstrip(".,")


def _is_unit(after: str) -> bool:
    return after.strip() in {"%", "percent", "pct", "percentage"}


def _formulas(text: str) -> Iterator[str]:
    for match in re.finditer(_MATHS, text, re.DOTALL):
        yield match.group()


def _without_formulas(text: str) -> str:
    return re.sub(_MATHS, " ", text, flags=re.DOTALL)


def _bare(value: str) -> str:
    """A value without the delimiters around it and the punctuation after it."""
    value = _STRAY_MARK.split(value.strip())[-1].strip()
    for _ in range(3):
        for mark in _DRESS:
            value = value.removeprefix(mark).removesuffix(mark).strip()
    return value.rstrip(".,;").strip()
