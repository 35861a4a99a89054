"""Problems of another subject, told by their text alone: crosswords, programs, and science without a quantity.

What a source says of its own rows is the adapter's business (`datagen.sources`). Here the text has to be plain: a
problem of physics or chemistry whose answer is a number is a calculation that a verifier can check, and stays.
"""

import re

_CROSSWORD = re.compile(r"\b(?:solve|complete)\b[^.?!]{0,40}\bcrossword\b|\bcrossword\s(?:puzzle\s)?clue\b")
_PROGRAM = re.compile(
    r"```(?:python|java|cpp|c\+\+|javascript|sql)\b|#include\s?<|\bint\smain\s?\(|\bfrom\sstandard\sinput\b"
    r"|\bwrite\s(?:an?|the)\s(?:\w+\s){0,2}?(?:python|java|c\+\+|javascript|sql)\s(?:\w+\s)?(?:program|function|code|script|query)\b"
    r"|\bwrite\s(?:an?)\s(?:computer\s)?(?:program|script)\s(?:that|to|which|in)\b"
    r"|\b(?:following|this)\s(?:python|java|c\+\+|javascript|sql)\s(?:program|function|code|script|snippet)\b"
)
_SIGNS = ("crossword", "```", "#include", "int main", "standard input", "program", "script", "python", "java", "iupac")
_CHEMISTRY = re.compile(r"\biupac\b")
_SCIENCE = re.compile(
    r"\b(?:mol|molar|moles|molecul(?:e|es|ar)|enthalpy|isomers?|oxidation|oxidized|reagents?|reactants?|reactions?|catalysts?"
    r"|ligands?|compounds?|acids?|acidic|ph|benzene|ethanol|alcohol|ketone|aldehyde|alkene|amine|methyl|ethyl|nmr|hydrogen"
    r"|oxygen|carbon|nitrogen|sulfur|chlorine|chloride|solvents?|organic|aqueous|ions?|anions?|cations?|atoms?|gas|temperature"
    r"|proteins?|genes?|genome|dna|m?rna|enzymes?|alleles?|mutations?|mutants?|bacteria|antibod(?:y|ies)|receptors?|cells?"
    r"|chromosomes?|transcription|patients?|photons?|electrons?|protons?|neutrons?|nuclei|nucleus|quarks?|neutrinos?|mesons?"
    r"|bosons?|fermions?|particles?|spin|decay|quantum|hamiltonian|lagrangian|relativistic|superconduct\w{0,6}|laser|optical"
    r"|wavelengths?|spectr(?:a|um)|spectroscopy|voltage|electric|magnetic|charge|velocity|orbital|luminosity|redshift"
    r"|telescopes?|stars?|planets?|exoplanets?|galax(?:y|ies))\b"
)
_FEWEST_TERMS = 3
_OPTION = re.compile(r"\(?[A-J][).]?")
_FORMULA = re.compile(r"[0-9=^_\\$]")
_WORD = re.compile(r"[A-Za-z]{3,}")


def other_subject(lowered: str, answer: str) -> str | None:
    """What shows that a problem is not mathematics; None when nothing does.

    Args:
        lowered: the problem in lower case.
        answer: the reference answer.
    """
    if any(sign in lowered for sign in _SIGNS):
        for subject, pattern in (("a crossword", _CROSSWORD), ("a program", _PROGRAM), ("chemistry", _CHEMISTRY)):
            if found := pattern.search(lowered):
                return f'{subject}: "{found.group()}"'
    if _is_quantity(answer):
        return None
    terms = sorted(set(_SCIENCE.findall(lowered)))
    if len(terms) < _FEWEST_TERMS:
        return None
    return f"science, and the answer is no quantity: {', '.join(terms[:6])}"


def _is_quantity(answer: str) -> bool:
    """Whether an answer is anything but the letter of an option or plain words."""
    answer = answer.strip()
    if _OPTION.fullmatch(answer):
        return False
    return len(answer) > 200 or bool(_FORMULA.search(answer)) or not _WORD.search(answer)
