"""The quickstart's own problems: their answers, their oddities, and what the demo teacher makes of them."""

import json
import re
from collections import Counter
from importlib import resources

import pytest
from math_verify import parse, verify

from datagen.teachers.demo.kinds import recognise
from datagen.teachers.demo.solver import solve, work_out
from datagen.texts import problem_id
from tests.teachers.test_demo_solver import CASES, boxed, same

FOLDER = resources.files("datagen.recipes") / "quickstart"
COLUMNS = {
    "open_r1": (
        "problem solution answer problem_type question_type source uuid is_reasoning_complete generations "
        "correctness_math_verify correctness_llama finish_reasons correctness_count messages"
    ),
    "deepmath": "question final_answer difficulty topic r1_solution_1 r1_solution_2 r1_solution_3",
    "s1k": (
        "solution question cot_type source_type metadata gemini_thinking_trajectory gemini_attempt "
        "deepseek_thinking_trajectory deepseek_attempt gemini_grade gemini_grade_reason deepseek_grade "
        "deepseek_grade_reason"
    ),
    "limo": "question solution answer",
    "exam": "problem answer",
}
