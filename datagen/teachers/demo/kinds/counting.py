"""Committees and lattice paths."""

from math import comb

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.pen import Pen


def _committee_given(m: int, w: int, k: int) -> Given | None:
    return {"m": m, "w": w, "k": k} if 2 <= k <= 6 and 2 <= w <= 9 and k <= m <= 15 else None


def _complement(pen: Pen, m: int, w: int, k: int) -> str:
    everyone = comb(m + w, k)
    without = pen.take(comb(m, k), comb(m, k - 1))
    result = everyone - without
    result = pen.take(result, result - w)
    pen.think(
        "`At least one` asks for the complement: count all groups and take away the ones that break the rule.",
        "It is easier to count what is not allowed. That is only one case: not a single one of them is in the group.",
    )
    pen.think(
        f"There are ${m + w}$ to choose from. "
        f"Groups of ${k}$ without any rule: $\\binom{{{m + w}}}{{{k}}} = {everyone}$."
    )
    pen.think(f"Groups that break the rule are chosen from the other ${m}$ only. I count ${without}$ of these.")
    pen.think(f"So what remains is ${everyone} - {without}$, and that gives ${result}$.")
    pen.check(
        result == everyone - comb(m, k),
        "It is less than the number of all groups and well above zero, so it is plausible.",
    )
    pen.write(f"Without the rule there are $\\binom{{{m + w}}}{{{k}}} = {everyone}$ groups.")
    pen.write(f"The groups that break the rule come from the other ${m}$ alone; there are ${without}$ of them.")
    pen.write(f"Subtracting, ${result}$ groups satisfy the rule.")
    return str(result)


def _by_number(pen: Pen, m: int, w: int, k: int) -> str:
    cases = [(j, comb(w, j), comb(m, k - j)) for j in range(1, min(w, k) + 1)]
    cases[0] = pen.take(cases[0], (1, w, comb(m, k)))
    counted = pen.take(cases, cases[:-1])
    result = sum(x * y for _, x, y in counted)
    pen.think(
        "Let me sort the groups by how many members of the required kind they have: one, two, and so on.",
        "Cases, by the exact number of members of the required kind.",
    )
    for j, chosen, others in counted:
        pen.think(
            f"Exactly ${j}$: choose them in ${chosen}$ ways and the other ${k - j}$ members in "
            f"${others}$ ways; that makes ${chosen * others}$ groups."
        )
    pen.think("No group is in two cases, so I may add the cases up.")
    pen.think(f"The sum is ${' + '.join(str(x * y) for _, x, y in counted)} = {result}$.")
    pen.check(
        result == comb(m + w, k) - comb(m, k),
        "I have been through every possible number, from one up to the most that fits.",
    )
    pen.write("We distinguish the groups by the exact number $j$ of members that the rule asks for.")
    pen.write(
        "For $j = "
        + ", ".join(str(j) for j, _, _ in counted)
        + "$ there are $"
        + ", ".join(f"{x} \\cdot {y} = {x * y}" for _, x, y in counted)
        + "$ groups."
    )
    pen.write(f"The cases exclude each other, so the total is ${result}$.")
    return str(result)


def _by_first(pen: Pen, m: int, w: int, k: int) -> str:
    last = pen.take(w, w - 1)
    parts = [comb(m + w - i, k - 1) for i in range(1, last + 1)]
    parts[0] = pen.take(parts[0], comb(m + w, k - 1))
    result = sum(parts)
    pen.think(
        "Give numbers to all that the rule speaks of, and look at the smallest number that is in the group.",
        "Every allowed group has a first member of the required kind, in some fixed order. I count by who that is.",
    )
    pen.think(
        f"Say they are numbered $1$ to ${w}$. If number $i$ is the first in the group, then "
        f"the numbers before $i$ are out."
    )
    pen.think(f"The remaining ${k - 1}$ members come from all that are not yet decided, that is from ${m + w} - i$.")
    for i, part in enumerate(parts, start=1):
        pen.think(f"First is number ${i}$: ${part}$ groups.")
    pen.think(f"Together ${' + '.join(map(str, parts))} = {result}$.")
    pen.write(f"Number all that the rule asks for from $1$ to ${w}$, and let $i$ be the smallest number in the group.")
    pen.write(
        f"The other ${k - 1}$ members come from the ${m + w} - i$ that remain, which gives "
        f"${', '.join(map(str, parts))}$ groups."
    )
    pen.write(f"Adding over all $i$ we obtain ${result}$.")
    return str(result)


def _paths_given(a: int, b: int) -> Given | None:
    return {"a": a, "b": b} if 2 <= a <= 9 and 2 <= b <= 9 else None


