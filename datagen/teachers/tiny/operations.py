"""The kinds that are one operation: sums, differences, products, sharing, remainders.

Some are asked as they stand, some in words.
"""

import random

from datagen.teachers.tiny.problem import NAMES, THINGS, Problem, Way, listed, minus, pick, plus, whole


def sums(draw: random.Random) -> Problem:
    """Two numbers of two digits, added."""
    a, b = whole(draw, 12, 59), whole(draw, 12, 39)
    name, things = pick(draw, *NAMES), pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is {a} + {b}?",
        f"{name} has {a} {things} and gets {b} more. How many {things} does {name} have now?",
        f"There are {a} {things} in one box and {b} {things} in another. How many {things} are there in both boxes?",
    )
    ones, tens, total = a % 10 + b % 10, a // 10 + b // 10, a + b
    carry = ones > 9
    near = (b + 9) // 10 * 10
    ways = (
        Way(
            "columns",
            f"Column by column. Ones: {a % 10} + {b % 10} = {ones}"
            + (f", write {ones % 10} and carry 1. " if carry else ". ")
            + f"Tens: {a // 10} + {b // 10} = {tens}"
            + (f", with the carry {tens + 1}. " if carry else ". ")
            + f"Read off {total}.",
            "Written in columns, ones under ones and tens under tens, the digits give the sum.",
        ),
        Way(
            "tens and ones",
            f"Split both numbers: {a} is {a // 10 * 10} and {a % 10}, {b} is {b // 10 * 10} and {b % 10}. "
            f"The big parts make {a // 10 * 10} + {b // 10 * 10} = {10 * tens}. "
            f"The small parts make {a % 10} + {b % 10} = {ones}. Put together: {10 * tens} + {ones} = {total}.",
            f"The big parts make {10 * tens}, the small parts {ones}.",
        ),
        Way(
            "rounding up",
            f"{b} is not far from {near}, which is easier. {a} + {near} = {a + near}. "
            f"But that is {near - b} too many, so I go back: {a + near} - {near - b} = {total}.",
            f"Taking {near} instead of {b} we get {a + near}, which is {near - b} too many.",
        ),
        Way(
            "jumps",
            f"I stand at {a} on the number line and jump ten by ten: "
            f"{listed(range(a + 10, a + b // 10 * 10 + 1, 10))}. "
            f"Then {b % 10} little steps from {a + b // 10 * 10} and I land on {total}.",
            f"A walk on the number line, starting at {a}, first long jumps and then little steps, ends here.",
        ),
    )
    return Problem("sum", (a, b), text, total, ways, minus(total, b))


def differences(draw: random.Random) -> Problem:
    """One number of two digits taken from another."""
    a, b = whole(draw, 41, 79), whole(draw, 12, 26)
    name, things = pick(draw, *NAMES), pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is {a} - {b}?",
        f"{name} has {a} {things} and gives {b} of them away. How many {things} are left?",
        f"One box holds {a} {things}, another holds {b}. How many more {things} are in the first box?",
    )
    left, up, near = a - b, b // 10 * 10 + 10, b // 10 * 10 + 10
    borrow = a % 10 < b % 10
    top = a // 10 * 10
    bits = [up - b, top - up, a % 10]
    ways = (
        Way(
            "columns",
            f"Column by column. Ones: {a % 10} - {b % 10}"
            + (f" does not go, so borrow ten: {a % 10 + 10} - {b % 10} = " if borrow else " = ")
            + f"{left % 10}. Tens: {a // 10} - {b // 10} = {a // 10 - b // 10}"
            + (f", less the borrowed one {left // 10}. " if borrow else ". ")
            + f"Read off {left}.",
            "Written in columns, ones under ones and tens under tens, the digits give the difference.",
        ),
        Way(
            "counting up",
            f"How far is it from {b} up to {a}? First to {up}, that takes {bits[0]}. On to {top} takes {bits[1]} more. "
            f"From there {bits[2]} remain. In all {bits[0]} + {bits[1]} = {bits[0] + bits[1]}, "
            f"{bits[0] + bits[1]} + {bits[2]} = {left}.",
            f"The distance is {bits[0]} and {bits[1]} and {bits[2]}.",
        ),
        Way(
            "rounding up",
            f"{b} is not far from {near}, which is easier. {a} - {near} = {a - near}. "
            f"I took {near - b} too many, so I give them back: {a - near} + {near - b} = {left}.",
            f"Taking away {near} instead of {b} leaves {a - near}, and {near - b} come back.",
        ),
        Way(
            "jumps",
            f"I stand at {a} on the number line and jump back ten by ten: "
            f"{listed(range(a - 10, a - b // 10 * 10 - 1, -10))}. "
            f"Then {b % 10} little steps back from {a - b // 10 * 10} and I land on {left}.",
            f"A walk back on the number line, starting at {a}, first long jumps and then little steps, ends here.",
        ),
    )
    return Problem("difference", (a, b), text, left, ways, plus(left, b))


