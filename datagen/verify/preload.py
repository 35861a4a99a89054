"""What the server of verification workers loads before it forks: math-verify with sympy, warmed up, nothing heavier."""

import logging

from datagen.verify.equivalence import compare
from datagen.verify.pair import Pair

# math-verify warns at each call that its own timeout is off: the workers' limits take its place.
logging.getLogger("math_verify").setLevel(logging.CRITICAL)
compare(Pair("\\frac{1}{2}", "x+0.5"))