def _choose_steps(pen: Pen, a: int, b: int) -> str:
    total = pen.take(a + b, a + b - 1)
    ways = comb(total, a)
    ways = pen.take(ways, 2 * ways)
    pen.think(
        "A shortest way is a word of two letters: right and up. So count words.",
        "Every shortest route takes the same steps, only their order differs.",
    )
    pen.think(f"I need ${a}$ steps to the right and ${b}$ steps up, so the word has ${total}$ letters.")
    pen.think(f"Once I know at which of the ${total}$ places the ${a}$ right steps stand, the whole word is fixed.")
    pen.think("Choosing places without regard to order is a binomial coefficient.")
    pen.think(f"So there are $\\binom{{{total}}}{{{a}}}$ of them, which I compute as ${ways}$.")
    pen.check(ways == comb(a + b, b), "Choosing the places of the steps up instead gives the same number, as it must.")
    pen.write(f"A shortest path consists of ${a}$ steps right and ${b}$ steps up in some order.")
    pen.write(f"It is fixed by the places of the steps right among all ${total}$ steps.")
    pen.write(f"The number of choices is $\\binom{{{total}}}{{{a}}} = {ways}$.")
    return str(ways)


def _table(pen: Pen, a: int, b: int) -> str:
    row = [1] * (a + 1)
    rows = [list(row)]
    for height in range(1, b + 1):
        for x in range(1, a + 1):
            row[x] += row[x - 1]
        if height == b - 1:
            row[-1] = pen.take(row[-1], row[-1] + 1)
        rows.append(list(row))
    result = pen.take(rows[-1][-1], rows[-2][-1])
    pen.think(
        "Fill a table: to a point one comes either from the left or from below, so the numbers of ways add.",
        "I use recursion. The number of ways to a point is the sum of the numbers at its left and lower neighbour.",
    )
    pen.think("Along the bottom there is only one way to each point, straight on.")
    for height, values in enumerate(rows):
        pen.think(f"Height ${height}$: " + ", ".join(f"${value}$" for value in values) + ".")
    pen.think(f"The number for the goal is ${result}$.")
    pen.write(
        "Let $N(x, y)$ be the number of shortest ways to the point $(x, y)$. Then $N(x, y) = N(x-1, "
        "y) + N(x, y-1)$, and $N = 1$ on both axes."
    )
    pen.write("Row by row this gives $$" + r" \\ ".join(",\\ ".join(map(str, values)) for values in rows) + "$$")
    pen.write(f"So $N({a}, {b}) = {result}$.")
    return str(result)


def _halfway(pen: Pen, a: int, b: int) -> str:
    parts = [(i, comb(a, i), comb(b, i)) for i in range(min(a, b) + 1)]
    counted = pen.take(parts, parts[1:])
    counted = pen.take(counted, counted[:-1])
    result = sum(x * y for _, x, y in counted)
    pen.think(
        f"Let me cut each path after ${a}$ steps and ask where it is then.",
        f"Stop every walker after exactly ${a}$ steps. They stand on a diagonal, and I sort the paths by the place.",
    )
    pen.think(
        f"If $i$ of these ${a}$ steps went up, then the other ${b}$ steps must hold the $i$ missing steps to the right."
    )
    pen.think(
        f"The first part can be ordered in $\\binom{{{a}}}{{i}}$ ways and the second in "
        f"$\\binom{{{b}}}{{i}}$ ways, independently."
    )
    pen.think("So I list the products: " + ", ".join(f"${x} \\cdot {y} = {x * y}$" for _, x, y in counted) + ".")
    pen.think(f"Their sum is ${result}$.")
    pen.check(
        result == comb(a + b, a), "The list runs over every possible place on the diagonal, so no path is missed."
    )
    pen.write(f"We sort the paths by the number $i$ of steps up among the first ${a}$ steps.")
    pen.write(
        f"For a given $i$ there are $\\binom{{{a}}}{{i}} \\cdot \\binom{{{b}}}{{i}}$ paths, since the "
        f"last ${b}$ steps must hold $i$ steps to the right."
    )
    pen.write(f"The sum over $i$ is ${' + '.join(str(x * y) for _, x, y in counted)} = {result}$.")
    return str(result)


COMMITTEE = Kind(
    name="committee with at least one",
    topic="counting",
    phrasings=(
        "How many committees of {k} people can be formed from {m} men and {w} women if at least one "
        "woman must be on the committee?",
        "A box holds {m} different novels and {w} different cookbooks. In how many ways can {k} "
        "books be picked from it so that they are not all novels?",
        "From {m} violinists and {w} cellists a conductor picks a group of {k}, with no fewer than "
        "one cellist in it. How many groups are possible?",
    ),
    derive=_committee_given,
    methods=(_complement, _by_number, _by_first),
)
LATTICE = Kind(
    name="lattice paths",
    topic="counting",
    phrasings=(
        "How many shortest lattice paths lead from (0, 0) to ({a}, {b}) if every step goes one unit "
        "right or one unit up?",
        "A city has a street grid. The station is {a} blocks east and {b} blocks north of the hotel. "
        "How many routes from the hotel to the station are as short as possible?",
        "A robot receives {a} commands R and {b} commands U in some order. How many different orders are there?",
    ),
    derive=_paths_given,
    methods=(_choose_steps, _table, _halfway),
)
KINDS = (COMMITTEE, LATTICE)
