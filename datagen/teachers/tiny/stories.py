"""The kinds that take two or three steps: change, boxes, trains, prices, times as many, fences."""

import random

from datagen.teachers.tiny.problem import NAMES, Problem, Way, listed, minus, pick, plus, whole

_GOODS = ("pens", "apples", "books", "tickets", "cakes")
_FRUIT = ("apples", "pears", "plums", "lemons")


def change(draw: random.Random) -> Problem:
    """What comes back from a note."""
    count, price = whole(draw, 2, 8), whole(draw, 2, 8)
    cost, name, goods = count * price, pick(draw, *NAMES), pick(draw, *_GOODS)
    note = 50 if cost < 50 and draw.random() < 0.6 else 100
    text = pick(
        draw,
        f"{name} buys {count} {goods} at {price} euros each and pays with {note} euros. "
        "How many euros does the shop give back?",
        f"A shop sells {goods} at {price} euros each. {name} takes {count} and pays with a {note} euro note. "
        "What is the change in euros?",
    )
    back, ten = note - cost, (cost + 9) // 10 * 10
    ways = (
        Way(
            "cost first",
            f"What is the bill? {count} × {price} = {cost}. From {note} take the bill: {minus(note, cost)}.",
            f"The bill is {cost} euros, the rest of the {note} comes back.",
        ),
        Way(
            "item by item",
            f"Pay one after the other and watch the purse. {note}, "
            + listed(range(note - price, back - 1, -price))
            + f". All {count} are paid.",
            f"Paying one after the other, the purse shrinks by {price} each time.",
        ),
        Way(
            "counting up",
            f"The {goods} are worth {count} × {price} = {cost}. The seller counts coins into my hand: "
            f"{ten - cost} to reach {ten}, then {note - ten} to reach {note}. {note - ten} + {ten - cost} = {back}.",
            f"Counting up from {cost} to {note} takes {ten - cost} and {note - ten}.",
        ),
        Way(
            "unknown",
            f"Call the change c. Then {count} × {price} + c = {note}, so {cost} + c = {note}. "
            f"With c = {back} this holds.",
            f"The equation {cost} + c = {note} has one solution.",
        ),
    )
    return Problem("change", (count, price, note), text, back, ways, plus(back, cost))


def boxes(draw: random.Random) -> Problem:
    """Several boxes, some gone, some new."""
    count, each, gone, new = whole(draw, 2, 6), whole(draw, 3, 6), whole(draw, 2, 5), whole(draw, 2, 5)
    if gone == new:
        new += 1
    name, fruit = pick(draw, *NAMES), pick(draw, *_FRUIT)
    text = pick(
        draw,
        f"{name} has {count} baskets with {each} {fruit} in each, eats {gone} {fruit} and then picks {new} more. "
        f"How many {fruit} does {name} have now?",
        f"A shop has {count} crates of {each} {fruit}. It sells {gone} {fruit} and gets {new} new ones. "
        f"How many {fruit} does the shop have then?",
    )
    full, answer = count * each, count * each - gone + new
    net = f"{new - gone} more" if new > gone else f"{gone - new} fewer"
    sign = f"+ {new - gone}" if new > gone else f"- {gone - new}"
    ways = (
        Way(
            "in order",
            f"Tell it as it happened. In the beginning {count} × {each} = {full}. "
            f"Minus {gone}: {full - gone}. Plus {new}: {answer}.",
            f"From {full} at the start, {gone} go and {new} come.",
        ),
        Way(
            "net",
            f"Look at the changes only: {gone} out, {new} in, so {net} than before. "
            f"Before it was {full}. {full} {sign} = {answer}.",
            f"Out and in together make {net} than {full}.",
        ),
        Way(
            "one by one",
            f"Empty them on a table, counting on: {listed(range(each, full + 1, each))}. "
            f"The new {fruit} join, {full + new}. Then {gone} leave, {answer}.",
            f"With the new {fruit} on the table there are {full + new}, before {gone} leave.",
        ),
        Way(
            "letters",
            f"Let n be what is asked. n = {count} × {each} - {gone} + {new}, "
            f"which is {full} - {gone} + {new}, which is {full - gone} + {new}, which is {answer}.",
            f"The expression {count} × {each} - {gone} + {new} has this value.",
        ),
    )
    return Problem("boxes", (count, each, gone, new), text, answer, ways, f"{answer} - {new} + {gone} = {full}")


