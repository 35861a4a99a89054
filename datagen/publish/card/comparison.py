"""The audit on the card, beside what a user found in the dataset that the method's authors published.

The other dataset's figures are of an independent audit of parathinker-math-6K. Only those stand beside ours that count
the same; what is counted otherwise says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from datagen.audit.finding import FINDINGS, Audit, Finding, FindingName

PUBLISHED = "parathinker-math-6K"
"""What the other dataset is called."""

MEANINGS: dict[FindingName, str] = {
    "broken_form": "examples that the format's trainer would stumble over",
    "fewer_than_two_paths": "examples with fewer than two paths",
    "more_than_six_paths": "examples with more than six paths",
    "unfinished_paths": "paths cut in the middle",
    "paths_without_answer": "paths without an answer",
    "paths_against_summary": "paths whose answer is not the summary's",
    "without_two_agreeing_paths": "examples without two finished paths whose answer equals the summary's",
    "summary_against_reference": "summaries that close with another answer than the reference",
    "same_paths": "paths that say the same as another one",
    "nearly_same_paths": "paths that do the same as another one",
    "duplicate_problems": "examples whose problem stands there twice",
    "near_duplicate_problems": "examples whose problem stands there in other words, too",
    "benchmark_overlap": "examples that hold or quote a benchmark's problem",
    "structure_in_text": "texts that hold a control token",
    "over_token_limit": "examples over the token limit",
    "degenerate_paths": "paths that go round in circles or are degenerate otherwise",
    "without_licence": "examples without a licence",
    "without_provenance": "examples that do not say where they come from",
}
"""What each finding counts."""

_THEIRS: dict[FindingName, str] = {
    "without_two_agreeing_paths": "2,559 of 5,949 (43%)",
    "unfinished_paths": "about 40%",
    "benchmark_overlap": "1,204 of 5,949 (20%) \N{DAGGER}",
    "without_licence": "all",
    "without_provenance": "all",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of both datasets, in words."""

    what: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the audit found beside the figures that are compared.

    Attributes:
        found: findings with a count above nought.
        clean: what was looked for and not found, in words.
        not_measured: what could not be looked for, in words, and why.
    """

    found: Sequence[Finding]
    clean: Sequence[str]
    not_measured: Sequence[tuple[str, str]]


def compared(audit: Audit) -> list[Row]:
    """The figures that both datasets have."""
    findings = {finding.name: finding for finding in audit.findings}
    rows = [Row("examples", f"{sum(audit.examples.values()):,}", "5,949"), Row("readable text", "yes", "no")]
    return rows + [Row(MEANINGS[name], _figure(findings.get(name)), theirs) for name, theirs in _THEIRS.items()]


def told(audit: Audit) -> Told:
    """What else there is to tell."""
    return Told(
        found=[finding for finding in audit.findings if finding.count],
        clean=[MEANINGS[one.name] for one in audit.findings if not one.count and one.name not in _THEIRS],
        not_measured=[(MEANINGS[name], audit.not_measured[name]) for name in FINDINGS if name in audit.not_measured],
    )


def _figure(finding: Finding | None) -> str:
    if finding is None:
        return "not measured"
    share = f" ({finding.share:.1%})" if finding.count else ""
    return f"{finding.count:,} of {finding.of:,}{share}"
