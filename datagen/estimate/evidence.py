"""What an earlier run tells: how many rows survived, how often and at what length its teachers solved them, how fast.

Everything is read from the run's tables, which it leaves alone; texts stream by, only numbers are kept. Teachers are
known by their models, so that a run with other names for them counts too.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from datagen.errors import UsageError
from datagen.estimate.simulation import Specimen
from datagen.funnel import funnel
from datagen.path_rule import PathRule
from datagen.recipe import Recipe
from datagen.recipe_teachers import RecordedTeacher
from datagen.sampling.following import Told
from datagen.spending.ledger import SUMMED, AccountSum, Ledger, kept_journal, ledger_of
from datagen.tables import SCREENED, SOLUTIONS, VERDICTS, Problem, Solution, Verdict
from datagen.teachers.prompting import load_prompt
from datagen.texts import digest
from datagen.verify.judge import PROMPT, judging_teacher
from datagen.workspace import Workspace, completions_of

_MOST_PROBLEMS = 2000
"""Problems that are looked at, drawn by a hash of their id; more would not narrow the range."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run tells.

    Attributes:
        folder: the run's.
        recipe: its recipe.
        rows: rows pulled and problems that passed screening, by source.
        specimens: the problems looked at, by source.
        repeats: further correct answers that say what an earlier one says, of all further correct answers.
        seconds: of one completion in the mean, by teacher.
        judge: completions of the judge for each problem, and their prompt and completion tokens in the mean.
        summary: prompt and completion tokens of one summary by a teacher in the mean; None when it asked for none.
        ledger: what it spent.
    """

    folder: Path
    recipe: Recipe
    rows: Mapping[str, tuple[int, int]]
    specimens: Mapping[str, Sequence[Specimen]]
    repeats: tuple[int, int]
    seconds: Mapping[str, float]
    judge: tuple[float, float, float] | None
    summary: tuple[float, float] | None
    ledger: Ledger

    @property
    def problems(self) -> int:
        """How many were looked at."""
        return sum(map(len, self.specimens.values()))


def tells_something(folder: Path) -> bool:
    """Whether there is a run in a folder that got far enough: its solutions have verdicts."""
    stages = Workspace(folder).record().get("stages", {}) if (folder / "run.json").is_file() else {}
    return "sample" in stages and "verify" in stages


def read_evidence(folder: Path, recipe: Recipe) -> Evidence:
    """Look at a run.

    Args:
        folder: its folder.
        recipe: the recipe that is to be estimated; its teachers name what is found.

    Raises:
        UsageError: the run has no verdicts yet, or its recipe can't be read.
    """
    if not tells_something(folder):
        raise UsageError(
            f"{folder}: this run has no verdicts yet, so there is nothing to go by; build it `--until sample`"
        )
    workspace = Workspace(folder)
    ledger, earlier = ledger_of(workspace)
    if earlier is None:
        raise UsageError(f"{folder / 'recipe.yaml'}: can't be read by this version; estimate from another run")
    names = {teacher.model: teacher.name for teacher in recipe.paid_teachers}
    carried = [teacher.name for teacher in earlier.teachers if isinstance(teacher, RecordedTeacher)]
    specimens: defaultdict[str, list[Specimen]] = defaultdict(list)
    repeats: Counter[bool] = Counter()
    for problem, solutions, verdicts in _drawn(workspace):
        specimens[problem.source].append(_specimen(recipe, carried, names, problem, solutions, verdicts, repeats))
    rows = {source: (one.pulled, one.screened) for source, one in funnel(workspace).items()}
    return Evidence(
        folder=folder,
        recipe=earlier,
        rows=rows,
        specimens=specimens,
        repeats=(repeats[True], repeats.total()),
        seconds=_seconds(workspace, earlier, names),
        judge=_judge(workspace, earlier, sum(screened for _, screened in rows.values())),
        summary=_summary(workspace),
        ledger=ledger,
    )


def _drawn(workspace: Workspace) -> Iterator[tuple[Problem, list[Solution], list[Verdict]]]:
    """Problems with their solutions and verdicts; a problem without any solution comes too."""
    rows = sum(one.screened for one in funnel(workspace).values())
    most = int(16**8 * min(1.0, _MOST_PROBLEMS / max(rows, 1)))
    judged = zip(workspace.read(SOLUTIONS), workspace.read(VERDICTS), strict=True)
    groups = groupby(judged, key=lambda pair: pair[0].problem_id)
    ahead = next(groups, None)
    for problem in workspace.read(SCREENED):
        pairs = []
        if ahead is not None and ahead[0] == problem.id:
            pairs = list(ahead[1])
            ahead = next(groups, None)
        if int(digest("evidence", problem.id)[:8], 16) < most:
            yield problem, [solution for solution, _ in pairs], [verdict for _, verdict in pairs]


def _specimen(
    recipe: Recipe,
    carried: Collection[str],
    names: Mapping[str, str],
    problem: Problem,
    solutions: Sequence[Solution],
    verdicts: Sequence[Verdict],
    repeats: Counter[bool],
) -> Specimen:
    told = Told(problem, PathRule(recipe.paths.text))  # quotes are too rare to count, and benchmarks may lie elsewhere
    recorded: set[str] = set()
    known: set[str] = set()
    tried: defaultdict[str, list[bool]] = defaultdict(list)
    tokens: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for solution, verdict in zip(solutions, verdicts, strict=True):
        path = told.outcome(solution, verdict).path
        if solution.teacher in carried:
            if path is not None and recipe.uses_recorded:
                recorded.add(path)
        elif solution.model in names:
            name = names[solution.model]
            tried[name].append(path is not None)
            tokens[name].append((solution.prompt_tokens or 0, solution.completion_tokens or 0))
            if path is not None and known:
                repeats[path in known] += 1
        if path is not None:
            known.add(path)
    return Specimen(
        recorded=len(recorded),
        tried={name: (sum(right), len(right)) for name, right in tried.items()},
        tokens={name: _means(used) for name, used in tokens.items()},
    )


def _means(used: Sequence[tuple[int, int]]) -> tuple[float, float]:
    prompts, written = zip(*used, strict=True)
    return sum(prompts) / len(used), sum(written) / len(used)


def _seconds(workspace: Workspace, earlier: Recipe, names: Mapping[str, str]) -> dict[str, float]:
    pace = workspace.record().get("pace", {})
    seconds = {}
    for teacher in earlier.paid_teachers:
        one = pace.get(teacher.name)
        if teacher.model in names and one and one["answered"]:
            seconds[names[teacher.model]] = one["seconds"] / one["answered"]
    return seconds


def _judge(workspace: Workspace, earlier: Recipe, problems: int) -> tuple[float, float, float] | None:
    teacher = judging_teacher(earlier)
    if teacher is None or not problems:
        return None
    prompt = load_prompt(PROMPT, teacher.model).sha256
    judged = AccountSum()
    with kept_journal(completions_of(workspace.folder)) as journal:
        for record in journal.records(("prompt", *SUMMED)) if journal is not None else ():
            if record.get("prompt") == prompt:
                judged.add(record)
    account = judged.account()
    asked = max(account.completions, 1)
    return account.completions / problems, account.prompt_tokens / asked, account.completion_tokens / asked


def _summary(workspace: Workspace) -> tuple[float, float] | None:
    counts = workspace.record().get("stages", {}).get("select", {}).get("counts", {})
    accounts = list(counts.get("summary_cost", {}).values())
    completions = sum(account["completions"] for account in accounts)
    if not completions:
        return None
    prompts, written = (sum(one[name] for one in accounts) for name in ("prompt_tokens", "completion_tokens"))
    return prompts / completions, written / completions
