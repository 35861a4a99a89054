"""The dataset's card: what is in it, where it comes from, what was left out and why, and what it can't promise.

It holds no time, no cost, no path and no address, so that equal completions give an equal card wherever they were made.
"""

import re
from collections import Counter
from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, StrictUndefined

from datagen import __version__
from datagen.audit.finding import Audit
from datagen.degenerate import FAULTS
from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.funnel import funnel, together
from datagen.publish.card.citations import has_work, terms_of, works_to_cite
from datagen.publish.card.comparison import MEANINGS, compared, told
from datagen.publish.card.figures import judged, kept_out, measure, summaries, suspects, used_prompts
from datagen.publish.card.front_matter import front_matter
from datagen.publish.card.published_recipe import tokenizer_name
from datagen.recipe import FormatName
from datagen.recipe_teachers import DemoTeacher, RecordedTeacher
from datagen.stage import Run
from datagen.tables import Split
from datagen.teachers.vllm.located import is_bundled
from datagen.unbuilt import LIMITS_OF_THIS_VERSION
from datagen.verify.equivalence import VERIFIER_VERSION

_CODE_OR_TAG = re.compile(r"`[^`]*`|<[^<>\s]+>")


def render_card(
    run: Run, rows: Counter[Split], formats: Sequence[FormatName], tokenizer: ExampleTokenizer, audit: Audit
) -> str:
    """The text of the dataset's README.md.

    Args:
        run: the run, whose tables stand.
        rows: examples by split.
        formats: the dataset's formats, the default first.
        tokenizer: the recipe's tokenizer.
        audit: of what was written.
    """
    recipe = run.recipe
    figures = measure(run)
    sources = funnel(run.workspace)
    inputs = {label: run.inputs[f"source {label}"] for label in sources}
    cited = [inputs[label].dataset for label, source in sources.items() if source.examples]
    selected = run.workspace.record()["stages"]["select"]["counts"]
    recorded = {teacher.name for teacher in recipe.teachers if isinstance(teacher, RecordedTeacher)}
    template = resources.files("datagen.publish.card").joinpath("card.md.j2").read_text(encoding="utf-8")
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters |= {"n": "{:,}".format, "tags_as_code": _tags_as_code}
    return environment.from_string(template).render(
        front=front_matter(recipe, rows, formats, figures.licences),
        recipe=recipe,
        version=__version__,
        verifier=VERIFIER_VERSION,
        rows=rows,
        figures=figures,
        sources=sources,
        inputs=inputs,
        licences={label: [one for one, labels in figures.licences.items() if label in labels] for label in sources},
        reasons=together(sources.values()).dropped,
        selected=selected,
        quoting=sum(selected["benchmark_quotes"].values()),
        degenerate=[(FAULTS[name], number) for name, number in selected["degenerate"].items()],
        audit=audit,
        compared=compared(audit),
        told=told(audit),
        meanings=MEANINGS,
        kept_out=kept_out(run),
        prompts=used_prompts(recipe),
        judge=judged(run, figures),
        summaries=summaries(run, figures),
        suspects=suspects(run),
        formats=[FORMATS[name] for name in formats],
        warnings={name: FORMATS[name].warnings(tokenizer) for name in formats},
        terms={writer: terms_of(writer.model, writer.teacher in recorded) for writer in figures.writers},
        works=works_to_cite(cited, [writer.model for writer in figures.writers]),
        uncited=[label for label, source in sources.items() if source.examples and not has_work(inputs[label].dataset)],
        demo=any(isinstance(teacher, DemoTeacher) for teacher in recipe.teachers),
        tiny=sorted({writer.model for writer in figures.writers if is_bundled(writer.model)}),
        tokenizer=tokenizer_name(recipe),
        tokenizer_fingerprint=tokenizer.fingerprint[:12],
        limits=LIMITS_OF_THIS_VERSION,
    )


def _tags_as_code(text: str) -> str:
    """A text whose `<tags>` are shown, and not taken for HTML."""
    return _CODE_OR_TAG.sub(lambda found: found[0] if found[0].startswith("`") else f"`{found[0]}`", text)
