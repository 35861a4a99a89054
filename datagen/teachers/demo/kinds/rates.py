"""Percentages, mixtures, and work done together."""

from fractions import Fraction
from math import lcm

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import number
from datagen.teachers.demo.pen import Pen


def _mixture_given(v: int, q: int, p: int, t: int) -> Given | None:
    return {"v": v, "q": q, "p": p, "t": t} if v > 0 and min(p, q) < t < max(p, q) <= 100 and min(p, q) >= 0 else None


def _balance(pen: Pen, v: int, q: int, p: int, t: int) -> str:
    before = v * q
    factor = pen.take(p - t, p + t)
    result = Fraction(v * t - before, factor)
    result = pen.take(result, result + v)
    pen.think(
        "Follow the pure substance: what is in before plus what comes in equals what is in after.",
        "An equation for the amount of pure substance. Let $x$ be the amount that is added.",
    )
    pen.think(f"Before: ${v}$ litres at ${q}$ percent. I count in hundredths of a litre: ${v} \\cdot {q} = {before}$.")
    pen.think(
        f"Added: $x$ litres at ${p}$ percent, so ${p}x$. After: ${v} + x$ litres at ${t}$ percent, so ${t}({v} + x)$."
    )
    pen.think(f"The equation is ${before} + {p}x = {v * t} + {t}x$.")
    pen.think(
        f"Collecting the terms I get ${number(Fraction(factor))}x = {v * t - before}$, and finally $x "
        f"= {number(result)}$."
    )
    pen.check(
        v * q + p * result == t * (v + result),
        f"The mixture then has ${number(v + result)}$ litres, and the pure substance fits.",
    )
    pen.write(
        f"Let $x$ be the number of litres to add. The pure substance gives the equation $${v} \\cdot "
        f"{q} + {p}x = {t}({v} + x).$$"
    )
    pen.write(f"Collecting the terms with $x$ gives ${factor}x = {v * t - before}$.")
    pen.write(f"So $x = {number(result)}$ litres.")
    return number(result)


def _cross(pen: Pen, v: int, q: int, p: int, t: int) -> str:
    share_old, share_new = pen.take((abs(p - t), abs(t - q)), (abs(t - q), abs(p - t)))
    result = Fraction(v * share_new, share_old)
    result = pen.take(result, Fraction(v * share_new, share_old + share_new))
    pen.think(
        "The mixing cross: the amounts stand in the inverse ratio of their distances to the target.",
        "Think of a lever. The target is the point of support, and the amounts are the weights at both ends.",
    )
    pen.think(f"The old liquid has ${q}$ percent, the new one ${p}$, the target is ${t}$.")
    pen.think(f"The distances to the target are ${abs(t - q)}$ for the old liquid and ${abs(p - t)}$ for the new one.")
    pen.think(f"So old to new is like ${share_old}$ to ${share_new}$, says my cross.")
    pen.think(f"The old part is ${v}$ litres. With this ratio the new part is ${number(result)}$ litres.")
    pen.write(
        f"On the scale of percentages, ${q}$ and ${p}$ lie ${abs(t - q)}$ and ${abs(p - t)}$ away "
        f"from the target ${t}$."
    )
    pen.write(f"By the lever rule the amounts of old and new liquid stand in the ratio ${share_old} : {share_new}$.")
    pen.write(f"For ${v}$ litres of the old one, this means ${number(result)}$ litres of the new one.")
    return number(result)


def _litre_by_litre(pen: Pen, v: int, q: int, p: int, t: int) -> str:
    missing = pen.take(abs(t - q) * v, t * v)
    each = pen.take(abs(p - t), abs(p - q))
    result = Fraction(missing, each)
    pen.think(
        "Ask what is wrong with the old liquid, measured against the target, and how much each added litre repairs.",
        "Debts and payments: the old liquid is off the target, and every new litre pays some of it back.",
    )
    pen.think(f"Each old litre is off by ${abs(t - q)}$ hundredths of a litre of pure substance.")
    pen.think(f"There are ${v}$ old litres. For the whole I note ${missing}$ hundredths.")
    pen.think(f"One new litre is off in the other direction, and I note ${each}$ hundredths for it.")
    pen.think(f"So I need ${missing} : {each} = {number(result)}$ new litres.")
    pen.check(
        v * q + p * result == t * (v + result),
        "With this amount both sides cancel exactly, so the mixture is on target.",
    )
    pen.write(
        f"Against the target of ${t}$ percent, the ${v}$ litres at ${q}$ percent are off by "
        f"${missing}$ hundredths of a litre in total."
    )
    pen.write(f"Every added litre at ${p}$ percent makes up for ${each}$ hundredths.")
    pen.write(f"So $\\frac{{{missing}}}{{{each}}} = {number(result)}$ litres are needed.")
    return number(result)


