"""Linear and quadratic equations, and what can be said of roots without finding them."""

from fractions import Fraction

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import bracketed, is_square, number, plus_minus, signed, term, times
from datagen.teachers.demo.pen import Pen


def _linear_given(a: int, b: int, c: int, d: int) -> Given | None:
    return None if a == c else {"a": a, "b": b, "c": c, "d": d}


def _collect_terms(pen: Pen, a: int, b: int, c: int, d: int) -> str:
    constant = pen.take(d - b, d + b)
    slope = pen.take(a - c, a + c or a)
    x = Fraction(constant, slope)
    pen.think(
        "The unknown stands on both sides, so I move everything with $x$ to the left and all plain numbers right.",
        "Collect: terms in $x$ on one side, constants on the other. Whatever crosses the equals sign changes its sign.",
    )
    pen.think(
        f"Subtract ${times(c, 'x')}$ on both sides: the left keeps ${times(slope, 'x')}{signed(b)}$, "
        f"the right keeps ${d}$."
    )
    pen.think(f"Now take ${bracketed(b)}$ away on both sides. That leaves ${times(slope, 'x')} = {constant}$.")
    pen.think(f"Divide by ${slope}$: $x = \\frac{{{constant}}}{{{slope}}}$, which is ${number(x)}$.")
    value = a * x + b
    pen.check(value == c * x + d, f"Put it back: the left side is ${number(value)}$ and so is the right side. Fine.")
    pen.write(f"We solve ${times(a, 'x')}{signed(b)} = {times(c, 'x')}{signed(d)}$ by collecting like terms.")
    pen.write(
        f"Moving the terms with $x$ to the left and the constants to the right gives "
        f"${times(slope, 'x')} = {constant}$."
    )
    pen.write(f"Dividing both sides by ${slope}$ gives $x = {number(x)}$.")
    return number(x)


def _two_trials(pen: Pen, a: int, b: int, c: int, d: int) -> str:
    def error(x: int) -> int:
        return (a * x + b) - (c * x + d)

    second = 10
    low, high = error(0), pen.take(error(second), error(second) + 2 * d if d else error(second) + 10)
    pen.think(
        "I will not rearrange anything. Both sides are straight lines, so two trial values tell "
        "everything (double false position).",
        "Trial and error, but with a system: two guesses, and then a proportion. It is exact because "
        "the error is linear in $x$.",
    )
    pen.think(f"Guess $x = 0$: left is ${b}$, right is ${d}$, so the error left minus right is ${low}$.")
    pen.think(
        f"Guess $x = {second}$: left is ${a * second + b}$, right is ${c * second + d}$; I note the error ${high}$."
    )
    if high == low:
        high = error(second)
    x = pen.take(Fraction(-low * second, high - low), Fraction(low * second, high - low))
    pen.think(
        f"From the first guess to the second the error changes by ${high - low}$. I need it to change "
        f"by ${-low}$, starting at $0$."
    )
    pen.think(f"So $x = {second} \\cdot \\frac{{{-low}}}{{{high - low}}} = {number(x)}$.")
    pen.check(
        a * x + b == c * x + d, f"At $x = {number(x)}$ both sides are ${number(a * x + b)}$, so the error is zero."
    )
    pen.write(
        f"Let $f(x) = ({times(a, 'x')}{signed(b)}) - ({times(c, 'x')}{signed(d)})$. This is linear, "
        f"so two values fix its zero."
    )
    pen.write(f"We have $f(0) = {low}$ and $f({second}) = {high}$.")
    pen.write(
        f"By proportion the zero lies at $x = {second} \\cdot \\frac{{-f(0)}}{{f({second}) - f(0)}} = {number(x)}$."
    )
    return number(x)


def _closing_gap(pen: Pen, a: int, b: int, c: int, d: int) -> str:
    gap = pen.take(d - b, b - d)
    rate = a - c
    x = Fraction(gap, rate)
    pen.think(
        "Think of two walkers: one starts at the left constant, one at the right constant, and $x$ is the time.",
        "I like to see this as a chase. The two sides are two runners and $x$ counts the seconds until they are level.",
    )
    pen.think(
        f"At time $0$ the left one stands at ${b}$ and the right one at ${d}$. The left one has to make up ${gap}$."
    )
    pen.think(
        f"The left one moves ${a}$ a second, the right one ${c}$ a second, so the distance changes by "
        f"${rate}$ a second."
    )
    x = pen.take(x, x + 1)
    pen.think(f"Distance over relative speed: $\\frac{{{gap}}}{{{rate}}}$, that is $x = {number(x)}$.")
    pen.check(a * x + b == c * x + d, f"Then both stand at ${number(a * x + b)}$. They do meet there.")
    pen.write("Read both sides as positions of two points that move at constant speed, with $x$ as the time.")
    pen.write(
        f"At $x = 0$ the gap to close is ${d}{signed(-b)} = {gap}$; it closes at the rate ${a}{signed(-c)} = {rate}$."
    )
    pen.write(f"They are level when $x = \\frac{{{gap}}}{{{rate}}}$, so $x = {number(x)}$.")
    return number(x)


