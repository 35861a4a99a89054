"""Words and signs by what they do to a problem when they change: turn it into another one, or nothing."""

from datagen.screen.number_words import SMALL_VALUES


def _words(text: str) -> list[str]:
    return text.split()


BRACKETS = frozenset([*_words(r"{ } ( ) [ ] ' | # & \{ \} \| \ldots \\"), '"'])
"""What groups or decorates; writers differ in it."""

OPERATORS = frozenset(
    _words(r"+ - = < > ^ ! % / \le \ge \ne \div \pm \mp \binom \choose \sqrt \sum \prod \int \infty")
    + _words(r"\cup \cap \subset \subseteq")
)
FUNCTIONS = frozenset(
    _words("sin cos tan cot sec csc arcsin arccos arctan log ln lg exp lim max min sup inf gcd lcm det mod")
)
GREEK_LETTERS = frozenset(
    f"\\{name}"
    for name in _words(
        "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi chi psi omega"
    )
)
NUMBER_WORDS = {word: value for word, value in SMALL_VALUES.items() if value >= 2}
"""Without "zero" and "one", which hardly ever are numbers."""

_TURNS = """
largest greatest biggest maximum maximal maximize highest most longest 大 / smallest least minimum minimal
minimize lowest fewest shortest 小 / even 偶 / odd 奇 / positive 正 / negative 负 / nonzero / increasing 增 /
decreasing 减 / sum sums / difference 差 / product 积 / quotient / ratio 比 / reciprocal / area / perimeter /
volume / surface / circumference / radius / diameter / height / width widths / inside interior 内 / outside
exterior 外 / not no never cannot without / mean average / median / mode / range / first / second / third /
fourth / fifth / last / numerator / denominator / sine / cosine / tangent / real / imaginary / complex 复 /
rational / irrational / integer integers / prime primes / composite / inscribed / circumscribed / more / less
fewer / before / after / domain / clockwise / counterclockwise / parallel / perpendicular / row rows / column
columns / square squares / cube cubes / triangle triangles / circle circles / equilateral / isosceles / twice
double / half / left / right / north / south / east / west / vertical / horizontal / ellipse / hyperbola /
parabola / arithmetic / geometric / convex / distinct / consecutive / both / neither nor / divisible multiple
multiples / permutations / combinations / base / squared / cubed / binary / decimal / probability / expected /
distinguishable / indistinguishable / vowel vowels / consonant consonants / boys boy / girls girl / up / down
/ same / king kings / queen queens / ace aces / spherical / cylindrical / monday / tuesday / wednesday /
thursday / friday / saturday / sunday
"""
TURNS = {word: number for number, words in enumerate(_TURNS.split("/")) for word in words.split()}
"""Words that turn a problem into another one, by their meaning: those of one number say the same."""

_JOINTS = """
a an the of is are be been let lets given that if then such and so also additionally for as to it its there has have had
having property properties called labeled labelled we you your this his her their they he she can may with where which
what how who following please find compute determine calculate evaluate suppose supposed assume express expressed write
written give provide answer question original form format value values s *
是 为 的 之 则 请 给 出 提 供 求 已 知 若 设 且 其 中 原 始 答 案 格 形 式 值 计 算 多 少 有 即 使 得 这 此 该 均 都
"""
JOINTS = frozenset(_words(_JOINTS))
"""Words that can come and go without changing what is asked. "Or", "in", "on", "at" and "by" are none: they take the
place of "and", and of each other."""
