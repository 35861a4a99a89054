"""Every fault that is planted is found, for what it is and where it is, and none is invented."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.audit.auditing import audit
from datagen.audit.example import AuditedExample
from datagen.audit.finding import FINDINGS, Audit
from datagen.verify.solution import LIMITS
from datagen.verify.verifier import Verifier
from tests.audit.plants import EXAM, Plant, plants
from tests.audit.worlds import clean_examples

PLANTS = list(plants())
CLEAN = clean_examples(len(PLANTS) + 20)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(LIMITS, workers=1) as one:
        yield one


def audited(examples: Sequence[AuditedExample], verifier: Verifier) -> Audit:
    return audit(examples, "made", benchmarks=[EXAM], verifier=verifier, processes=1)


def planted(example: AuditedExample, plant: Plant) -> list[AuditedExample]:
    """The example with the fault, and the copy that makes it one where it takes two."""
    first = replace(plant.change(example), id=f"{example.id} {plant.name}")
    if plant.copies is None:
        return [first]
    return [replace(first, id=f"original of {plant.name}"), replace(plant.copies(example), id=first.id)]


def test_clean_examples_have_no_fault(verifier: Verifier) -> None:
    found = audited(CLEAN, verifier)
    assert {finding.name: finding.count for finding in found.findings} == dict.fromkeys(FINDINGS, 0)
    assert found.broken_promises == ()
    assert not found.not_measured


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_fault_is_found_where_it_is_and_nothing_else(plant: Plant, verifier: Verifier) -> None:
    for host in (CLEAN[0], CLEAN[1]):
        *originals, faulty = planted(host, plant)
        found = audited([CLEAN[2], *originals, CLEAN[3], faulty, CLEAN[4]], verifier)
        assert {finding.name: finding.count for finding in found.findings if finding.count} == dict(plant.expected)
        named = {finding.name: finding.ids for finding in found.findings if finding.ids}
        assert named == dict.fromkeys(plant.expected, (faulty.id,))
        assert all(finding.details[0] for finding in found.findings if finding.count)
        assert not plant.part or plant.part in {part for finding in found.findings for part in finding.parts}


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_faults_in_any_mixture_are_all_found(seed: int, verifier: Verifier) -> None:
    draw = random.Random(seed)
    chosen = draw.sample(PLANTS, 14)
    hosts = draw.sample(CLEAN, len(chosen) + 6)
    expected = Counter()
    examples = list(hosts[len(chosen) :])
    for plant, host in zip(chosen, hosts, strict=False):
        examples += planted(host, plant)
        expected.update(plant.expected)
    found = audited(examples, verifier)
    assert {finding.name: finding.count for finding in found.findings if finding.count} == dict(expected)


def test_every_finding_is_planted() -> None:
    assert {name for plant in PLANTS for name in plant.expected} == set(FINDINGS)