def _quadratic_given(a: int, b: int, c: int) -> Given | None:
    return {"a": a, "b": b, "c": c} if a and b * b > 4 * a * c else None


def _pair(centre: Fraction, square: Fraction) -> str:
    return r"\{" + ", ".join(plus_minus(centre, square)) + r"\}"


def _equation(a: int, b: int, c: int) -> str:
    return f"{times(a, 'x^2')}{term(b, 'x')}{signed(c)} = 0"


def _factor(pen: Pen, a: int, b: int, c: int) -> str | None:
    square = Fraction(b * b - 4 * a * c, 4 * a * a)
    if not is_square(square):
        return None
    sign = pen.take(1, -1)
    low, high = sorted(Fraction(text) for text in _rational_roots(a, b, c))
    left, right = (f"({times(root.denominator, 'x')}{signed(-root.numerator)})" for root in (low, high))
    rest = Fraction(a, low.denominator * high.denominator)
    product = f"{'' if rest == 1 else number(rest)}{left}{right}"
    pen.think(
        f"Maybe it factors. I look for two numbers with product ${a} \\cdot {bracketed(c)} = {a * c}$ and sum ${b}$.",
        f"Try factoring: the product of the outer coefficients is ${a * c}$, and I need a pair of "
        f"factors that adds up to ${b}$.",
    )
    one, two = -high * a, -low * a
    pen.think(
        f"Running through the divisors of ${a * c}$, the pair ${number(one)}$ and ${number(two)}$ "
        f"works: the sum is ${number(one + two)}$, the product ${number(one * two)}$."
    )
    pen.think(f"Split the middle term with them and take common factors out: the left side becomes ${product}$.")
    pen.think("A product is zero only when one of its factors is. So I set each bracket to zero and read off $x$.")
    roots = sorted((sign * low, sign * high))
    pen.think(f"That gives $x = {number(roots[0])}$ and $x = {number(roots[1])}$.")
    pen.check(sign == 1, f"Expanding ${left}{right}$ again gives back the polynomial, so the factors are right.")
    pen.write(f"We factor the left side of ${_equation(a, b, c)}$.")
    pen.write(
        f"Since ${number(one)}$ and ${number(two)}$ have the sum ${b}$ and the product ${a * c}$, the "
        f"equation reads ${product} = 0$."
    )
    pen.write(f"One of the factors must vanish, so $x = {number(roots[0])}$ or $x = {number(roots[1])}$.")
    return _pair((roots[0] + roots[1]) / 2, ((roots[1] - roots[0]) / 2) ** 2)


def _rational_roots(a: int, b: int, c: int) -> tuple[Fraction, Fraction]:
    low, high = plus_minus(Fraction(0), Fraction(b * b - 4 * a * c))
    return Fraction(-b + int(low), 2 * a), Fraction(-b + int(high), 2 * a)


def _formula(pen: Pen, a: int, b: int, c: int) -> str:
    discriminant = b * b - 4 * a * c
    minus_b = pen.take(-b, b)
    below = pen.take(2 * a, a)
    centre, square = Fraction(minus_b, below), Fraction(discriminant, below * below)
    low, high = plus_minus(centre, square)
    pen.think(
        "The quadratic formula never fails, so I use it and watch the signs.",
        "I go straight for the formula $x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$.",
    )
    pen.think(f"Here $a = {a}$, $b = {b}$, $c = {c}$.")
    pen.think(
        f"The discriminant is $b^2 - 4ac = {b * b}{signed(-4 * a * c)} = {discriminant}$. It is "
        f"positive, so there are two real roots."
    )
    pen.think(f"In the formula I have ${minus_b} \\pm \\sqrt{{{discriminant}}}$ above the line and ${below}$ below it.")
    pen.think(
        f"Simplify: the smaller one is ${low if below > 0 else high}$, the other one is ${high if below > 0 else low}$."
    )
    pen.check(
        minus_b == -b and below == 2 * a,
        f"Their sum should be $-\\frac{{b}}{{a}} = {number(Fraction(-b, a))}$, and it is.",
    )
    pen.write(f"For ${_equation(a, b, c)}$ the discriminant is $D = {b * b}{signed(-4 * a * c)} = {discriminant} > 0$.")
    pen.write(f"The quadratic formula gives $$x = \\frac{{{minus_b} \\pm \\sqrt{{{discriminant}}}}}{{{below}}}.$$")
    pen.write(f"Simplified, the two solutions are ${low}$ and ${high}$.")
    return _pair(centre, square)


