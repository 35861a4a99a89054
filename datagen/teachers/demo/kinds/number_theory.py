"""Common divisors, numbers of divisors, and remainders of powers."""

from math import gcd, isqrt, prod

from datagen.teachers.demo.kinds.kind import Given, Kind
from datagen.teachers.demo.latex import product
from datagen.teachers.demo.pen import Pen


def factorise(n: int) -> dict[int, int]:
    """The prime factors of n > 0 with their exponents, in rising order."""
    factors: dict[int, int] = {}
    prime = 2
    while prime * prime <= n:
        while n % prime == 0:
            factors[prime] = factors.get(prime, 0) + 1
            n //= prime
        prime += 1
    if n > 1:
        factors[n] = 1
    return factors


def _as_product(factors: dict[int, int]) -> str:
    return r" \cdot ".join(str(p) if e == 1 else f"{p}^{{{e}}}" for p, e in factors.items()) or "1"


def _gcd_given(a: int, b: int) -> Given | None:
    return {"a": max(a, b), "b": min(a, b)} if a != b and min(a, b) > 1 and max(a, b) < 10**6 else None


def _euclid(pen: Pen, a: int, b: int) -> str:
    lines, high, low = [], a, b
    while low:
        lines.append((high, high // low, low, high % low))
        high, low = low, high % low
    result = pen.take(high, lines[-2][2] if len(lines) > 1 else 1)
    pen.think(
        "Euclid's algorithm: the common divisors stay the same when the larger number is replaced by its remainder.",
        "I divide with remainder again and again. That needs no factoring at all.",
    )
    for big, times, small, rest in lines:
        pen.think(f"${big} = {times} \\cdot {small} + {rest}$.")
    pen.think(f"The remainder is zero, so I stop and look at the last remainder before that. I take ${result}$.")
    pen.check(
        a % result == 0 and b % result == 0,
        f"Indeed ${a} = {result} \\cdot {a // result}$ and ${b} = {result} \\cdot {b // result}$.",
    )
    pen.write(f"We apply the Euclidean algorithm to ${a}$ and ${b}$.")
    pen.write(
        "$$" + r" \\ ".join(f"{big} = {times} \\cdot {small} + {rest}" for big, times, small, rest in lines) + "$$"
    )
    pen.write(
        f"A common divisor of two numbers also divides every remainder in this chain, so the greatest "
        f"common divisor is ${result}$."
    )
    return str(result)


def _shared_primes(pen: Pen, a: int, b: int) -> str:
    left, right = factorise(a), factorise(b)
    shared = {p: min(e, right[p]) for p, e in left.items() if p in right}
    larger = {p: max(e, right[p]) for p, e in left.items() if p in right}
    chosen = pen.take(shared, larger)
    for prime in list(chosen)[-1:]:
        chosen = pen.take(chosen, {p: e for p, e in chosen.items() if p != prime})
    result = prod(p**e for p, e in chosen.items())
    pen.think(
        "Prime factors show everything that the two numbers have in common.",
        "Let me break both numbers into primes and compare.",
    )
    pen.think(f"First ${a}$: dividing by small primes as long as it works gives ${_as_product(left)}$.")
    pen.think(f"Then ${b}$ in the same way: ${_as_product(right)}$.")
    pen.think(
        "A common divisor may use a prime only as often as both numbers have it. So for each shared "
        "prime I compare the exponents."
    )
    pen.think(f"What I keep is ${_as_product(chosen)}$, and that is ${result}$.")
    pen.check(
        gcd(a // result, b // result) == 1 if a % result == b % result == 0 else False,
        f"What is left of the numbers, ${a // result}$ and ${b // result}$, has no prime in common.",
    )
    pen.write(f"The prime factorisations are ${a} = {_as_product(left)}$ and ${b} = {_as_product(right)}$.")
    pen.write(f"For each prime that stands in both we take the exponent that both can afford: ${_as_product(chosen)}$.")
    pen.write(f"So the greatest common divisor is ${result}$.")
    return str(result)


def _ladder(pen: Pen, a: int, b: int) -> str:
    shared = [p for p, e in factorise(gcd(a, b)).items() for _ in range(e)]
    taken = pen.take(shared, shared[:-1])
    taken = pen.take(taken, [*taken, 2])
    result = prod(taken)
    pen.think(
        "I take common factors out of both numbers at once until nothing common is left.",
        "The ladder method: divide both by any prime that divides both, and write the primes at the side.",
    )
    x, y = a, b
    for prime in taken:
        if x % prime == 0 and y % prime == 0:
            pen.think(
                f"Both ${x}$ and ${y}$ can be divided by ${prime}$; that leaves ${x // prime}$ and ${y // prime}$."
            )
            x, y = x // prime, y // prime
    pen.think(f"At ${x}$ and ${y}$ I see no further prime that divides both, so the ladder ends here.")
    pen.think(f"At the side stand ${', '.join(map(str, taken)) or '1'}$. Their product is ${result}$.")
    pen.write(f"We divide ${a}$ and ${b}$ by common primes for as long as there is one.")
    pen.write(
        f"The primes taken out are ${', '.join(map(str, taken)) or '1'}$, and the numbers shrink to ${x}$ and ${y}$."
    )
    pen.write(f"The product of the primes taken out is the greatest common divisor: ${result}$.")
    return str(result)


def _divisors_given(n: int) -> Given | None:
    return {"n": n} if 12 <= n <= 20_000 else None


def _exponent_choices(pen: Pen, n: int) -> str:
    factors = factorise(n)
    choices = [e + 1 for e in factors.values()]
    choices[0] = pen.take(choices[0], choices[0] - 1)
    choices[-1] = pen.take(choices[-1], choices[-1] + 1)
    result = prod(choices)
    pen.think(
        "A divisor is made by choosing how often each prime goes in. So I count choices.",
        "Prime factorisation first; then every divisor is a choice of exponents.",
    )
    pen.think(f"${n} = {_as_product(factors)}$.")
    for (prime, exponent), count in zip(factors.items(), choices, strict=True):
        pen.think(
            f"The prime ${prime}$ may be used from $0$ up to ${exponent}$ times; I count ${count}$ possibilities."
        )
    pen.think(f"The choices are independent of each other, so I multiply: ${product(choices)} = {result}$.")
    pen.write(f"We have ${n} = {_as_product(factors)}$.")
    pen.write(
        "A positive divisor is fixed by the exponent of each of these primes, and the exponents can "
        "be chosen independently."
    )
    pen.write(f"The numbers of choices are ${', '.join(map(str, choices))}$, so there are ${result}$ divisors.")
    return str(result)


def _divisor_pairs(pen: Pen, n: int) -> str:
    small = [k for k in range(1, isqrt(n) + 1) if n % k == 0]
    listed = pen.take(small, small[1:])
    whole = isqrt(n) ** 2 == n
    result = 2 * len(listed) - int(pen.take(whole, not whole))
    pen.think(
        "Divisors come in pairs: if $k$ divides, so does its partner. It is enough to search up to the square root.",
        "I list the pairs. One member of each pair is at most the square root, so the search is short.",
    )
    pen.think(
        f"The square root of ${n}$ is between ${isqrt(n)}$ and ${isqrt(n) + 1}$, so I try the numbers "
        f"up to ${isqrt(n)}$."
    )
    pen.think("Pairs: " + "; ".join(f"${k} \\cdot {n // k}$" for k in listed) + ".")
    pen.think(
        f"That is ${len(listed)}$ pairs. A perfect square would have one pair of two equal numbers, "
        f"which counts only once."
    )
    pen.think(f"Counting the members I get ${result}$.")
    pen.write(
        f"The positive divisors of ${n}$ come in pairs with product ${n}$, and the smaller member is "
        f"at most $\\sqrt{{{n}}}$."
    )
    pen.write("The pairs are $" + ",\\ ".join(f"({k}, {n // k})" for k in listed) + "$.")
    pen.write(f"Counted without repetition these are ${result}$ divisors.")
    return str(result)


def _prime_by_prime(pen: Pen, n: int) -> str:
    divisors = [1]
    lengths = []
    factors = factorise(n)
    for index, (prime, exponent) in enumerate(factors.items()):
        powers = range(pen.take(exponent, exponent - 1) + 1) if index == len(factors) - 1 else range(exponent + 1)
        divisors = [d * prime**k for k in powers for d in divisors]
        lengths.append(len(divisors))
    result = pen.take(len(divisors), len(divisors) - 1)
    pen.think(
        "Build the list of divisors up, one prime after the other, and watch it grow.",
        "Start with the divisor $1$ and let in the primes one at a time.",
    )
    pen.think(f"In primes, ${n} = {_as_product(factors)}$.")
    size = 1
    for prime, length in zip(factors, lengths, strict=True):
        pen.think(
            f"Let in ${prime}$: each of the ${size}$ divisors so far goes with every allowed power of "
            f"${prime}$. Now there are ${length}$."
        )
        size = length
    pen.think(
        f"The few smallest in the list are ${', '.join(map(str, sorted(divisors)[:5]))}$. In total I count ${result}$."
    )
    pen.write(
        f"Starting from the single divisor $1$, we let in the primes of ${n} = "
        f"{_as_product(factors)}$ one after the other."
    )
    pen.write(f"The list of divisors grows to the lengths ${', '.join(map(str, lengths))}$.")
    pen.write(f"No divisor is counted twice, since prime factorisations are unique. So there are ${result}$.")
    return str(result)


def _power_given(a: int, n: int, m: int) -> Given | None:
    return {"a": a, "n": n, "m": m} if a >= 2 and 4 <= n <= 10**6 and 3 <= m <= 500 else None


def _cycle(pen: Pen, a: int, n: int, m: int) -> str | None:
    powers = [a % m]
    while powers[-1] != 1 and len(powers) <= 20:
        powers.append(powers[-1] * a % m)
    if powers[-1] != 1 or len(powers) < 2:
        return None
    length = len(powers)
    place = pen.take(n % length, (n + 1) % length)
    result = powers[place - 1]
    result = pen.take(result, powers[(n // length) % length - 1])
    pen.think(
        "Remainders of powers must repeat sooner or later. Let me look for the cycle.",
        f"I compute the first few powers modulo ${m}$ and wait until $1$ comes up.",
    )
    pen.think(f"Modulo ${m}$ the powers of ${a}$ are " + ", ".join(f"${value}$" for value in powers) + ".")
    pen.think(f"The last one is $1$, so from there on it starts again. The cycle has length ${length}$.")
    pen.think(
        f"Where in the cycle is the exponent ${n}$? Dividing it by ${length}$, I find the remainder ${place}$"
        + (", the end of a cycle." if place == 0 else ".")
    )
    pen.think(f"The value there is ${result}$.")
    pen.write(
        f"The powers of ${a}$ modulo ${m}$ are ${', '.join(map(str, powers))}$, and then they repeat "
        f"with period ${length}$."
    )
    pen.write(f"The exponent leaves the remainder ${place}$: ${n} \\equiv {place} \\pmod{{{length}}}$.")
    pen.write(f"So ${a}^{{{n}}} \\equiv {result} \\pmod{{{m}}}$.")
    return str(result)


def _square_and_multiply(pen: Pen, a: int, n: int, m: int) -> str:
    bits = bin(n)[2:]
    used = pen.take(bits, bits[:-1] + ("0" if bits[-1] == "1" else "1"))
    squares = [a % m]
    for _ in bits[1:]:
        squares.append(squares[-1] ** 2 % m)
    chosen = [k for k, bit in enumerate(reversed(used)) if bit == "1"]
    chosen = pen.take(chosen, chosen[1:])
    result = prod(squares[k] for k in chosen) % m
    chain = ", ".join(f"{a}^{{{2**k}}} \\equiv {value}" for k, value in enumerate(squares))
    pen.think(
        "Square and multiply: powers with exponents $1, 2, 4, 8, \\ldots$ are cheap, and the "
        "exponent is a sum of those.",
        "I write the exponent in binary and only ever square.",
    )
    pen.think(
        f"In binary the exponent ${n}$ is ${used}$, so I need the powers with exponents "
        + ", ".join(f"${2**k}$" for k in chosen)
        + "."
    )
    pen.think(f"Repeated squaring modulo ${m}$: ${chain}$.")
    pen.think(f"Multiply the needed ones, ${product(squares[k] for k in chosen)}$, and reduce modulo ${m}$.")
    pen.think(f"The remainder that comes out is ${result}$.")
    pen.write(f"Repeated squaring modulo ${m}$ gives ${chain}$.")
    pen.write(f"The exponent is the sum of ${', '.join(str(2**k) for k in chosen) or '0'}$.")
    pen.write(f"The product of these powers leaves the remainder ${result}$ modulo ${m}$.")
    return str(result)


def _euler(pen: Pen, a: int, n: int, m: int) -> str | None:
    phi = m
    for prime in factorise(m):
        phi = phi // prime * (prime - 1)
    if gcd(a, m) != 1 or not 0 < n % phi <= 25 or n < phi:
        return None
    exponent = pen.take(n % phi, n % (phi + 1))
    powers = [a % m]
    while len(powers) < exponent:
        powers.append(powers[-1] * a % m)
    result = powers[-1] if exponent else 1
    result = pen.take(result, result * a % m)
    pen.think(
        f"${a}$ and ${m}$ have no common factor, so Euler's theorem helps.",
        f"The number ${a}$ is invertible modulo ${m}$. So exponents only matter modulo $\\varphi({m})$.",
    )
    pen.think(
        f"From ${m} = {_as_product(factorise(m))}$ I get $\\varphi({m}) = {phi}$, hence "
        f"${a}^{{{phi}}} \\equiv 1 \\pmod{{{m}}}$."
    )
    pen.think(f"Take as many multiples of ${phi}$ as possible out of ${n}$. The exponent that remains is ${exponent}$.")
    pen.think(
        f"Now only the small power ${a}^{{{exponent}}}$ is left. Step by step: "
        + ", ".join(f"${value}$" for value in powers)
        + "."
    )
    pen.think(f"So the remainder is ${result}$.")
    pen.write(
        f"Since $\\gcd({a}, {m}) = 1$ and $\\varphi({m}) = {phi}$, Euler's theorem gives "
        f"${a}^{{{phi}}} \\equiv 1 \\pmod{{{m}}}$."
    )
    pen.write(f"Reducing the exponent, ${a}^{{{n}}} \\equiv {a}^{{{exponent}}} \\pmod{{{m}}}$.")
    pen.write(f"Multiplying step by step, the remainder is ${result}$.")
    return str(result)


GCD = Kind(
    name="greatest common divisor",
    topic="number theory",
    phrasings=(
        "Find the greatest common divisor of {a} and {b}.",
        "A gardener cuts two ropes of {a} and {b} centimetres into pieces that are all equally long, "
        "and nothing is left over. How many centimetres can a piece have at most?",
        "What is the largest integer that divides both {a} and {b} without remainder?",
        r"Determine \gcd({a}, {b}).",
    ),
    derive=_gcd_given,
    methods=(_euclid, _shared_primes, _ladder),
)
DIVISORS = Kind(
    name="number of divisors",
    topic="number theory",
    phrasings=(
        "How many positive divisors does {n} have?",
        "In how many ways can {n} tiles be laid out as a full rectangle, if width and height may be told apart?",
        "Determine the number of positive integers that divide {n}.",
    ),
    derive=_divisors_given,
    methods=(_exponent_choices, _divisor_pairs, _prime_by_prime),
)
POWER = Kind(
    name="remainder of a power",
    topic="modular arithmetic",
    phrasings=(
        "Find the remainder when {a}^{n} is divided by {m}.",
        "Find the remainder when {a}^{{n}} is divided by {m}.",
        "What does {a}^{{n}} leave as a remainder after division by {m}?",
        "Calculate the smallest non-negative integer that is congruent to {a}^{{n}} modulo {m}.",
        "A clock face has {m} marks, numbered from 0. A hand starts at mark 0 and moves {a}^{{n}} "
        "marks on. At which mark does it stop?",
    ),
    derive=_power_given,
    methods=(_cycle, _square_and_multiply, _euler),
)
KINDS = (GCD, DIVISORS, POWER)
