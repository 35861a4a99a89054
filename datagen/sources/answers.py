r"""Which answers can be made a problem's answer; what a problem asks is looked at by the screen.

Precise rather than complete: what only looks odd stays.
"""

import re

from datagen.sources.entry import Loss

MOST_CHARACTERS = 400
MOST_PROSE_WORDS = 12

_WRITTEN_NULLS = frozenset({"nan", "null", "n/a"})  # "none" may be the answer
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")
_ENDS_AFTER_BOX = re.compile(r"^(?:[\s.,;$}]|\\[\])]|\\(?:blacksquare|square|qed)(?![A-Za-z]))*$")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)(?![A-Za-z])")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$.*?\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mbox|operatorname)\s*\{|\\[A-Za-z]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PROOF_TEXT = re.compile(
    r"^\W*(?:proof\b(?!\s*$)|we\s+(?:will\s+|shall\s+)?(?:prove|show)\b)"
    r"|\\blacksquare|\bQ\.?E\.?D\b|\b(?:completes?|concludes?)\s+the\s+proof\b",
    re.IGNORECASE,
)


def bare_answer(text: str) -> str:
    r"""The answer itself: what the only box at the end holds, without the delimiters of a formula around all of it.

    >>> bare_answer("Since $x = 3$, the sum is $\\boxed{7}$.")
    '7'
    """
    boxes = list(_BOXED.finditer(text))
    if len(boxes) == 1:
        start = boxes[0].end()
        end = _closing_brace(text, start)
        if end is not None and _ENDS_AFTER_BOX.match(text[end + 1 :]):
            text = text[start + 1 : end].strip()
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        inner = text[len(opening) : -len(closing)]
        if text == f"{opening}{inner}{closing}" and inner.strip() and opening not in inner and closing not in inner:
            return inner.strip()
    return text


def answer_loss(answer: str) -> Loss | None:
    """Why an answer can't be checked: none is there, it is cut off, a proof, or too long to be compared."""
    if not answer:
        return Loss("no_answer", "the answer is null or empty")
    if answer.lower() in _WRITTEN_NULLS:
        return Loss("no_answer", f"answer {answer!r}")
    if is_cut_off(answer):
        return Loss("no_answer", f"the answer is cut off: {_excerpt(answer)}")
    if _PROOF_TEXT.search(answer):
        return Loss("proof", f"the answer is a proof: {_excerpt(answer)}")
    if len(answer) > MOST_CHARACTERS:
        return Loss("answer_is_not_short", f"{len(answer)} characters: {_excerpt(answer)}")
    if (words := prose_words(answer)) > MOST_PROSE_WORDS:
        return Loss("answer_is_not_short", f"{words} words of prose: {_excerpt(answer)}")
    return None


def is_cut_off(answer: str) -> bool:
    r"""Whether braces or environments stay open, as in `\begin{pmatrix` or `\frac{4 \sqrt{3`."""
    braces = [sign for sign in _BRACE.findall(answer) if sign in "{}"]
    environments = _ENVIRONMENT.findall(answer)
    return braces.count("{") > braces.count("}") or environments.count("begin") > environments.count("end")


def prose_words(answer: str) -> int:
    """How many words of three letters and more stand outside formulas."""
    return len(_WORD.findall(_COMMAND.sub(" ", _FORMULA.sub(" ", answer))))


def _closing_brace(text: str, opening: int) -> int | None:
    depth = 0
    for sign in _BRACE.finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(sign.group(), 0)
        if depth == 0:
            return sign.start()
    return None


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 120 else f"{flat[:117]}…")
