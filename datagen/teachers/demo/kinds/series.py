"""Arithmetic and geometric sums."""

from fractions import Fraction

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import number, signed
from datagen.teachers.demo.pen import Pen


def _arithmetic_given(a: int, n: int, d: int) -> Given | None:
    return {"a": a, "d": d, "n": n} if 3 <= n <= 100_000 and d else None


def _listed_given(a: int, b: int, c: int, z: int) -> Given | None:
    d = b - a
    if not d or c - b != d or (z - a) % d:
        return None
    return _arithmetic_given(a, (z - a) // d + 1, d)


def _pairing(pen: Pen, a: int, d: int, n: int) -> str:
    last = a + pen.take(n - 1, n) * d
    pair = a + last
    pairs = pen.take(Fraction(n, 2), Fraction(n - 1, 2))
    total = pairs * pair
    pen.think(
        "Gauss's idea: write the sum forwards and backwards and add the two rows.",
        "Let me pair the first with the last, the second with the last but one, and so on.",
    )
    pen.think(f"There are ${n}$ terms. The last of them is ${a} + ({n} - 1) \\cdot {d}$, which I note as ${last}$.")
    pen.think(
        f"First plus last: ${a}{signed(last)} = {pair}$. One step inwards the first grows by ${d}$ "
        f"and the last shrinks by ${d}$, so the pair stays ${pair}$."
    )
    if n % 2:
        pen.think(
            f"The number of terms is odd, so the middle term counts as half a pair; I get ${number(pairs)}$ pairs."
        )
    else:
        pen.think(f"The terms make ${number(pairs)}$ pairs.")
    pen.think(f"So the total is ${number(pairs)} \\cdot {pair} = {number(total)}$.")
    pen.write(f"The sequence has ${n}$ terms, the first is ${a}$ and the last is ${last}$.")
    pen.write(
        f"Terms at equal distance from both ends always add up to ${a}{signed(last)} = {pair}$, and "
        f"there are ${number(pairs)}$ such pairs."
    )
    pen.write(f"Therefore the sum is ${number(pairs)} \\cdot {pair} = {number(total)}$.")
    return number(total)


def _triangular(pen: Pen, a: int, d: int, n: int) -> str:
    steps = pen.take(n * (n - 1) // 2, n * (n + 1) // 2)
    base = n * a
    total = base + pen.take(d * steps, steps)
    pen.think(
        "Split every term into a fixed part and a growing part; the two sums are easy on their own.",
        f"Every term is ${a}$ plus some number of steps. I add the fixed parts and the steps separately.",
    )
    pen.think(f"The terms are ${a} + {d}k$ where $k$ runs from $0$ to ${n - 1}$.")
    pen.think(f"Fixed parts: ${n}$ times ${a}$, together ${base}$.")
    pen.think(f"Steps: $0 + 1 + 2 + \\cdots$ is a triangular number, and here it is ${steps}$.")
    pen.think(f"The steps are worth ${d}$ each. So altogether ${base}{signed(total - base)} = {total}$.")
    pen.check(
        total == base + d * n * (n - 1) // 2,
        f"As a rough check, the mean term is about ${number(Fraction(total, n))}$, halfway between both ends.",
    )
    pen.write(f"The $k$-th step gives the term ${a} + {d}k$ with $k = 0, 1, \\ldots, {n - 1}$.")
    pen.write(
        f"We sum both parts: the constants give ${n} \\cdot {a} = {base}$, and $\\sum k = {steps}$ is "
        f"a triangular number."
    )
    pen.write(f"Together the sum is ${base}{signed(total - base)} = {total}$.")
    return str(total)


def _mean_term(pen: Pen, a: int, d: int, n: int) -> str:
    middle = a + Fraction(pen.take(n - 1, n) * d, 2)
    total = middle * pen.take(n, n - 1)
    pen.think(
        "The terms are evenly spaced, so their mean is the value in the middle. Sum is mean times number.",
        "An arithmetic sequence is balanced about its centre. If I know the centre, I know the sum.",
    )
    pen.think(
        f"There are ${n}$ terms, so from the first one to the centre it is half of ${n - 1}$ steps of ${d}$ each."
    )
    pen.think(f"The centre is at ${a} + \\frac{{{n - 1}}}{{2}} \\cdot {d}$, which I work out as ${number(middle)}$.")
    if n % 2 == 0:
        pen.think("With an even number of terms this lies between the two middle ones, but it is still their mean.")
    pen.think(f"Multiply by the number of terms and get ${number(total)}$.")
    pen.check(
        total == n * a + d * n * (n - 1) // 2,
        "Every term above the centre has a partner as far below it, so this must be right.",
    )
    pen.write("In an arithmetic sequence, the mean of the terms is the value at its centre.")
    pen.write(f"The centre is half of ${n - 1}$ steps of ${d}$ away from ${a}$, at ${number(middle)}$.")
    pen.write(f"The sum is the mean times the number of terms, which is ${number(total)}$.")
    return number(total)


def _geometric_given(a: int, r: int, n: int) -> Given | None:
    return {"a": a, "r": r, "n": n} if a and r not in (0, 1, -1) and abs(r) <= 12 and 3 <= n <= 12 else None


def _shift(pen: Pen, a: int, r: int, n: int) -> str:
    beyond = a * r ** pen.take(n, n - 1)
    total = Fraction(beyond - a, pen.take(r - 1, r + 1))
    pen.think(
        "Multiply the whole sum by the ratio: almost all terms are there again, one place further on.",
        "The trick for geometric sums is to compare $S$ with its multiple by the ratio.",
    )
    pen.think(
        f"Let $S$ be the sum. Then ${r}S$ has the same terms, without the first, ${a}$, but with one more at the end."
    )
    pen.think(f"That new term at the end is ${beyond}$.")
    pen.think(f"Subtract: ${r}S - S = {beyond}{signed(-a)} = {beyond - a}$. Everything in between is gone.")
    pen.think(f"Divide by what stands before $S$, and the result is ${number(total)}$.")
    pen.check(total.denominator == 1, "It is a whole number, as a sum of whole numbers must be.")
    pen.write(f"Let $S$ be the sum of the ${n}$ terms. In ${r}S - S$ all terms cancel except for the ends.")
    pen.write(f"What stays is ${r}S - S = {beyond}{signed(-a)} = {beyond - a}$.")
    pen.write(f"Solving for $S$ gives $S = {number(total)}$.")
    return number(total)


def _term_by_term(pen: Pen, a: int, r: int, n: int) -> str:
    terms = [a * r**k for k in range(n)]
    terms[-2] = pen.take(terms[-2], terms[-2] + 10)
    kept = terms[: pen.take(n, n - 1)]
    partial = [sum(kept[: k + 1]) for k in range(len(kept))]
    pen.think(
        f"With only ${n}$ terms I can simply write them down and keep a running total.",
        "Nothing clever: list the terms, add them one after the other, and be careful.",
    )
    pen.think("The terms: " + ", ".join(f"${term}$" for term in kept) + ".")
    pen.think(f"Each is ${r}$ times the one before it. Now the running total.")
    pen.think("After each term the total is " + ", ".join(f"${value}$" for value in partial) + ".")
    pen.check(len(kept) == n, f"I count ${n}$ totals, one a term, so nothing is missing.")
    pen.write(f"The terms are ${', '.join(map(str, kept))}$.")
    pen.write(f"The partial sums are ${', '.join(map(str, partial))}$.")
    pen.write(f"The last partial sum is the wanted number, ${partial[-1]}$.")
    return str(partial[-1])


def _nested(pen: Pen, a: int, r: int, n: int) -> str:
    values = [a]
    rounds = pen.take(n - 1, n)
    for _ in range(rounds):
        values.append(a + r * values[-1])
    result = pen.take(values[-1], values[-1] - a)
    pen.think(
        "Take the ratio out again and again: the sum is $a + r(a + r(a + \\cdots))$. From the inside "
        "that is quick (Horner).",
        "A sum of one more term is the first term plus the ratio times the shorter sum. That is a recursion.",
    )
    pen.think(f"Start with ${a}$. In every round multiply by ${r}$ and add ${a}$.")
    pen.think("The values are " + ", ".join(f"${value}$" for value in values) + ".")
    pen.think(f"The starting value stands for one term, so I go on until all ${n}$ terms are in.")
    pen.think(f"The value that I read off is ${result}$.")
    pen.write(f"Let $S_k$ be the sum of the first $k$ terms. Then $S_1 = {a}$ and $S_{{k+1}} = {a} + {r} \\cdot S_k$.")
    pen.write(f"This gives, one after the other, ${', '.join(map(str, values))}$.")
    pen.write(f"So the sum of the first ${n}$ terms is ${result}$.")
    return str(result)


ARITHMETIC = Kind(
    name="arithmetic series",
    topic="series",
    phrasings=(
        "Find the sum of the first {n} terms of the arithmetic sequence with first term {a} and common difference {d}.",
        "A theatre has {n} rows. The first row has {a} seats, and every further row has {d} seats "
        "more than the row before it. How many seats does the theatre have?",
        "A jogger covers {a} metres on day one and adds {d} metres on each later day. How many "
        "metres is that altogether after {n} days?",
    ),
    derive=_arithmetic_given,
    methods=(_pairing, _triangular, _mean_term),
)
LISTED = Kind(
    name="arithmetic series",
    topic="series",
    phrasings=(
        r"Compute the sum {a} + {b} + {c} + \cdots + {z}, whose neighbouring terms all differ by the same amount.",
    ),
    derive=_listed_given,
    methods=ARITHMETIC.methods,
)
GEOMETRIC = Kind(
    name="geometric series",
    topic="series",
    phrasings=(
        "What is the sum of the first {n} terms of a geometric sequence whose first term is {a} and "
        "whose ratio is {r}?",
        "A rumour starts with {a} people. Each hour the number of people who hear it for the first "
        "time is {r} times that of the hour before. How many people know it after {n} hours, the "
        "starting group being hour one?",
    ),
    derive=_geometric_given,
    methods=(_shift, _term_by_term, _nested),
)
KINDS = (ARITHMETIC, LISTED, GEOMETRIC)