def _change_given(v: int, a: int, b: int) -> Given | None:
    return {"v": v, "a": a, "b": b} if v > 0 and 0 < a <= 200 and 0 < b < 100 else None


def _step_by_step(pen: Pen, v: int, a: int, b: int) -> str:
    rise = Fraction(v * a, 100)
    high = v + rise
    base = pen.take(high, Fraction(v))
    fall = base * b / 100
    result = high - fall
    result = pen.take(result, high + fall)
    pen.think(
        "One change after the other, in plain amounts.",
        "I just follow the amount: first it goes up, then it comes down.",
    )
    pen.think(f"Up: ${a}$ percent of ${v}$ is ${number(rise)}$, so it becomes ${number(high)}$.")
    pen.think(f"Down: ${b}$ percent. I take it of ${number(base)}$, which is ${number(fall)}$.")
    pen.think(f"After that it is ${number(result)}$.")
    pen.think("The two percentages belong to different amounts, so they do not simply cancel.")
    pen.write(f"The rise is ${a}$ percent of ${v}$, that is ${number(rise)}$, and leads to ${number(high)}$.")
    pen.write(f"The cut is ${b}$ percent of ${number(base)}$, that is ${number(fall)}$.")
    pen.write(f"In the end it is ${number(result)}$.")
    return number(result)


def _multipliers(pen: Pen, v: int, a: int, b: int) -> str:
    up, down = Fraction(100 + a, 100), pen.take(Fraction(100 - b, 100), Fraction(b, 100))
    both = pen.take(up * down, up + down - 1)
    result = v * both
    pen.think(
        "Each change of a percentage is one multiplication. Put the factors together first.",
        "Growth factors: multiply them, and only then touch the amount.",
    )
    pen.think(f"A rise by ${a}$ percent is the factor ${number(up)}$.")
    pen.think(f"For the cut by ${b}$ percent I use the factor ${number(down)}$.")
    pen.think(f"Both changes together: the factor ${number(both)}$.")
    pen.think(f"Now the amount: ${v} \\cdot {number(both)} = {number(result)}$.")
    pen.check(
        both == Fraction((100 + a) * (100 - b), 10_000),
        "The order of the two changes would not matter, since factors may be swapped.",
    )
    pen.write(f"The rise multiplies the amount by ${number(up)}$ and the cut by ${number(down)}$.")
    pen.write(f"Together this is the factor ${number(both)}$.")
    pen.write(f"So the final amount is ${v} \\cdot {number(both)} = {number(result)}$.")
    return number(result)


def _net_change(pen: Pen, v: int, a: int, b: int) -> str:
    overlap = pen.take(Fraction(a * b, 100), Fraction(0))
    net = a - b - overlap
    net = pen.take(net, Fraction(a - b + overlap))
    result = v + v * net / 100
    pen.think(
        "What is the net change in percent? There is a plain part and a mixed part.",
        "Expand $(1 + x)(1 - y) = 1 + x - y - xy$ and read the net change from it.",
    )
    pen.think(f"The plain part: up ${a}$, down ${b}$, which makes ${a - b}$ percent.")
    pen.think(f"The mixed part comes from cutting the rise as well: I note ${number(overlap)}$ percent for it.")
    pen.think(f"So the net change is ${number(net)}$ percent of the old amount.")
    pen.think(f"Applied to ${v}$, this leads to ${number(result)}$.")
    pen.write(f"With $x = {a}\\%$ and $y = {b}\\%$ the amount is multiplied by $(1 + x)(1 - y) = 1 + x - y - xy$.")
    pen.write(f"The net change is ${number(net)}$ percent.")
    pen.write(f"Applied to ${v}$ it gives ${number(result)}$.")
    return number(result)


def _work_given(a: int, b: int) -> Given | None:
    return {"a": a, "b": b} if 0 < a < 1000 and 0 < b < 1000 and a != b else None


def _add_rates(pen: Pen, a: int, b: int) -> str:
    first, second = Fraction(1, a), Fraction(1, b)
    together = pen.take(first + second, abs(first - second))
    result = pen.take(1 / together, 1 / together + 1)
    pen.think(
        "Times do not add, rates do. What does each one manage in an hour?",
        "Work with the share of the whole that is done in one hour.",
    )
    pen.think(f"The first one alone needs ${a}$ hours, so in an hour it does ${number(first)}$ of the whole.")
    pen.think(f"The second one alone needs ${b}$ hours, so in an hour it does ${number(second)}$.")
    pen.think(f"For both at once I get ${number(together)}$ in an hour.")
    pen.think(f"The time is one over that, and I find ${number(result)}$ hours.")
    pen.check(result == Fraction(a * b, a + b), f"It is shorter than ${min(a, b)}$ hours, and that makes sense.")
    pen.write(f"In one hour the first one does ${number(first)}$ of the whole and the second one ${number(second)}$.")
    pen.write(f"Together their rate is ${number(together)}$ an hour.")
    pen.write(f"The whole therefore takes ${number(result)}$ hours.")
    return number(result)


