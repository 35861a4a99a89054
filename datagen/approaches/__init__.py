"""How far apart two paths of a problem are by the mathematics they do, and when they are one path.

What a path calculates counts: the numbers it reaches, the formulas it writes, in one spelling each. What all paths of a
problem share does not (its own numbers and formulas, the final answer), and neither does any wording. docs/paths.md
shows where real pairs lie.
"""

from datagen.approaches.approach import Approach, approach_of, distance, mean_distance
from datagen.approaches.sameness import SAME_PATH_VERSION, ReadPath, is_same_path, read_path

__all__ = [
    "SAME_PATH_VERSION",
    "Approach",
    "ReadPath",
    "approach_of",
    "distance",
    "is_same_path",
    "mean_distance",
    "read_path",
]
