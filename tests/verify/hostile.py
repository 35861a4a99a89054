"""Answers that nobody should have to compute: huge, deep, endless, damaged, or a trap for a pattern."""

from collections.abc import Iterator

TOWER = "9^{9^{9^{9^{9}}}}+1"
_MEGABYTE = 1_000_000


def _nested(opening: str, inside: str, closing: str, depth: int) -> str:
    return opening * depth + inside + closing * depth


def _matrix(rows: int, columns: int) -> str:
    return "\\begin{pmatrix}" + "\\\\".join(["&".join("1" * columns)] * rows) + "\\end{pmatrix}"


def _names(number: int) -> str:
    return "+".join(f"x_{{{name}}}" for name in range(number))


HOSTILE: dict[str, str] = {
    # too large to compute
    "a tower of powers": TOWER,
    "a tower to the left": "((((9^{9})^{9})^{9})^{9})^{9}",
    "a tower of names": "x^{y^{x^{y^{x^{y^{99}}}}}}",
    "a power of ten": "10^{10^{10}}",
    "a power of two": "2^{9876543210}",
    "a power with a name": "2^{10^{10}}+x-x",
    "a difference of two powers": "3^{1000000000}-2^{1000000000}",
    "a fraction of powers": "\\frac{7^{123456789}}{7^{123456788}+1}",
    "a power modulo": "7^{7^{7^{7}}} \\bmod 1000",
    "a huge root": "\\sqrt[1000000007]{2^{1000000009}}",
    "a factorial": "10000000000!",
    "a factorial of a factorial": "((20!)!)!",
    "a row of factorials": "9" + "!" * 300,
    "a binomial": "\\binom{1000000000}{500000000}",
    "a binomial of binomials": "\\binom{\\binom{\\binom{99}{49}}{49}}{49}",
    "a sum to a billion": "\\sum_{k=1}^{1000000000}\\frac{1}{k^{3}+1}",
    "a sum without end": "\\sum_{n=1}^{\\infty}\\frac{\\sin(n^{2})}{n^{3}+\\cos n}",
    "sums within sums": "\\sum_{i=1}^{999}\\sum_{j=1}^{999}\\sum_{k=1}^{999}\\frac{1}{i+j^{2}+k^{3}}",
    "a product of ten millions": "\\prod_{k=1}^{10000000}k",
    "a product without end": "\\prod_{n=2}^{\\infty}(1-\\frac{1}{n^{5}+n})",
    "an integral without end": "\\int_{0}^{\\infty}e^{-x^{4}}\\cos(x^{3}+\\sin x)dx",
    "an integral of a tower": "\\int_{0}^{1}x^{x^{x^{x}}}dx",
    "integrals within integrals": "\\int_0^1\\int_0^1\\int_0^1\\int_0^1\\frac{\\sin(xyzw)}{1+x^2+y^2+z^2+w^2}dxdydzdw",
    "a limit that nobody knows": "\\lim_{n\\to\\infty}\\frac{\\sin(n!)+n^{\\cos n}}{n^{2}+\\tan n}",
    "an equation of degree a hundred": "x^{100}+17x^{99}-3x^{51}+x^{7}-19x+1=0",
    "an equation of sines": "\\sin(\\sin(\\sin(x)))+\\cos(x^{x})=\\tan(x^{2}+1)",
    "a power of a sum": "(a+b+c+d+e+f+g+h)^{200}",
    "a power of a small sum": "(x+1)^{100000}-(x+1)^{99999}x",
    "a fraction of long sums": "\\frac{(a+b+c+d)^{60}-1}{(a+b+c+d)^{59}+1}",
    "an interval of huge ends": f"[-{TOWER},{TOWER}]",
    "a set of towers": f"\\{{{TOWER},{TOWER}+1,{TOWER}+2\\}}",
    "a set of solutions": "\\{x\\in\\mathbb{R}:x^{x^{x}}+\\sin x=\\cos(x^{2})\\}",
    "a union of many": "\\cup ".join(f"({number},{number}.5)" for number in range(200)),
    # deep
    "braces, 5000 deep": _nested("{", "5", "}", 5000),
    "braces, 1900 deep": _nested("{", "5", "}", 1900),
    "brackets, 1900 deep": _nested("(", "6", ")", 1900),
    "brackets, 300 deep": _nested("(", "6", ")", 300),
    "brackets that stay open": "(" * 3900,
    "sets, 900 deep": _nested("\\{", "6", "\\}", 900),
    "tuples, 1300 deep": _nested("(1,", "6", ")", 1300),
    "fractions, 5000 deep": _nested("\\frac{1}{", "6", "}", 5000),
    "fractions, 300 deep": _nested("\\frac{1}{1+", "6", "}", 300),
    "roots, 500 deep": _nested("\\sqrt{", "6", "}", 500),
    "roots of sums, 300 deep": _nested("\\sqrt{2+", "6", "}", 300),
    "signs, 3900 deep": "-" * 3900 + "6",
    "bars, 1900 deep": _nested("|", "6", "|", 1900),
    "powers, 900 deep": _nested("x^{", "6", "}", 900),
    "texts, 600 deep": _nested("\\text{", "6", "}", 600),
    "functions, 700 deep": _nested("\\sin(", "6", ")", 700),
    "logarithms, 300 deep": _nested("\\log_{2}(", "6", ")", 300),
    # long
    "a megabyte of digits": "7" * _MEGABYTE,
    "3900 digits": "7" * 3900,
    "a megabyte of decimals": "0." + "3" * _MEGABYTE,
    "a megabyte of digits in threes": "7" + ",777" * (_MEGABYTE // 4),
    "3900 digits in threes": "7" + ",777" * 970,
    "a megabyte of fractions": "\\frac{1}{3}+" * (_MEGABYTE // 12) + "1",
    "300 fractions": "+".join(f"\\frac{{1}}{{{number}}}" for number in range(2, 300)),
    "a megabyte of text": "the answer is not here " * (_MEGABYTE // 23),
    "a matrix of a million entries": _matrix(1000, 1000),
    "a matrix of 900 entries": _matrix(30, 30),
    "a power of a matrix": "\\begin{pmatrix}1&x\\\\y&2\\end{pmatrix}^{100000}",
    "a thousand names": _names(1000),
    "a product of names": _names(100).join("()") + _names(100).join("()"),
    "a list of 2000": ",".join("1" for _ in range(2000)),
    "a list of 190": ",".join(f"x+{number}" for number in range(190)),
    "a list of different roots": ",".join(f"\\sqrt{{{number}}}" for number in range(190)),
    # damaged, or not what it seems
    "a box that stays open": "\\boxed{\\frac{1}{2",
    "boxes that stay open": "\\boxed{" * 2000,
    "an environment that stays open": "\\begin{pmatrix}" * 250,
    "environments that end": "\\end{pmatrix}" * 250,
    "an input": "\\input{/etc/passwd}",
    "a definition": "\\def\\x{\\x\\x}\\x",
    "a write": "\\immediate\\write18{touch hostile}",
    "a call": "__import__('os').system('touch hostile')",
    "half of a surrogate pair": "6\ud800",
    "null bytes": "\0" * 2000 + "7",
    "control characters": "".join(map(chr, range(32))) * 60 + "7",
    "marks from right to left": "\u202e7\u202c" * 900,
    "accents on one letter": "x" + "\u0301" * 3900,
    "ligatures that unfold": "\ufdfa" * 3900,
    "wide digits": "\uff17" * 3900,
    "raised digits": "2" + "\u2079" * 3900,
    "signs that become commands": "\u221a" * 3900,
    "joiners": "7\u200d" * 1900,
    "other alphabets' digits": "\u0667\u096d\u0e57" * 1300,
    "nothing but a tag": "</think>" * 400,
    # traps for a pattern
    "blanks": "6" + " " * 3900 + "x",
    "a megabyte of blanks": "6" + " " * _MEGABYTE + "x",
    "backslashes": "\\" * 3901,
    "dollars": "$" * 3901,
    "commas": "," * 3901,
    "points": "." * 3901,
    "letters": "a" * 3901,
    "words": "or " * 1300,
    "half words": "a or" * 950 + "!",
    "digits and blanks": "1 " * 1950,
    "digits and commas": "12,3" * 970,
    "equals signs": "a=" * 1950,
    "smaller than": "x<" * 1950,
    "plus or minus": "\\pm" * 1300,
    "degrees": "^\\circ" * 650,
    "subscripts": "_{1" * 1300,
    "exponents": "^" * 3900,
    "percent signs": "%" * 3900,
    "letters of options": "(A)" * 1300,
    "thin spaces": "1\\,000" * 600,
    "negative thin spaces": "\\!" * 1950,
    "quads": "\\quad" * 780 + "7",
    "fractions without braces": "\\frac" * 780,
    "roots without braces": "\\sqrt" * 780,
    "lefts": "\\left(" * 650,
    "rights": "\\right." * 550,
    "empty texts": "\\text{}" * 550,
    "units": "6 " + "cm " * 1290,
    "units that go on": "6" + "\\text{ m" * 480,
    "scientific": "1e" * 1950,
    "a huge exponent": "1e999999999",
    "a huge exponent in LaTeX": "1.5 \\times 10^{999999999}",
    "a huge mixed number": "9" * 1900 + " 1/" + "9" * 1900,
    "a repeating decimal": "0.\\overline{" + "9" * 3000 + "}",
    "a huge base": "1" * 3000 + "_{2}",
}
"""Answers by name. None of them is right for a gold of `GOLD`."""

GOLD = "6"

_REPEATED = (
    " ", "\n", "\t", "\\", "$", "\\$", ",", ".", ";", "-", "=", "<", "(", "[", "{", "}", "\\{", "*", "`", "%", "^",
    "_", "~", "|", "#", "a", "1", "1 ", "1,", "a ", "a. ", "or ", "and ", "A. ", "(A) ", "A) ", "$1$ ", "\\( ",
    "\\[ ", "**a", "é", "½", "⁹", "√", "√(", "\\boxed", "\\boxed{", "\\boxed{}", "\\boxed{1} ", "\\fbox{", "\\text{",
    "\\text{a}", "\\frac", "\\frac{", "\\frac{1}", "\\sqrt", "\\sqrt(", "\\left(", "\\right.", "\\,", "\\!", "\\quad",
    "\\hspace{", "\\begin{matrix}", "\\pm", "\\cup", "\\le", "\\circ", "answer ", "The answer is ", "answer of a ",
    "#### ", "is ", "not ", "nearest ", "round ", "1 decimal ", "Therefore, ", "I ", "<think>", "</think>", "<|",
    "1/2 ", "1e", "cm ", "x_{1",
)  # fmt: skip


def repeated(length: int) -> Iterator[str]:
    """Texts of one token again and again, and of two in turn: where a pattern that looks twice shows itself."""
    for number, token in enumerate(_REPEATED):
        for unit in (token, token + _REPEATED[(number * 7 + 3) % len(_REPEATED)]):
            yield unit * (length // len(unit))