def products(draw: random.Random) -> Problem:
    """A number of two digits times one of one digit."""
    a, times = whole(draw, 11, 25), whole(draw, 2, 6)
    things = pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is {a} × {times}?",
        f"There are {times} boxes with {a} {things} in each. How many {things} are there?",
    )
    tens, ones, total = a // 10, a % 10, a * times
    carry = ones * times // 10
    ways = (
        Way(
            "columns",
            f"Digit by digit, from the right. {times} × {ones} = {ones * times}"
            + (f", write {ones * times % 10}, carry {carry}. " if carry else ". ")
            + f"{times} × {tens} = {times * tens}"
            + (f", plus the carry {times * tens + carry}. " if carry else ". ")
            + f"Read off {total}.",
            "Written multiplication, digit by digit from the right, gives the product.",
        ),
        Way(
            "tens and ones",
            f"Cut {a} into {10 * tens} and {ones}. {10 * tens} taken {times} times is {10 * tens * times}, "
            f"{ones} taken {times} times is {ones * times}. Both pieces: {plus(10 * tens * times, ones * times)}.",
            f"The pieces are {10 * tens * times} and {ones * times}.",
        ),
        Way(
            "repeated addition",
            f"Add {a} again and again. "
            + " ".join(f"{count} of them: {a * count}." for count in range(2, times + 1))
            + " Done.",
            f"Adding {a} again and again until there are {times} of them, we arrive at the end.",
        ),
        Way(
            "from ten times",
            f"Ten times {a} is easy: {10 * a}. I need only {times}, so {10 - times} times {a} is too much, "
            f"and that is {a * (10 - times)}. {minus(10 * a, a * (10 - times))}.",
            f"From ten times, {10 * a}, take {a * (10 - times)} away.",
        ),
    )
    return Problem("product", (a, times), text, total, ways, f"{10 * tens * times} + {ones * times} = {total}")


def sharing(draw: random.Random) -> Problem:
    """A number shared without remainder."""
    each, among = whole(draw, 3, 10), whole(draw, 2, 8)
    total, things = each * among, pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is {total} : {among}?",
        f"{among} children share {total} {things} fairly. How many {things} does each child get?",
        f"{total} {things} are packed into bags of {among}. How many bags are filled?",
    )
    half = each // 2
    ways = (
        Way(
            "steps",
            f"Count in steps of {among}: "
            + ", ".join(f"{count} is {count * among}" for count in range(1, each + 1))
            + f". There it is, after {each} steps.",
            f"Counting in steps of {among} we reach {total} at this step.",
        ),
        Way(
            "by heart",
            f"I ask the other way round: which number times {among} makes {total}? I know {each} × {among} = {total}.",
            f"Since {each} × {among} = {total}, the quotient is known by heart.",
        ),
        Way(
            "two portions",
            f"Hand out {half} to everybody first. That uses {half} × {among} = {half * among}, "
            f"and {minus(total, half * among)} remain. These are {each - half} × {among}. "
            f"Both rounds: {half} + {each - half} = {each}.",
            f"In a first round {half} are given, in a second round {each - half}.",
        ),
        Way(
            "taking away",
            f"Take {among} away until nothing is there. "
            + " ".join(f"{count}: {total - count * among}." for count in range(1, each + 1))
            + " Empty.",
            f"{among} can be taken away this often until nothing is there.",
        ),
    )
    return Problem("sharing", (total, among), text, each, ways, f"{each} × {among} = {total}")


def remainders(draw: random.Random) -> Problem:
    """What is left over."""
    by, times = whole(draw, 3, 7), whole(draw, 2, 6)
    left = whole(draw, 1, by - 1)
    total, things = by * times + left, pick(draw, *THINGS)
    text = pick(
        draw,
        f"What is the remainder when {total} is divided by {by}?",
        f"{total} {things} are packed into bags of {by}. How many {things} are left over?",
    )
    near, first = by * times, times // 2
    ways = (
        Way(
            "multiples",
            f"The multiples of {by}: {listed(range(by, near + by + 1, by))}. The last one goes beyond {total}, "
            f"so use {near}. {total} - {near} = {left}.",
            f"The largest multiple of {by} that fits is {near}.",
        ),
        Way(
            "by heart",
            f"I know {times} × {by} = {near}, and one more {by} would be too much. "
            f"From {near} up to {total} it is {left}.",
            f"We have {total} = {times} × {by} + {left}, and what stands at the end is the rest.",
        ),
        Way(
            "taking away",
            f"Take {by} away as often as it goes. {total}, "
            + listed(range(total - by, left - 1, -by))
            + f". Now {left} is less than {by}, stop.",
            f"After taking {by} away as often as possible, this much stays.",
        ),
        Way(
            "two portions",
            f"First a big bite: {first} × {by} = {first * by}, {minus(total, first * by)}. "
            f"A second bite: {times - first} × {by} = {near - first * by}, "
            f"{minus(total - first * by, near - first * by)}. No more bites.",
            f"Two bites, of {first * by} and {near - first * by}, leave this much.",
        ),
    )
    return Problem("remainder", (total, by), text, left, ways, f"{times} × {by} = {near}, {near} + {left} = {total}")


OPERATIONS = (sums, differences, products, sharing, remainders)
