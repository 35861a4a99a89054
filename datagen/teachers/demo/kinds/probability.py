"""Draws from an urn and repeated rolls of a die."""

from fractions import Fraction
from math import comb

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import number, signed
from datagen.teachers.demo.pen import Pen


def _urn_given(r: int, b: int) -> Given | None:
    return {"r": r, "b": b} if 2 <= r <= 500 and 2 <= b <= 500 else None


def _one_after_the_other(pen: Pen, r: int, b: int) -> str:
    total = r + b
    second = pen.take(total - 1, total)
    first_colour = Fraction(r * (r - 1), total * second)
    other_colour = Fraction(b * (b - 1), total * second)
    result = pen.take(first_colour + other_colour, first_colour)
    pen.think(
        "Think of the two draws one after the other; nothing goes back, so the second draw depends on the first.",
        "A tree with two levels will do: first draw, second draw.",
    )
    pen.think(f"There are ${total}$ in all. For the second draw I have ${second}$ in the denominator.")
    pen.think(
        f"Twice the first colour: $\\frac{{{r}}}{{{total}}} \\cdot \\frac{{{r - 1}}}{{{second}}} = "
        f"{number(first_colour)}$."
    )
    pen.think(
        f"Twice the other colour: $\\frac{{{b}}}{{{total}}} \\cdot \\frac{{{b - 1}}}{{{second}}} = "
        f"{number(other_colour)}$."
    )
    pen.think(f"These branches exclude each other. The probability I am after is ${number(result)}$.")
    pen.write("We draw one after the other, without putting back.")
    pen.write(
        f"Both of the first colour has the probability ${number(first_colour)}$, both of the other "
        f"colour ${number(other_colour)}$."
    )
    pen.write(f"So the two have the same colour with probability ${number(result)}$.")
    return number(result)


def _pairs(pen: Pen, r: int, b: int) -> str:
    equal = comb(r, 2) + comb(b, 2)
    equal = pen.take(equal, comb(r, 2))
    all_pairs = comb(r + b, 2)
    all_pairs = pen.take(all_pairs, all_pairs + r + b)
    result = Fraction(equal, all_pairs)
    pen.think(
        "The order does not matter, so count unordered pairs, all equally likely.",
        "Favourable pairs over all pairs; binomial coefficients do the counting.",
    )
    pen.think(f"All pairs from ${r + b}$ objects: I get ${all_pairs}$.")
    pen.think(
        f"Pairs within the first colour: $\\binom{{{r}}}{{2}} = {comb(r, 2)}$. Within the other: "
        f"$\\binom{{{b}}}{{2}} = {comb(b, 2)}$."
    )
    pen.think(f"So there are ${equal}$ pairs of one colour.")
    pen.think(f"The quotient is $\\frac{{{equal}}}{{{all_pairs}}}$, in lowest terms ${number(result)}$.")
    pen.check(0 < result < 1, "It lies between zero and one, as it should.")
    pen.write(f"All ${all_pairs}$ unordered pairs are equally likely.")
    pen.write(
        f"The number of pairs of equal colour is ${equal}$, from ${comb(r, 2)}$ and ${comb(b, 2)}$ in the two colours."
    )
    pen.write(f"The probability is $\\frac{{{equal}}}{{{all_pairs}}} = {number(result)}$.")
    return number(result)


def _unequal(pen: Pen, r: int, b: int) -> str:
    total = r + b
    mixed = Fraction(pen.take(2, 1) * r * b, total * (total - 1))
    result = pen.take(1 - mixed, mixed)
    pen.think(
        "The opposite is simpler: the two colours are different. Take that from one.",
        "Look at the complement, one of each colour.",
    )
    pen.think(f"There are ${total} \\cdot {total - 1} = {total * (total - 1)}$ ordered draws.")
    pen.think(
        f"One of each colour: the two colours can come in either order, and there are ${r} \\cdot {b} "
        f"= {r * b}$ ways to pick the objects."
    )
    pen.think(f"For the chance of different colours I get ${number(mixed)}$.")
    pen.think(f"With that, the chance in question is ${number(result)}$.")
    pen.check(
        mixed == Fraction(2 * r * b, total * (total - 1)) and result == 1 - mixed,
        f"Together with ${number(mixed)}$ it makes one.",
    )
    pen.write("We first find the probability that the two colours differ.")
    pen.write(f"Of the ${total * (total - 1)}$ ordered draws, the mixed ones have the share ${number(mixed)}$.")
    pen.write(f"From this, the probability of equal colours is ${number(result)}$.")
    return number(result)


def _die_given(s: int, n: int) -> Given | None:
    return {"s": s, "n": n} if 3 <= s <= 20 and 2 <= n <= 6 else None