def _complete_square(pen: Pen, a: int, b: int, c: int) -> str:
    half, constant = Fraction(b, 2 * a), Fraction(c, a)
    moved = half**2 + constant
    square = pen.take(half**2 - constant, moved if moved > 0 else half**2 - constant)
    centre = pen.take(-half, half)
    low, high = plus_minus(centre, square)
    pen.think(
        "Completing the square shows where the roots come from, so let me do that.",
        "No formula: I turn the left side into a perfect square and a rest.",
    )
    if a != 1:
        pen.think(f"First divide by ${a}$: $x^2{term(2 * half, 'x')}{signed(constant)} = 0$.")
    pen.think(f"Half of the coefficient of $x$ is ${number(half)}$, and its square is ${number(half**2)}$.")
    pen.think(
        f"Bring the constant over and add ${number(half**2)}$ on both sides: "
        f"$\\left(x{signed(half)}\\right)^2 = {number(square)}$."
    )
    pen.think(f"Take roots, and do not forget both signs: $x{signed(half)} = \\pm\\sqrt{{{number(square)}}}$.")
    pen.think(f"So $x = {number(centre)} \\pm \\sqrt{{{number(square)}}}$, which means ${low}$ and ${high}$.")
    pen.check(
        centre**2 - square == constant and centre == -half,
        f"The product of both is ${number(constant)}$, as the constant term says.",
    )
    pen.write(f"We complete the square in ${_equation(a, b, c)}$.")
    pen.write(
        f"Adding ${number(half**2)}$ on both sides, the equation becomes "
        f"$$\\left(x{signed(half)}\\right)^2 = {number(square)}.$$"
    )
    pen.write(f"Taking square roots, $x = {low}$ or $x = {high}$.")
    return _pair(centre, square)


def _midpoint(pen: Pen, a: int, b: int, c: int) -> str:
    middle = pen.take(Fraction(-b, 2 * a), Fraction(b, 2 * a))
    product = Fraction(c, a)
    square = middle**2 - product
    square = pen.take(square, square * 4)
    low, high = plus_minus(middle, square)
    pen.think(
        "Let me use symmetry: a parabola is symmetric, so the roots lie equally far from a middle $m$.",
        "The two roots are $m - d$ and $m + d$ for some middle $m$ and distance $d$. Find these two "
        "instead of the roots.",
    )
    pen.think(f"The sum of the roots is $-\\frac{{b}}{{a}}$, and the middle is half of it: $m = {number(middle)}$.")
    pen.think(
        f"The product of the roots is $\\frac{{c}}{{a}} = {number(product)}$. But the product is also "
        f"$(m-d)(m+d) = m^2 - d^2$."
    )
    pen.think(f"So $d^2 = m^2 - {bracketed(product)} = {number(square)}$.")
    pen.think(f"Then $d = \\sqrt{{{number(square)}}}$ and the roots are ${low}$ and ${high}$.")
    pen.check(
        middle == Fraction(-b, 2 * a) and middle**2 - square == product,
        f"Product of the two: ${number(product)}$. That fits.",
    )
    pen.write(f"Write the roots of ${_equation(a, b, c)}$ as $m - d$ and $m + d$.")
    pen.write(
        f"From the sum of the roots, $m = {number(middle)}$. From their product, $m^2 - d^2 = "
        f"{number(product)}$, so $d^2 = {number(square)}$."
    )
    pen.write(f"Hence the solutions are $m - d = {low}$ and $m + d = {high}$.")
    return _pair(middle, square)


def _root_squares_given(b: int, c: int) -> Given:
    return {"b": b, "c": c}


def _vieta(pen: Pen, b: int, c: int) -> str:
    total, product = -b, c
    result = total * total - pen.take(2 * product, product)
    result = pen.take(result, result + 4 * product)
    pen.think(
        "Finding the roots themselves is more than is asked. Symmetric expressions can be built from sum and product.",
        "The expression does not change when the roots trade places, so Vieta's formulas must be enough.",
    )
    pen.think(f"By Vieta the sum is $r + s = {total}$, with the sign turned, and the product is $rs = {product}$.")
    pen.think("Square the sum: $(r+s)^2 = r^2 + 2rs + s^2$. That is what I want plus twice the product.")
    pen.think(f"So $r^2 + s^2 = (r+s)^2 - 2rs$. The square of the sum is ${total * total}$.")
    pen.think(f"Taking the product part away leaves ${result}$.")
    pen.check(result == total * total - 2 * product, "The signs are right: twice the product is taken away once.")
    pen.write(f"By Vieta's formulas, $r + s = {total}$ and $rs = {product}$.")
    pen.write("Since $(r+s)^2 = r^2 + 2rs + s^2$, we have $$r^2 + s^2 = (r+s)^2 - 2rs.$$")
    pen.write(f"With the numbers put in, $r^2 + s^2 = {result}$.")
    return str(result)


