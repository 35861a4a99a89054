"""Lengths and areas: right triangles, triangles with three known sides, rings."""

from fractions import Fraction
from math import gcd

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import number, root, times
from datagen.teachers.demo.pen import Pen


def _right_given(a: int, b: int) -> Given | None:
    return {"a": a, "b": b} if a > 0 and b > 0 and a != b else None


def _pythagoras(pen: Pen, a: int, b: int) -> str:
    square = pen.take(a * a + b * b, abs(a * a - b * b))
    square = pen.take(square, square + a * b)
    length = root(square)
    pen.think(
        "There is a right angle, so the theorem of Pythagoras gives the third side at once.",
        "The side opposite the right angle is wanted. Pythagoras.",
    )
    pen.think(f"The two short sides are ${a}$ and ${b}$. Their squares are ${a * a}$ and ${b * b}$.")
    pen.think(f"For the square over the long side I get ${square}$.")
    pen.think(f"So the length is $\\sqrt{{{square}}}$. Can I simplify it? I take square factors out of the root.")
    pen.think(f"The simplest form is ${length}$.")
    pen.check(square == a * a + b * b, f"It is longer than ${max(a, b)}$ and shorter than ${a + b}$, as it should be.")
    pen.write("The wanted length is the hypotenuse $c$ of a right triangle with the given legs.")
    pen.write(f"By the theorem of Pythagoras, from $a^2 = {a * a}$ and $b^2 = {b * b}$ we get $c^2 = {square}$.")
    pen.write(f"Hence $c = \\sqrt{{{square}}} = {length}$.")
    return length


def _dissection(pen: Pen, a: int, b: int) -> str:
    large = (a + b) ** 2
    triangles = pen.take(2 * a * b, a * b)
    square = large - triangles
    square = pen.take(square, square + 1)
    length = root(square)
    pen.think(
        "I would like to see it as areas: four copies of the triangle in the corners of a big square.",
        "Put four such triangles together so that their long sides enclose a tilted square.",
    )
    pen.think(f"The big square has the side ${a} + {b} = {a + b}$, so its area is ${large}$.")
    pen.think(f"The triangles fill the corners. Together I take ${triangles}$ for them.")
    pen.think(
        f"What is left in the middle is a square over the wanted side, with the area ${large} - "
        f"{triangles}$. I find ${square}$."
    )
    pen.think(f"Its side is $\\sqrt{{{square}}} = {length}$.")
    pen.write(f"Place four copies of the right triangle in the corners of a square with side ${a} + {b} = {a + b}$.")
    pen.write(
        f"The big square has the area ${large}$ and the four triangles have the area ${triangles}$; "
        f"the tilted square in the middle has the area ${square}$."
    )
    pen.write(f"Its side is the wanted length, $\\sqrt{{{square}}} = {length}$.")
    return length


def _projections(pen: Pen, a: int, b: int) -> str:
    scale = gcd(a, b)
    x, y = a // scale, b // scale
    square = pen.take(x * x + y * y, (x + y) ** 2)
    factor = pen.take(scale * scale, scale)
    length = root(square * factor)
    pen.think(
        "Let me use similar triangles: the height on the long side $c$ cuts it into two pieces.",
        "Drop the height onto the long side. It makes two smaller triangles of the same shape.",
    )
    pen.think(f"To keep numbers small I first shrink the figure by ${scale}$. The legs become ${x}$ and ${y}$.")
    pen.think(f"By similarity the pieces of $c$ are $\\frac{{{x * x}}}{{c}}$ and $\\frac{{{y * y}}}{{c}}$.")
    pen.think(f"Together they are $c$ itself. Multiply by $c$: in the small figure $c^2 = {square}$.")
    pen.think(
        f"Now stretch it back by ${scale}$: the square of the length is ${square * factor}$, so the "
        f"length is ${length}$."
    )
    pen.write(f"Scaled down by ${scale}$, the triangle has the legs ${x}$ and ${y}$ and a hypotenuse $c$.")
    pen.write(
        f"The height on $c$ cuts it into $\\frac{{{x * x}}}{{c}}$ and $\\frac{{{y * y}}}{{c}}$, by "
        f"similar triangles. Adding both pieces gives $c^2 = {square}$."
    )
    pen.write(f"In the original size the hypotenuse is $\\sqrt{{{square * factor}}} = {length}$.")
    return length


def _triangle_given(a: int, b: int, c: int) -> Given | None:
    a, b, c = sorted((a, b, c))
    return {"a": a, "b": b, "c": c} if a > 0 and a + b > c else None