def _never(pen: Pen, s: int, n: int) -> str:
    rolls = pen.take(n, n - 1)
    never = Fraction(s - 1, s) ** rolls
    result = pen.take(1 - never, never)
    pen.think(
        "`At least once` is the opposite of `never`, and `never` is one product.",
        "Complement: what is the chance that it does not show at all?",
    )
    pen.think(f"In one try it fails to show with probability $\\frac{{{s - 1}}}{{{s}}}$.")
    pen.think(f"The tries do not influence each other. I multiply ${rolls}$ such factors.")
    pen.think(f"The product is ${number(never)}$; that is the chance of `never`.")
    pen.think(f"From this I read the answer ${number(result)}$.")
    pen.check(
        rolls == n and result == 1 - never,
        f"With more tries it would grow, and it must be less than $\\frac{{{n}}}{{{s}}}$. It is.",
    )
    pen.write(f"It fails to show in one try with probability $\\frac{{{s - 1}}}{{{s}}}$.")
    pen.write(
        f"As the tries are independent, it never shows with probability "
        f"$\\left(\\frac{{{s - 1}}}{{{s}}}\\right)^{{{rolls}}} = {number(never)}$."
    )
    pen.write(f"Therefore the probability in question is ${number(result)}$.")
    return number(result)


def _first_time(pen: Pen, s: int, n: int) -> str:
    terms = [Fraction((s - 1) ** (i - 1), s**i) for i in range(1, n + 1)]
    terms = pen.take(terms, terms[:-1])
    terms = pen.take(terms, [terms[0]] * len(terms))
    result = sum(terms, Fraction(0))
    pen.think(
        "I ask when it shows for the first time. That splits the event into cases without overlap.",
        "Cases by the first success: in the first try, or only in the second, and so on.",
    )
    for i, value in enumerate(terms, start=1):
        pen.think(f"First time in try ${i}$: the tries before it fail, this one hits; I note ${number(value)}$.")
    pen.think("The cases exclude each other, so their probabilities add.")
    pen.think(f"Over a common denominator the sum is ${number(result)}$.")
    pen.write("Let $i$ be the try in which it shows for the first time.")
    pen.write(f"The probabilities for $i = 1, 2, \\ldots, {len(terms)}$ are ${', '.join(map(number, terms))}$.")
    pen.write(f"These events exclude each other, and their probabilities add up to ${number(result)}$.")
    return number(result)


def _inclusion_exclusion(pen: Pen, s: int, n: int) -> str:
    terms = [(-1) ** (j + 1) * Fraction(comb(n, j), s**j) for j in range(1, n + 1)]
    terms = pen.take(terms, [*terms[:-1], -terms[-1]])
    terms = pen.take(terms, terms[:1])
    result = sum(terms, Fraction(0))
    pen.think(
        "Let $A_i$ be the event that try $i$ hits. I want the union of these events, so inclusion and exclusion.",
        "Add the chances of the single tries, and then correct for what was counted twice.",
    )
    for j, value in enumerate(terms, start=1):
        pen.think(
            f"Hits in ${j}$ chosen {'tries' if j > 1 else 'try'}: there are ${comb(n, j)}$ choices, "
            f"each with probability $\\frac{{1}}{{{s**j}}}$. It enters as ${number(value)}$."
        )
    pen.think("The signs alternate: what is counted too often goes out, what went out too often comes back.")
    pen.think(f"All in all this makes ${number(result)}$.")
    pen.write("Let $A_i$ be the event that it shows in try $i$. We need the probability of the union of the $A_i$.")
    pen.write(f"By inclusion and exclusion it equals ${number(terms[0])}{''.join(map(signed, terms[1:]))}$.")
    pen.write(f"This is ${number(result)}$.")
    return number(result)


URN = Kind(
    name="two of one colour",
    topic="probability",
    phrasings=(
        "An urn holds {r} red and {b} blue balls. Two balls are drawn at random without replacement. "
        "What is the probability that they have the same colour?",
        "In a drawer lie {r} black and {b} white socks. Someone takes two of them in the dark. How "
        "likely is it that the two match?",
        "A class consists of {r} girls and {b} boys. The teacher chooses two pupils by lot. Find the "
        "probability that both are girls or both are boys.",
    ),
    derive=_urn_given,
    methods=(_one_after_the_other, _pairs, _unequal),
)
DIE = Kind(
    name="at least one hit",
    topic="probability",
    phrasings=(
        "A fair die with {s} sides, numbered from 1 on, is rolled {n} times. What is the probability "
        "that the number 1 shows at least once?",
        "A wheel of fortune has {s} equal sectors, and one of them wins. It is spun {n} times. With "
        "what probability does at least one spin win?",
        "Each of {n} guests picks a number from 1 to {s} independently and uniformly. Find the "
        "probability that somebody picks the number 3.",
    ),
    derive=_die_given,
    methods=(_never, _first_time, _inclusion_exclusion),
)
KINDS = (URN, DIE)