def _recurrence(pen: Pen, b: int, c: int) -> str:
    once = pen.take(c, -c)
    result = -b * -b - 2 * once
    result = pen.take(result, result + once)
    pen.think(
        "Each root satisfies the equation, so I can replace its square by something linear.",
        "Use the equation itself to lower the degree: a root's square is a linear expression in the root.",
    )
    pen.think(
        f"From the equation, $r^2 = {times(-b, 'r')}{signed(-once)}$, and in the same way $s^2 = "
        f"{times(-b, 's')}{signed(-once)}$."
    )
    pen.think(f"Add the two lines: $r^2 + s^2 = {bracketed(-b)}(r+s){signed(-2 * once)}$.")
    pen.think(f"The sum of the roots is ${-b}$, the coefficient of $x$ with the other sign.")
    pen.think(
        f"So the wanted number is ${bracketed(-b)} \\cdot {bracketed(-b)}{signed(-2 * once)}$, and I get ${result}$."
    )
    pen.write(
        f"Both roots satisfy the equation, so $r^2 = {times(-b, 'r')}{signed(-once)}$ and $s^2 = "
        f"{times(-b, 's')}{signed(-once)}$."
    )
    pen.write(f"Adding, $$r^2 + s^2 = {bracketed(-b)}(r+s){signed(-2 * once)}.$$")
    pen.write(f"As $r + s = {-b}$, this is ${result}$.")
    return str(result)


def _explicit_roots(pen: Pen, b: int, c: int) -> str:
    discriminant = pen.take(b * b - 4 * c, b * b + 4 * c)
    top = pen.take(2 * (b * b + discriminant), b * b + discriminant)
    result = Fraction(top, 4)
    pen.think(
        "Just find the roots and square them; the ugly parts should cancel.",
        "Brute force is fine here: write both roots with the formula, square, add.",
    )
    pen.think(
        f"The discriminant comes out as ${discriminant}$; call it $D$. The roots are "
        f"$\\frac{{{-b} \\pm \\sqrt{{D}}}}{{2}}$."
    )
    pen.think(
        f"Square one of them: $\\frac{{{b * b} \\pm 2 \\cdot {bracketed(-b)}\\sqrt{{D}} + D}}{{4}}$. "
        f"The middle part has opposite signs in the two squares."
    )
    pen.think("In the sum the middle parts cancel, whatever $D$ is, even if the roots are not real.")
    pen.think(f"What stays, over $4$, is ${top}$, so the sum is $\\frac{{{top}}}{{4}} = {number(result)}$.")
    pen.write(f"The roots are $\\frac{{{-b} \\pm \\sqrt{{D}}}}{{2}}$ with $D = {discriminant}$.")
    pen.write(f"In the sum of their squares the terms with $\\sqrt{{D}}$ cancel: $$r^2 + s^2 = \\frac{{{top}}}{{4}}.$$")
    pen.write(f"This equals ${number(result)}$.")
    return number(result)


LINEAR = Kind(
    name="linear equation",
    topic="algebra",
    phrasings=(
        "Solve for x: {a:first}x {b:plain} = {c:first}x {d:plain}",
        "Find the value of x that satisfies {a:first}x {b:plain} = {c:first}x {d:plain}.",
        "For which number x are the expressions {a:first}x {b:plain} and {c:first}x {d:plain} equal?",
    ),
    derive=_linear_given,
    methods=(_collect_terms, _two_trials, _closing_gap),
)
QUADRATIC = Kind(
    name="quadratic equation",
    topic="algebra",
    phrasings=(
        "Find all real solutions of {a:first}x^2 {b:next}x {c:plain} = 0.",
        "Solve the quadratic equation {a:first}x^2 {b:next}x {c:plain} = 0 over the real numbers.",
        "At which points x does the parabola y = {a:first}x^2 {b:next}x {c:plain} cross the horizontal axis?",
    ),
    derive=_quadratic_given,
    methods=(_factor, _formula, _complete_square, _midpoint),
)
ROOT_SQUARES = Kind(
    name="squares of the roots",
    topic="algebra",
    phrasings=(
        "The roots of x^2 {b:next}x {c:plain} = 0 are r and s. Find r^2 + s^2.",
        "Let r and s be the two roots of the polynomial x^2 {b:next}x {c:plain}. "
        "What is the sum of the squares of r and s?",
        "Without a calculator, evaluate r^2 + s^2, where r and s solve x^2 {b:next}x {c:plain} = 0.",
    ),
    derive=_root_squares_given,
    methods=(_vieta, _recurrence, _explicit_roots),
)
KINDS = (LINEAR, QUADRATIC, ROOT_SQUARES)