def trains(draw: random.Random) -> Problem:
    """Speed and time, and some way already done."""
    speed, hours, before = 10 * whole(draw, 2, 9), whole(draw, 2, 6), whole(draw, 1, 9)
    text = pick(
        draw,
        f"A train goes {speed} km in an hour. It has gone {before} km already. "
        f"How many km has it gone after {hours} more hours?",
        f"After {before} km on small roads, a bus drives {hours} hours at {speed} km an hour. "
        "How many km are that in all?",
    )
    way, two = speed * hours, speed * 2
    answer = way + before
    rest = hours - 2
    ways = (
        Way(
            "product",
            f"{speed // 10} × {hours} = {way // 10}, with a zero at the end {way}. "
            f"The {before} km from before: {way} + {before} = {answer}.",
            f"At that speed {hours} hours bring {way} km, to which {before} are added.",
        ),
        Way(
            "hour by hour",
            f"Watch the counter. At the start {before}. "
            + " ".join(f"Hour {hour}: {before + hour * speed}." for hour in range(1, hours + 1)),
            f"The counter starts at {before} and grows by {speed} every hour.",
        ),
        Way(
            "doubling",
            f"Two hours make twice {speed}, that is {two}. "
            + (f"The other {rest} make {speed * rest}, so {two} + {speed * rest} = {way}. " if rest else "")
            + f"Do not forget the first {before}, which gives {answer}.",
            f"Two hours give {two}, the rest follows, and the first {before} km count too.",
        ),
        Way(
            "from ten times",
            f"Imagine a trip of ten hours, {10 * speed} km. It is {10 - hours} shorter, "
            f"which saves {10 - hours} × {speed} = {10 * speed - way}. "
            f"{10 * speed} - {10 * speed - way} = {way}. And {before} km on top: {answer}.",
            f"Ten hours would be {10 * speed}. We save {10 * speed - way} and add {before}.",
        ),
    )
    check = f"{answer} - {before} = {way}, {way} : {hours} = {speed}"
    return Problem("trains", (speed, hours, before), text, answer, ways, check)


def prices(draw: random.Random) -> Problem:
    """So many cost so much; how much do others cost?"""
    count, price, wanted = whole(draw, 2, 6), whole(draw, 2, 7), whole(draw, 2, 7)
    if wanted == count:
        wanted += 1
    name, goods = pick(draw, *NAMES), pick(draw, *_GOODS)
    cost, answer = count * price, wanted * price
    text = pick(
        draw,
        f"{count} {goods} cost {cost} euros. How many euros do {wanted} {goods} cost?",
        f"{name} pays {cost} euros for {count} {goods}. How much would {wanted} {goods} cost, in euros?",
    )
    more = wanted > count
    apart = abs(wanted - count)
    ways = (
        Way(
            "unit price",
            f"First the price of one: {cost} : {count} = {price}. Then for {wanted}: {wanted} × {price} = {answer}.",
            f"One costs {price} euros, so {wanted} cost that many times more.",
        ),
        Way(
            "table",
            f"Make a table. A single one is {price}, because {count} are {cost}. "
            + ", ".join(f"{row} are {row * price}" for row in range(2, wanted + 1))
            + ". There is the row.",
            f"In a table that grows by {price} in each row, row {wanted} tells it.",
        ),
        Way(
            "difference",
            f"Between {count} and {wanted} there are {apart} {'more' if more else 'fewer'}. "
            f"Each of them is worth {price}, a difference of {apart} × {price} = {apart * price}. "
            + (plus(cost, apart * price) if more else minus(cost, apart * price))
            + ".",
            f"Compared with {cost} euros it is {apart * price} euros {'more' if more else 'less'}.",
        ),
        Way(
            "letters",
            f"Let p stand for what we pay for a piece. {count} p = {cost}, hence p = {price}. "
            f"We look for {wanted} p, and putting in p = {price} we find {answer}.",
            f"From {count} p = {cost} follows p = {price}, which goes into {wanted} p.",
        ),
    )
    return Problem("prices", (count, cost, wanted), text, answer, ways, f"{answer} : {wanted} = {price}")