def _units(pen: Pen, a: int, b: int) -> str:
    whole = lcm(a, b)
    speeds = whole // a + whole // b
    speeds = pen.take(speeds, speeds + 1)
    result = Fraction(whole, speeds)
    result = pen.take(result, Fraction(2 * whole, speeds))
    pen.think(
        "Fractions are not needed: give the whole a convenient size.",
        f"Let the whole consist of ${whole}$ equal units, which ${a}$ and ${b}$ both divide.",
    )
    pen.think(f"With ${whole}$ units the first one does ${whole // a}$ units in an hour.")
    pen.think(f"The second one does ${whole // b}$ units in an hour.")
    pen.think(f"Side by side, that is ${speeds}$ units in an hour.")
    pen.think(f"For all ${whole}$ units they need ${number(result)}$ hours.")
    pen.write(f"Divide the whole into ${whole}$ units, a common multiple of ${a}$ and ${b}$.")
    pen.write(
        f"The first one does ${whole // a}$ units an hour and the second one ${whole // b}$, together ${speeds}$."
    )
    pen.write(f"All ${whole}$ units take them ${number(result)}$ hours.")
    return number(result)


def _share(pen: Pen, a: int, b: int) -> str:
    portion = pen.take(Fraction(b, a + b), Fraction(a, a + b))
    result = portion * a
    result = pen.take(result, result / 2)
    pen.think(
        "How is the work shared between the two? In proportion to their speeds. Then follow only the first one.",
        "They start and stop together, so their shares are as their speeds. One share is enough to get the time.",
    )
    pen.think(f"The speeds are as $\\frac{{1}}{{{a}}}$ to $\\frac{{1}}{{{b}}}$, which is ${b}$ to ${a}$.")
    pen.think(f"So of ${a + b}$ parts of the work, I give the first one the share ${number(portion)}$.")
    pen.think(f"Alone it would need ${a}$ hours for everything, and for its share only that fraction of ${a}$ hours.")
    pen.think(f"This comes to ${number(result)}$ hours, and the other one is busy just as long.")
    pen.write(
        f"Both work for the same time, so they do shares in the ratio $\\frac{{1}}{{{a}}} : "
        f"\\frac{{1}}{{{b}}} = {b} : {a}$."
    )
    pen.write(
        f"The first one does the share ${number(portion)}$ of the work, and it would need ${a}$ hours for all of it."
    )
    pen.write(f"So the time is ${number(result)}$ hours.")
    return number(result)


MIXTURE = Kind(
    name="mixture",
    topic="percentages and rates",
    phrasings=(
        "How many litres of a {p}% acid solution must be added to {v} litres of a {q}% acid solution "
        "to obtain a {t}% acid solution?",
        "A farmer has {v} litres of milk with {q}% fat. How many litres of cream with {p}% fat does "
        "she have to pour in so that the mixture has {t}% fat?",
        "A tank contains {v} litres of salt water of strength {q}%. Find the number of litres of "
        "strength {p}% that bring the tank to strength {t}%.",
    ),
    derive=_mixture_given,
    methods=(_balance, _cross, _litre_by_litre),
)
CHANGE = Kind(
    name="percentage change",
    topic="percentages and rates",
    phrasings=(
        "The price of a bicycle is {v} euros. It is raised by {a}% and later reduced by {b}%. What "
        "is the final price in euros?",
        "A town of {v} inhabitants grows by {a}% in one decade and shrinks by {b}% in the next. How "
        "many inhabitants does it have then?",
        "A share is bought at {v} dollars. In the first year its value rises by {a}%, in the second "
        "year it falls by {b}%. What is its value in dollars after both years?",
    ),
    derive=_change_given,
    methods=(_step_by_step, _multipliers, _net_change),
)
WORK = Kind(
    name="work done together",
    topic="percentages and rates",
    phrasings=(
        "One pipe fills a tank in {a} hours, another pipe fills it in {b} hours. How many hours does "
        "it take both pipes together to fill the tank?",
        "Ana paints a fence alone in {a} hours and Ben paints the same fence alone in {b} hours. How "
        "many hours do they need if they paint it together?",
        "An old printer needs {a} hours for a job that a new printer finishes in {b} hours. Working "
        "side by side, how many hours do they take for the job?",
    ),
    derive=_work_given,
    methods=(_add_rates, _units, _share),
)
KINDS = (MIXTURE, CHANGE, WORK)
