"""Train the bundled tokenizer: `python -m datagen.formats.train_bundled [--to FOLDER] [CORPUS_FILES…]`.

A small byte-level BPE, so that the quickstart needs no network. It learns from school-maths prose that this module
makes up from its own words, and from the files given; no outside text goes in. The same words give the same bytes, and
the files in `bundled/` are what the module makes by itself.
"""

import argparse
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from datagen.formats.rendering import INSTRUCTION, SUMMARY_PREFIX
from datagen.formats.tokenizer_files import BUNDLED

VOCABULARY = 4096
BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"

_SPECIAL = (EOS, "<｜User｜>", "<｜Assistant｜>", BOS)
_PLAIN = ("<think>", "</think>")  # kept by a decoder that leaves special tokens out
_PARAGRAPHS = 600

_CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{% endif %}"
    "{% if message['role'] == 'assistant' %}{{ '<｜Assistant｜>' + message['content'] + eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>' }}{% endif %}"
)

_THINGS = """
    abacus absolute acceleration account addition age algorithm altitude amount angle answer apple approach
    approximation arc area argument arithmetic array arrangement assumption average axis bag ball balance bank base
    basis basket bicycle binomial bisector block board boat book bottle boundary bound box boy branch brick bridge
    bucket bus cake calculation calculator calendar candle candy car card case cell centimetre centre century chain
    chair chance change chart check child choice chord circle circumference circumcircle class clock coefficient coin
    collection colour column combination committee comparison complement computation conclusion condition cone
    congruence conjecture constant constraint construction contradiction coordinate corner cosine cost count counter
    course cover cube curve cycle cylinder daughter day decimal definition degree denominator density depth derivative
    determinant diagonal diagram diameter dice difference digit dimension direction discount discriminant distance
    distribution dividend division divisor dollar dozen edge element ellipse ending equality equation error estimate
    event example expansion expectation experiment exponent expression face fact factor factorial factorisation family
    farmer father field figure flower foot force form formula fraction friend fruit function game garden girl glass
    gradient gram graph grid ground group guess half height hexagon hint hour house hundred hyperbola hypotenuse
    hypothesis idea identity image incircle inch increase induction inequality infinity inner input insight instance
    integer integral intercept interest intersection interval inverse isosceles item key kilogram kilometre ladder lamp
    law leaf lemma length letter level limit line list litre logarithm lot machine magnitude map marble mark mass
    matrix maximum mean measure median member method metre midpoint mile million minimum minute mistake mixture mode
    model modulus money month mother motion multiple multiplication multiplier nature neighbour notation note number
    numerator object observation octagon odd operation operator opposite option order origin outcome output page pair
    parabola parallel parallelogram parameter parity part partition path pattern pen pencil pentagon people percent
    percentage perimeter period permutation perpendicular person piece place plan plane plant plate player point
    polygon polynomial population position possibility power price prime principle prism probability problem procedure
    process product profit progression proof property proportion pupil pyramid quadrant quadratic quadrilateral
    quantity quarter question quotient radian radical radius rain range rate ratio reading reason rectangle recurrence
    reduction reflection region relation remainder representation result rhombus ribbon right river road root rope
    rotation row rule sale sample scale school score second section sector segment semicircle sequence series set shape
    sheet shop side sign similarity simplification sine size slope solution son space speed sphere square stage
    statement step stone store straight strategy string student substitution subset subtraction sum surface symbol
    symmetry system table tail tangent target task teacher team temperature term test tetrahedron theorem theory
    thousand ticket tile time total tower town train transformation translation trapezoid tree trial triangle
    trigonometry trip truth turn unit value variable variance vector velocity verification vertex volume walk wall
    water way week weight wheel whole width window word work worker yard year zero
"""
_DOINGS = """
    add apply arrange assume average balance bound calculate cancel check choose collect combine compare compute
    conclude confirm consider construct contain convert correspond count cover cross deduce define denote derive
    determine differentiate divide double draw drop eliminate equal establish estimate evaluate examine exceed expand
    express extend extract factor fill find finish fix follow form gather give group guess halve happen hold imply
    improve include increase insert integrate intersect invert join keep label lead leave list look match maximise
    mean measure minimise move multiply need notice number observe obtain occur pair pass perform pick place plot
    prove pull put reach read rearrange recall recheck reduce reflect remain remember remove repeat replace represent
    require reverse rewrite rotate round satisfy select separate share shift show simplify solve sort split square
    start state subtract suffice suggest suppose swap take test translate travel treat try turn use vary verify visit
    wait walk want wonder work write
"""
_QUALITIES = """
    absolute acute adjacent alternate arbitrary bigger careful central certain clear common complete complex composite
    congruent consecutive consistent constant continuous convenient convex correct cubic decimal decreasing different
    direct distinct divisible double easy empty entire equal equilateral equivalent even exact external false final
    finite fixed following fourth general geometric given greater greatest harmonic horizontal identical imaginary
    impossible increasing independent inductive inner integral internal invalid invertible irrational large largest
    least linear local long lower main maximal mean minimal missing mixed modular monotone mutual natural necessary
    negative new next nonzero normal obtuse obvious odd opposite ordered ordinary original outer parallel partial
    perfect periodic perpendicular positive possible previous primitive proper quadratic random rational real recursive
    regular relative relevant remaining repeated required right scalene second sharp short similar simple single small
    smaller smallest special square standard straight strict sufficient suitable symmetric third total trivial true
    uniform unique unit unknown upper useful usual valid vertical whole wrong
"""
_LITTLE = """
    a about above across after again all almost along already also although always among an and another any are as at
    away back be because been before being below between both but by can cannot could did do does done down each either
    else enough ever every few first for from further had half has have he hence her here him his how however if in
    indeed instead into is it its itself just last later less let many may maybe me might more most much must my
    neither never no none nor not nothing now of off often on once one only or other others otherwise our out over own
    per perhaps quite rather really same she should since so some something still such than that the their them then
    there therefore these they this those through thus to together too toward twice two under unless until up upon us
    very was we well were what when where whether which while who whose why will with within without would yes yet you
    your actually alternatively carefully clearly directly easily exactly finally fortunately generally hmm immediately
    nearly next obviously okay precisely similarly simply specifically suddenly surely three four five six seven eight
    nine ten eleven twelve twenty thirty forty fifty hundred thousand Anna Ben Clara David Emma Felix George Hannah Ivan
    Julia Karim Lena Maria Nadia Oscar Paula Robert Sofia Thomas Victor
"""
_COMMANDS = r"""
    \frac{1}{2} \dfrac{3}{4} \sqrt{2} \sqrt[3]{x} \boxed{42} \cdot \times \div \pm \le \leq \ge \geq \ne \neq \approx
    \equiv \pmod{7} \bmod \in \notin \subset \cup \cap \emptyset \infty \pi \theta \alpha \beta \gamma \lambda \sin
    \cos \tan \log \ln \exp \lim \sum_{k=1}^{n} \prod_{i=1}^{n} \int_{0}^{1} \binom{n}{k} \left( \right) \left[ \right]
    \lfloor \rfloor \lceil \rceil \angle \triangle \circ \perp \parallel \sim \cong \overline{AB} \text{and} \mathbb{R}
    \mathrm{cm} \quad \qquad \ldots \cdots \to \implies \Rightarrow \begin{aligned} \end{aligned} \begin{cases}
    \end{cases} \begin{pmatrix} \end{pmatrix} \[ \] \( \) $ $$ x^2 x^{2} y_1 a_n a_{n+1} f(x) g(x) (x-1)(x+1) x = y
    2x+3y=12 n! |x| A = B \\ & % ** --- - * 1. 2. 3.
"""
_FRAMES = (
    "<little> the <thing> of the <quality> <thing> is <number>, <little> we <doing> it <little> <doing> the <things>.",
    "<Doing> the <quality> <things>: <number> <command> <number> = <number>.",
    "<Little>, <little> <little> <thing>, <little> <does> <little> <quality> <thing> <little> <number> <things>?",
    "What is the <quality> <thing> of <number> <things> <little> <little> <thing> <done> <number> <things>?",
    "Let $x$ be the <thing>. <Doing> $<command> = <number>$, so <little> $<command>$ <command> <quality> <thing>.",
    "Wait, <little> I <done> the <thing> <little>; <doing> it <little>: <command> <command> <number>.",
    "Step <number>: <doing> each <thing> by <number>. <Doing> that the <things> are <quality>.\n",
    "So the answer is \\boxed{<number>}.\n\n",
    "<Little> <little> <done> <number> <things> <little> <little> <does> <number> <quality> <things>; <little>.",
    "By <going> the <thing>, <little> is <smoothly> <done>, <command> <command> <command>.\n",
    "(<little> $<command>$) <Thing> <number>: the <things> are <quality>, <going> <little>.\n\n",
)
_SLOT = re.compile(r"<(\w+)>")