def times_as_many(draw: random.Random) -> Problem:
    """One has so many, the other times as many; how many together?"""
    one, times = whole(draw, 3, 15), whole(draw, 2, 6)
    first, second = pick(draw, "Anna", "Clara", "Emma", "Lena"), pick(draw, "Ben", "David", "Felix", "Oscar")
    things = pick(draw, "stamps", "cards", "shells", "marbles")
    text = pick(
        draw,
        f"{first} has {one} {things}. {second} has {times} times as many. How many do they have together?",
        f"{second} collects {times} times as many {things} as {first}, who collects {one}. How many is that in all?",
    )
    many, answer = one * times, one * (times + 1)
    ways = (
        Way(
            "one after the other",
            f"{second}: {times} × {one} = {many}. {first}: {one}. Sum of the two: {plus(many, one)}.",
            f"{second} has {many}, and with the {one} of {first} we get the sum.",
        ),
        Way(
            "shares",
            f"Think in shares. One share for {first} and {times} for {second} are {times + 1} shares of {one}. "
            f"{times + 1} × {one} = {answer}.",
            f"There are {times + 1} equal shares, of {one} each.",
        ),
        Way(
            "bars",
            f"Draw equal bars, every bar worth {one}, and count on along them: "
            f"{listed(range(one, answer + 1, one))}. These were {times} bars and one.",
            f"Drawn as bars worth {one}, the last bar ends here.",
        ),
        Way(
            "letters",
            f"Let x stand for what {first} has. Together they have x + {times} x, hence {times + 1} x. "
            f"Putting in x = {one} we find {answer}.",
            f"The sum x + {times} x is {times + 1} x, where x = {one}.",
        ),
    )
    return Problem("times as many", (one, times), text, answer, ways, f"{answer} - {one} = {many}")


def fences(draw: random.Random) -> Problem:
    """The way around a rectangle."""
    width = whole(draw, 3, 15)
    long = width + whole(draw, 1, 9)
    name = pick(draw, *NAMES)
    text = pick(
        draw,
        f"A rectangle is {long} cm long and {width} cm wide. What is its perimeter in cm?",
        f"{name} puts a fence around a garden of {long} m by {width} m. How many m of fence are needed?",
    )
    half, answer = long + width, 2 * (long + width)
    ways = (
        Way(
            "half way",
            f"Half of the way around is one long and one wide side: {plus(long, width)}. "
            f"Twice that is {half} + {half} = {answer}.",
            f"Half of the way is {half}, the whole way twice as much.",
        ),
        Way(
            "pairs",
            f"Opposite sides are equal. The long pair: 2 × {long} = {2 * long}. "
            f"The short pair: 2 × {width} = {2 * width}. Both pairs: {plus(2 * long, 2 * width)}.",
            f"The pairs of sides have {2 * long} and {2 * width}.",
        ),
        Way(
            "walking",
            f"Walk along the border, corner to corner, and add up: {long}, {long + width}, "
            f"{2 * long + width}, {answer}. Back at the start.",
            "Walking from corner to corner and adding up each side brings us around.",
        ),
        Way(
            "square",
            f"Were it a square of side {width}, it would be 4 × {width} = {4 * width}. "
            f"It is longer by {long - width}, on two sides, so {2 * (long - width)} come on top: "
            f"{plus(4 * width, 2 * (long - width))}.",
            f"A square of side {width} has {4 * width}, and the rectangle {2 * (long - width)} more.",
        ),
    )
    return Problem("perimeter", (long, width), text, answer, ways, f"{answer} : 2 = {half}, {minus(half, width)}")


STORIES = (change, boxes, trains, prices, times_as_many, fences)
