r"""What `datagen.normalising` takes for the same sign, and what for no sign at all.

Each entry keeps the rule of that module: it changes the dress and not the mathematics. `\cdot` and `\times` are not
one (vectors), nor are `\subset` and `\subseteq`, nor `\Delta` and `\triangle`.
"""

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ", "0123456789+-=()aeoxhklmnpstij", strict=True))

_FRACTIONS = {
    "½": "12", "⅓": "13", "⅔": "23", "¼": "14", "¾": "34", "⅕": "15", "⅖": "25", "⅗": "35", "⅘": "45",
    "⅙": "16", "⅚": "56", "⅐": "17", "⅛": "18", "⅜": "38", "⅝": "58", "⅞": "78", "⅑": "19", "↉": "03",
}  # fmt: skip
_SIGNS = {
    "≤": "le", "⩽": "le", "≦": "le", "≥": "ge", "⩾": "ge", "≧": "ge", "≠": "ne", "×": "times", "·": "cdot",
    "⋅": "cdot", "∙": "cdot", "÷": "div", "±": "pm", "∓": "mp", "√": "sqrt", "∞": "infty", "∈": "in", "∉": "notin",
    "∪": "cup", "∩": "cap", "⊂": "subset", "⊆": "subseteq", "∅": "emptyset", "∠": "angle", "∡": "angle", "⊥": "perp",
    "∥": "parallel", "△": "triangle", "≈": "approx", "≡": "equiv", "≅": "cong", "∼": "sim", "→": "to", "⇒": "to",
    "⟶": "to", "⇔": "iff", "↔": "iff", "∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∀": "forall",
    "∃": "exists", "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil", "⟨": "langle", "⟩": "rangle",
    "∘": "circ", "⊙": "odot", "⊕": "oplus", "∖": "setminus", "∣": "mid", "∤": "nmid", "⋯": "cdots", "…": "ldots",
    "⋮": "vdots", "∝": "propto", "∧": "wedge", "∨": "vee", "¬": "neg", "∇": "nabla", "ℓ": "ell",
}  # fmt: skip

WITHOUT_NFKC: dict[int, str | None] = str.maketrans(
    {sign: f"\\{name} " for sign, name in _SIGNS.items()}
    | {sign: f" \\frac{{{pair[0]}}}{{{pair[1]}}}" for sign, pair in _FRACTIONS.items()}
    | {chr(code): f" ({code - 0x245F}) " for code in range(0x2460, 0x2474)}  # ① to ⑳
    | {"㎟": "mm²", "㎠": "cm²", "㎡": "m²", "㎢": "km²", "㎣": "mm³", "㎤": "cm³", "㎥": "m³", "㎦": "km³"}
    | dict.fromkeys("°º˚", "^\\circ ")
    | {"−": "-", "–": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "⁄": "/", "∕": "/", "′": "'", "″": "''", "‴": "'''"}
    | dict.fromkeys("’‘ʼ´＇", "'")
    | dict.fromkeys("，、。；：？؟،؛“”„«»‹›「」『』《》〈〉【】—―¿¡", ",")
    | {chr(code): None for code in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065))}
    | {"\ufeff": None, "\u00ad": None}
)
"""Signs that NFKC would flatten or leave in several forms; nothing for those that can't be seen."""

CONTROL_REPAIRS = {"\frac": "\\frac", "\b": "\\b", "\v": "\\v", "\a": "\\a"}
r"""Commands whose backslash was eaten on the way: `\frac` read as a form feed and "rac"."""

ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&le;", "\\le "), ("&ge;", "\\ge "), ("&nbsp;", " "), ("&amp;", "&"))

LAYOUT_ENVIRONMENTS = (
    "align", "aligned", "alignat", "alignedat", "equation", "gather", "gathered", "split", "multline", "eqnarray",
    "displaymath", "math", "center", "flushleft", "flushright", "itemize", "enumerate", "document",
)  # fmt: skip

_FUNCTIONS = (
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln", "lg",
    "exp", "lim", "max", "min", "sup", "inf", "gcd", "lcm", "det", "dim", "deg", "mod", "arg", "ker",
)  # fmt: skip
_SYNONYMS = {
    "frac": ("dfrac", "tfrac", "cfrac"),
    "binom": ("dbinom", "tbinom"),
    "le": ("leq", "leqslant", "leqq"),
    "ge": ("geq", "geqslant", "geqq"),
    "ne": ("neq",),
    "cdot": ("cdotp",),
    "ldots": ("dots", "dotsc", "dotso", "cdots", "dotsb", "dotsm", "dotsi", "hdots"),
    "to": ("rightarrow", "longrightarrow", "implies"),
    "iff": ("leftrightarrow", "longleftrightarrow"),
    "angle": ("measuredangle",),
    "perp": ("bot",),
    "triangle": ("vartriangle", "bigtriangleup"),
    "emptyset": ("varnothing",),
    "phi": ("varphi",),
    "epsilon": ("varepsilon",),
    "theta": ("vartheta",),
    "overline": ("bar",),
    "overrightarrow": ("vec",),
    "hat": ("widehat",),
    "tilde": ("widetilde",),
    "land": ("wedge",),
    "lor": ("vee",),
    "neg": ("lnot",),
    "setminus": ("smallsetminus", "backslash"),
}
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip

SAME_TOKEN: dict[str, str] = (
    {f"\\{other}": f"\\{name}" for name, others in _SYNONYMS.items() for other in others}
    | {f"\\{name}": name for name in _FUNCTIONS}
    | {letter: f"\\{name}" for letter, name in _GREEK.items()}  # a letter that stands alone
    | {f"\\{name}": "|" for name in ("mid", "vert", "lvert", "rvert")}
    | {"\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]", "\\lparen": "(", "\\rparen": ")"}
    | {
        "\\lt": "<",
        "\\gt": ">",
        "\\prime": "'",
        "\\degree": "^ \\circ",
        "\\includegraphics": "includegraphics",
        "\\bmod": "mod",
        "\\pmod": "mod",
        "\\%": "%",
        "\\#": "#",
    }
)
"""Tokens that say the same as another one, in small letters."""

WRAPPERS = frozenset(
    f"\\{name}"
    for name in (
        "text", "textrm", "textbf", "textit", "textsf", "texttt", "textnormal", "textup", "textsc", "mbox", "hbox",
        "emph", "underline", "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathnormal", "mathbb", "mathcal",
        "mathscr", "mathfrak", "boldsymbol", "bold", "bm", "pmb", "operatorname", "mathop", "mathrel", "ensuremath",
        "displaystyle", "textstyle", "scriptstyle", "rm", "bf", "it", "sf", "tt",
    )
)  # fmt: skip
"""Fonts: they go, with the braces around what they dress."""

DROPPED = frozenset(".,;:?\"`$~_\\") | {
    f"\\{name}"
    for name in (
        "(", ")", "[", "]", ",", "&", ";", ":", "!", ">", "/", "_", "$", '"', "left", "right", "middle", "big", "bigl",
        "bigr", "bigm", "bigg", "biggl", "biggr", "limits", "nolimits", "quad", "qquad", "enspace", "thinspace", "item",
        "medspace", "thickspace", "negthinspace", "noindent", "newline", "n", "linebreak", "smallskip", "medskip",
        "bigskip", "par", "hfill", "dotfill", "hline", "strut", "allowbreak", "nobreak", "relax", "null",
    )
}  # fmt: skip
"""Tokens that say nothing: punctuation of sentences, delimiters of formulas, spacing, sizes of brackets."""