def _heron(pen: Pen, a: int, b: int, c: int) -> str:
    half = Fraction(a + b + c, 2)
    rests = [half - a, half - b, half - c]
    rests[0] = pen.take(rests[0], rests[0] + 1)
    square = half * rests[0] * rests[1] * rests[2]
    square = pen.take(square, square * 4)
    area = root(square)
    shown = ", ".join(f"${number(rest)}$" for rest in rests)
    pen.think(
        "Three sides are known and nothing else. That is the case for Heron's formula.",
        "Heron: half the perimeter, three differences, one product, one root.",
    )
    pen.think(f"Half the perimeter is $s = {number(half)}$.")
    pen.think(f"The differences of $s$ and the sides are {shown}.")
    pen.think(f"Multiply all of it: I get ${number(square)}$ under the root.")
    pen.think(f"Taking square factors out, the area is ${area}$.")
    pen.check(
        square == half * (half - a) * (half - b) * (half - c),
        "All three differences are positive, so such a triangle exists.",
    )
    pen.write(
        f"The semiperimeter is $s = \\frac{{{a} + {b} + {c}}}{{2}} = {number(half)}$, and the "
        f"differences to the sides are {shown}."
    )
    pen.write(f"By Heron's formula the square of the area is ${number(square)}$.")
    pen.write(f"So the area is $\\sqrt{{{number(square)}}} = {area}$.")
    return area


def _coordinates(pen: Pen, a: int, b: int, c: int) -> str:
    foot = Fraction(b * b + c * c - a * a, 2 * c)
    height = b * b - foot**2
    height = pen.take(height, height + 1)
    square = height * c * c / pen.take(4, 1)
    area = root(square)
    pen.think(
        f"Lay the side of length ${c}$ on the axis and find the third corner.",
        "Coordinates: with one side as the base I only need the height.",
    )
    pen.think(
        f"Corners $(0, 0)$ and $({c}, 0)$. The third corner $(x, h)$ is ${b}$ away from the first one "
        f"and ${a}$ from the second."
    )
    pen.think(
        f"Subtracting $x^2 + h^2 = {b * b}$ and $(x - {c})^2 + h^2 = {a * a}$ removes $h$ and gives "
        f"$x = {number(foot)}$."
    )
    pen.think(f"Then for $h^2$ I find ${number(height)}$, so $h = {root(height)}$.")
    pen.think(f"From base ${c}$ and this height the area comes out as ${area}$.")
    pen.write(
        f"Let the corners be $(0, 0)$, $({c}, 0)$ and $(x, h)$, with $x^2 + h^2 = {b * b}$ and $(x - "
        f"{c})^2 + h^2 = {a * a}$."
    )
    pen.write(f"Subtracting the equations gives $x = {number(foot)}$, and then $h^2 = {number(height)}$.")
    pen.write(f"The base ${c}$ and the height $h = {root(height)}$ give the area ${area}$.")
    return area


def _cosine(pen: Pen, a: int, b: int, c: int) -> str:
    cosine = Fraction(a * a + b * b - c * c, 2 * a * b)
    sine_square = pen.take(1 - cosine**2, 1 + cosine**2)
    square = sine_square * a * a * b * b / pen.take(4, 1)
    area = root(square)
    pen.think(
        "The law of cosines gives an angle, and two sides with the angle between them give the area.",
        f"Let me find the angle between the sides ${a}$ and ${b}$.",
    )
    pen.think(
        f"It is opposite ${c}$, so $\\cos\\gamma = "
        f"\\frac{{{a * a} + {b * b} - {c * c}}}{{2 \\cdot {a} \\cdot {b}}} = {number(cosine)}$."
    )
    pen.think(
        f"From the cosine to the sine: for $\\sin^2\\gamma$ I have ${number(sine_square)}$, and the "
        f"sine is positive in a triangle."
    )
    pen.think(f"So $\\sin\\gamma = {root(sine_square)}$.")
    pen.think(f"With the sides ${a}$ and ${b}$ next to this angle, the area is ${area}$.")
    pen.write(
        f"Let $\\gamma$ be the angle between the sides ${a}$ and ${b}$. The law of cosines gives "
        f"$\\cos\\gamma = {number(cosine)}$."
    )
    pen.write(f"Then $\\sin\\gamma = {root(sine_square)}$.")
    pen.write(f"From the two sides and the sine of the angle between them, the area is ${area}$.")
    return area


def _ring_given(a: int, b: int) -> Given | None:
    large, small = max(a, b), min(a, b)
    return {"a": large, "b": small} if 0 < small < large else None


def _difference(pen: Pen, a: int, b: int) -> str:
    outer, inner = a * a, b * b
    inner = pen.take(inner, 2 * b if b != 2 else 2)
    area = outer - inner
    area = pen.take(area, outer + inner)
    pen.think(
        "A ring is a large disc with a small disc taken out. So subtract.",
        "Two discs with one centre; the ring is the difference.",
    )
    pen.think(f"The large disc has the radius ${a}$ and the area ${times(outer, chr(92) + 'pi')}$.")
    pen.think(f"For the small disc with the radius ${b}$ I have ${times(inner, chr(92) + 'pi')}$.")
    pen.think("The number $\\pi$ stands in both, so I only work with the factors before it.")
    pen.think(f"That leaves the factor ${area}$ for the ring.")
    pen.write(f"The outer disc has the area ${outer}\\pi$ and the inner one ${inner}\\pi$.")
    pen.write(
        "The region consists of the points of the outer disc that do not belong to the inner one, so "
        "its area follows from the two."
    )
    pen.write(f"This gives the area ${times(area, chr(92) + 'pi')}$.")
    return times(area, r"\pi")


