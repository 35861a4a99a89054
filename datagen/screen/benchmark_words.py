"""The words that the search for benchmark problems leaves out, or takes for one."""

from collections.abc import Mapping

from datagen.screen.number_words import SMALL_VALUES, TENS_VALUES


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NUMBER_WORDS: Mapping[str, str] = {word: str(value) for word, value in (SMALL_VALUES | TENS_VALUES).items()}

LAYOUT = _set(
    """frac dfrac tfrac cfrac cdot times div ast star left right big bigg text textbf textit textrm mathrm mathbf mathbb
    mathcal mbox boxed operatorname displaystyle overline underline begin end hline quad qquad circ in ldots dots cdots
    dotsb dotsm prime"""
)
"""Commands that change what a formula looks like, or join its parts."""

FUNCTIONS = _set(
    """sqrt prod int pi infty binom sin cos tan cot sec csc log ln lfloor rfloor lceil rceil neq pm arcsin arccos
    arctan"""
)
"""Names within formulas that two formulas have to share."""

GREEK = _set(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi
    varphi chi psi omega ell α β γ δ ε ζ η θ ι κ λ μ ν ξ ρ σ τ υ φ χ ψ ω"""
)
SMALL_WORDS = _set("is of to in on at by if be or we an as it no up so do he us my me am pm go")
"""Words of two letters; others of one or two letters are variables."""

ASKING = _set(
    """find determine compute calculate evaluate what is are the an of value please give express your answer as in be
    let suppose that given degree degrees percent dollar dollars array cases align aligned matrix pmatrix bmatrix
    vmatrix equation gathered"""
)
"""Words that ask, join or lay out, and of which a rewording takes others."""

NO_PHRASE = _set(
    """frac dfrac tfrac cfrac sqrt left right big bigg text textbf textit textrm mathrm mathbf mathbb mathcal mbox
    boxed operatorname displaystyle begin end array cases align aligned matrix pmatrix bmatrix vmatrix ccc cccc hline
    quad qquad hspace vspace overline underline cdot cdots dots ldots times div leq geq neq equiv pmod bmod circ the
    and rac ext"""
)
"""Words of three letters and more that are part of no phrase; some with their first letter eaten by an escape."""

DRESS = NO_PHRASE | _set("equation gather split br le ge ne lt gt cal emph label tag notag")
"""Words by which two texts with one normal form may differ."""

SAID_ANYHOW = _set(
    """find determine compute calculate evaluate what is are the an of value express write your answer as in be if let
    and to for then when into simplify simplest form solve following which how many that possible suppose given where
    frac dfrac tfrac cfrac left right text mathbf mathrm cdot times circ ge le geq leq lt gt neq dots ldots cdots quad
    qquad begin end array cases align pmatrix bmatrix displaystyle equiv pmod mod overline sqrt"""
)
"""Words that say nothing of which short problem a text is."""