def school_maths() -> Iterator[str]:
    """Paragraphs in the manner of school maths, made up from this module's words, and what every example says."""
    draw = random.Random(0)
    things, doings, little = _THINGS.split(), _DOINGS.split(), _LITTLE.split()
    words = {
        "thing": things,
        "Thing": [word.capitalize() for word in things],
        "things": [re.sub(r"y$", "ie", word) + "s" for word in things],
        "doing": doings,
        "Doing": [word.capitalize() for word in doings],
        "does": [re.sub(r"y$", "ie", word) + "s" for word in doings],
        "done": [word.removesuffix("e") + "ed" for word in doings],
        "going": [word.removesuffix("e") + "ing" for word in doings],
        "quality": _QUALITIES.split(),
        "smoothly": [word + "ly" for word in _QUALITIES.split()],
        "little": little,
        "Little": [word.capitalize() for word in little],
        "command": _COMMANDS.split(),
        "number": [str(draw.randrange(10**digits)) for digits in range(1, 5) for _ in range(50)],
    }
    for _ in range(_PARAGRAPHS):
        frames = " ".join(draw.choices(_FRAMES, k=20))
        yield _SLOT.sub(lambda slot: draw.choice(words[slot[1]]), frames)
        yield f"{INSTRUCTION} {SUMMARY_PREFIX}"


def train(texts: Iterable[str]) -> Tokenizer:
    """A byte-level BPE over single digits and words, with the structure of the DeepSeek-R1 family as added tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    # Added after training, so that they have no place in the vocabulary of texts.
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in _PLAIN])
    return tokenizer


def write(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json."""
    config = {
        "bos_token": BOS,
        "chat_template": _CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": EOS,
        "model_max_length": 32768,
        "pad_token": EOS,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n", "utf-8")
    text = json.dumps(config, ensure_ascii=False, indent=2)
    (folder / "tokenizer_config.json").write_text(text + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the bundled tokenizer.")
    parser.add_argument("corpus", nargs="*", type=Path, help="further text files to learn from")
    parser.add_argument("--to", type=Path, default=BUNDLED, help="where to write (default: the package's own)")
    options = parser.parse_args(arguments)
    texts = [*school_maths(), *(file.read_text("utf-8") for file in options.corpus)]
    write(train(texts), options.to)


if __name__ == "__main__":
    main()
