"""The kinds that ask for a number behind the numbers given: a missing summand, an average."""

import random

from datagen.teachers.tiny.problem import NAMES, THINGS, Problem, Way, minus, pick, plus, whole


def missing(draw: random.Random) -> Problem:
    """A number that is not told."""
    x, b = whole(draw, 11, 39), whole(draw, 11, 29)
    total, name = x + b, pick(draw, *NAMES)
    text = pick(
        draw,
        f"Which number x makes x + {b} = {total} true?",
        f"{name} thinks of a number, adds {b} and gets {total}. What is the number?",
    )
    guess = x // 10 * 10
    up = b // 10 * 10 + 10
    ways = (
        Way(
            "undoing",
            f"Undo what was done: adding {b} is undone by taking {b} away. {minus(total, b)}.",
            f"Taking {b} away from {total} undoes the addition.",
        ),
        Way(
            "trying",
            f"Try {guess}. It would give {guess + b}, but {total} is wanted, {x - guess} more. "
            f"So correct the guess: {guess} + {x - guess} = {x}.",
            f"The guess {guess} falls short by {x - guess}.",
        ),
        Way(
            "counting up",
            f"How far is it from {b} up to {total}? The next full ten is {up}, {up - b} steps off. "
            f"From {up} to {total} there are {total - up}. Together {plus(total - up, up - b)}.",
            f"The distance from {b} to {total} is {up - b} and {total - up}.",
        ),
        Way(
            "balance",
            f"Think of a balance with x and {b} on one side, {total} on the other. "
            f"Remove ten on both sides, {b // 10} times: {total - b // 10 * 10} stays on the right. "
            f"Remove {b % 10} on both sides: x alone weighs {x}.",
            f"On a balance, removing {b} from both sides leaves x alone.",
        ),
    )
    return Problem("missing number", (b, total), text, x, ways, plus(x, b))


def averages(draw: random.Random) -> Problem:
    """The average of three numbers."""
    mean, one, other = whole(draw, 8, 16), whole(draw, 1, 4), whole(draw, 1, 3)
    numbers = [mean + one, mean + other, mean - one - other]
    turn = whole(draw, 0, 2)
    numbers = numbers[turn:] + numbers[:turn]
    a, b, c = numbers
    things = pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is the average of {a}, {b} and {c}?",
        f"Three boxes hold {a}, {b} and {c} {things}. How many {things} are in a box on average?",
    )
    total, least = a + b + c, min(numbers)
    over = [number - least for number in numbers]
    guess = mean - 1 - one % 3
    ways = (
        Way(
            "total",
            f"All together: {plus(a, b)}, {plus(a + b, c)}. A third of {total} is {mean}, since 3 × {mean} = {total}.",
            f"The total is {total}, and a third of it is the average.",
        ),
        Way(
            "level",
            f"The least of them is {least}. Above it stand {over[0]}, {over[1]} and {over[2]}, "
            f"a heap of {sum(over)}. Spread over three: {sum(over) // 3} each. {least} + {sum(over) // 3} = {mean}.",
            f"What stands above {least} is {sum(over)}, spread evenly {sum(over) // 3}.",
        ),
        Way(
            "trying",
            f"Guess {guess}. Compared with that, {guess} misses "
            f"{a - guess} for {a}, {b - guess} for {b}, {c - guess} for {c}. Sum of the misses: "
            f"{a - guess + b - guess + c - guess}. So the guess goes up by {mean - guess}, to {mean}.",
            f"The guess {guess} must go up by {mean - guess}.",
        ),
        Way(
            "full tens",
            f"Everyone gives {least // 10 * 10} away first, so {a - least // 10 * 10}, {b - least // 10 * 10} and "
            f"{c - least // 10 * 10} stay. These make {total - 3 * (least // 10 * 10)}, one third is "
            f"{mean - least // 10 * 10}. With the {least // 10 * 10} again: {mean}.",
            f"Without {least // 10 * 10} each, a third of what stays is {mean - least // 10 * 10}.",
        ),
    )
    return Problem("average", (a, b, c), text, mean, ways, f"3 × {mean} = {total}, {plus(a, b)}, {plus(a + b, c)}")


UNKNOWNS = (missing, averages)