def _binomial(pen: Pen, a: int, b: int) -> str:
    total = pen.take(a + b, a + b + 1)
    area = total * pen.take(a - b, a)
    pen.think(
        "The area is $\\pi(R^2 - r^2)$, and a difference of squares is a product. That keeps the numbers small.",
        "No squares needed: $R^2 - r^2 = (R + r)(R - r)$.",
    )
    pen.think(f"Here $R = {a}$ and $r = {b}$.")
    pen.think(f"The sum of the radii: I get ${total}$.")
    pen.think("The difference of the radii is the width of the ring.")
    pen.think(f"Multiplying sum and difference gives ${area}$, and $\\pi$ comes along.")
    pen.check(area == a * a - b * b, f"Indeed ${a * a} - {b * b} = {area}$.")
    pen.write("With radii $R$ and $r$ the area is $\\pi R^2 - \\pi r^2 = \\pi (R + r)(R - r)$.")
    pen.write(f"For $R = {a}$ and $r = {b}$ the sum of the radii is ${total}$.")
    pen.write(
        f"The product with the difference of the radii is ${area}$, so the area is ${times(area, chr(92) + 'pi')}$."
    )
    return times(area, r"\pi")


def _unroll(pen: Pen, a: int, b: int) -> str:
    width = pen.take(a - b, a - b + 1)
    middle = pen.take(Fraction(a + b, 2), Fraction(a + b))
    area = 2 * middle * width
    pen.think(
        "Cut the ring open and bend it straight: it becomes a band, as long as the circle in the middle (Pappus).",
        "I unroll the ring. Its area is its width times the length of the circle halfway between the two edges.",
    )
    pen.think(f"The radii are ${a}$ and ${b}$. For the width of the band I take ${number(width)}$.")
    pen.think(f"The circle in the middle has the radius ${number(middle)}$.")
    pen.think(f"So its length is ${times(2 * middle, chr(92) + 'pi')}$.")
    pen.think(
        f"Width times length: ${number(width)} \\cdot {times(2 * middle, chr(92) + 'pi')} = "
        f"{times(area, chr(92) + 'pi')}$."
    )
    pen.write(
        "The area of a ring is its width times the length of the circle that runs in its middle, by "
        "the theorem of Pappus."
    )
    pen.write(
        f"The width is ${number(width)}$; the circle in the middle has the radius ${number(middle)}$ "
        f"and the length ${times(2 * middle, chr(92) + 'pi')}$."
    )
    pen.write(f"Therefore the area is ${times(area, chr(92) + 'pi')}$.")
    return times(area, r"\pi")


RIGHT = Kind(
    name="right triangle",
    topic="geometry",
    phrasings=(
        "The legs of a right triangle have lengths {a} and {b}. Find the length of the hypotenuse in "
        "simplest radical form.",
        "A rectangle is {a} cm wide and {b} cm high. How long is its diagonal, in centimetres, as an exact value?",
        "A ship sails {a} miles due north and then {b} miles due east. What is its exact distance, "
        "in miles, from where it set out?",
    ),
    derive=_right_given,
    methods=(_pythagoras, _dissection, _projections),
)
TRIANGLE = Kind(
    name="area of a triangle",
    topic="geometry",
    phrasings=(
        "A triangle has sides of length {a}, {b} and {c}. What is its area?",
        "Three straight fences of {a}, {b} and {c} metres enclose a field. Give the exact area of "
        "the field in square metres.",
        "Find the area enclosed by a triangle ABC with AB = {a}, BC = {b} and CA = {c}.",
    ),
    derive=_triangle_given,
    methods=(_heron, _coordinates, _cosine),
)
RING = Kind(
    name="area of a ring",
    topic="geometry",
    phrasings=(
        r"Two circles with the same centre have radii {a} and {b}. Express the area between them as a "
        r"multiple of \pi.",
        r"A round pond of radius {b} metres is surrounded by a lawn whose outer edge is a circle of "
        r"radius {a} metres about the same centre. How many square metres is the lawn, in terms of \pi?",
        r"From a disc of radius {a} a concentric disc of radius {b} is cut out. What area remains, in terms of \pi?",
    ),
    derive=_ring_given,
    methods=(_difference, _binomial, _unroll),
)
KINDS = (RIGHT, TRIANGLE, RING)
