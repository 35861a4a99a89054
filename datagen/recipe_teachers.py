"""The recipe's teachers: every setting of each kind, typed, with its default."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from datagen.engine_args import refused
from datagen.section import Auto, Section

SeedPolicy = Literal["none", "per_request"]
FamilyName = Literal["plain", "openai_reasoning", "claude_4", "claude_5", "gemini", "mistral", "deepseek"]
"""What sets endpoints apart; `datagen/teachers/families.py` says how. `auto` goes by model name and host."""

DEMO_MODEL = "datagen-demo-teacher"
"""What the demo teacher calls itself; names that begin so are its own, too."""
BATCH_CONCURRENCY = 20_000
"""Requests that `openai_batch` has out at once unless told otherwise; its size is no part of its wait."""


class Price(Section):
    """USD per million tokens, as the provider lists it; what a batch saves is taken off where money is counted."""

    input: Annotated[float, Field(ge=0.0)] = 0.0
    output: Annotated[float, Field(ge=0.0)] = 0.0


class RecordedTeacher(Section):
    """The solutions that the sources carry: free, and no attempt."""

    name: str
    kind: Literal["recorded"]


class DemoTeacher(Section):
    """The demo teacher; started by itself unless `base_url` names a running one."""

    name: str
    kind: Literal["demo"]
    base_url: str | None = None
    model: str = DEMO_MODEL
    concurrency: Annotated[int, Field(gt=0)] = 64
    latency_ms: Annotated[int, Field(ge=0)] = 0
    seed: SeedPolicy = "per_request"

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        return None if url is None else _plain_url(url)

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Where requests go; empty when the run starts the server."""
        return (self.base_url,) if self.base_url else ()

    @property
    def api_key_env(self) -> None:
        """The demo teacher needs no key."""

    @property
    def price(self) -> Price:
        """The demo teacher costs nothing."""
        return Price()


def _plain_url(url: str) -> str:
    if "@" in url or "?" in url:
        raise ValueError("the address holds a user name, a password or a query; name the key's variable in api_key_env")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or "#" in url:
        raise ValueError(f"{url!r} is no http(s) address; it looks like http://127.0.0.1:8000/v1")
    if url.rstrip("/").endswith("/chat/completions"):
        raise ValueError(f"{url!r} names the requests themselves; leave /chat/completions out")
    return url.rstrip("/")


class OpenAITeacher(Section):
    """Any OpenAI-compatible endpoint. `openai_batch` asks it through the Batch protocol.

    Attributes:
        base_url: null in the recipe that a dataset carries, until somebody says where the model is: what was paid for
            is taken over without, and nobody is asked.
        api_key_env: the environment variable that holds the key; none is sent when it is null.
        concurrency: most requests in flight; `BATCH_CONCURRENCY` for `openai_batch` unless told otherwise.
        requests_per_minute, tokens_per_minute: limits of the endpoint; learnt when null. A batch has none.
        price: unknown when null, which no budget in USD takes.
        seed: `per_request` sends a seed that follows from recipe seed, messages and attempt; it is outside the key.
        family: which parameters the model takes, and under which names.
    """

    name: str
    kind: Literal["openai", "openai_batch"]
    model: str
    base_url: str | None = "https://api.openai.com/v1"
    api_key_env: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    concurrency: Annotated[int, Field(gt=0)] = 64
    requests_per_minute: Annotated[int, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[int, Field(gt=0)] | None = None
    price: Price | None = None
    seed: SeedPolicy = "per_request"
    family: FamilyName | Auto = "auto"

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        return None if url is None else _plain_url(url)

    @model_validator(mode="before")
    @classmethod
    def _batches_are_large(cls, settings: Any) -> Any:
        is_batch = isinstance(settings, dict) and settings.get("kind") == "openai_batch"
        return {"concurrency": BATCH_CONCURRENCY, **settings} if is_batch else settings

    @model_validator(mode="after")
    def _batches_have_an_address_and_no_rates(self) -> Self:
        if self.kind == "openai_batch" and self.base_url is None:
            raise ValueError("kind openai_batch: base_url: is null; say where batches go")
        if self.kind == "openai_batch" and (self.requests_per_minute or self.tokens_per_minute):
            raise ValueError(
                "kind openai_batch has no limits per minute, but one of tokens under way: leave requests_per_minute "
                "and tokens_per_minute out, and lower concurrency where the provider refuses batches"
            )
        return self

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Where requests go; empty when nobody says so."""
        return (self.base_url,) if self.base_url else ()


class VLLMTeacher(Section):
    """Local vLLM workers, or servers that already run (`base_urls`); free unless `price` says what they cost.

    With `base_urls` nothing is started: `python` and `workers` are then without effect, and `engine_args` say how the
    servers were started, which counts where it changes what they write.

    Attributes:
        model: what requests ask for. A Hub id, a folder, which becomes NAME@FINGERPRINT with the folder in
            `engine_args.model`, `bundled` for the tiny teacher that comes with datagen, or the name of an adapter.
        workers: servers; `auto` is as many as the GPUs carry, and one on a CPU build.
        python: the interpreter that has vLLM; this one when null.
        engine_args: settings of vLLM's server by their names on its command line.
        fingerprints: of the files and folders that `engine_args` name, by setting; written when the recipe is read.
        concurrency: most requests in flight at each of them; less where its /metrics say that it can't hold so many.
    """

    name: str
    kind: Literal["vllm"]
    model: str
    workers: Annotated[int, Field(gt=0)] | Auto = "auto"
    base_urls: tuple[str, ...] = ()
    python: str | None = None
    seed: SeedPolicy = "none"
    concurrency: Annotated[int, Field(gt=0)] = 256
    engine_args: dict[str, JsonValue] = Field(default_factory=dict)
    fingerprints: dict[str, str] = Field(default_factory=dict)
    price: Price | None = None
    family: FamilyName | Auto = "auto"

    @field_validator("base_urls")
    @classmethod
    def _check_urls(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_plain_url(url) for url in urls)

    @model_validator(mode="after")
    def _check_engine_args(self) -> Self:
        complaint = refused(self.engine_args)
        if complaint is not None:
            raise ValueError(complaint)
        return self

    @property
    def api_key_env(self) -> None:
        """Local servers take no key."""


Teacher = Annotated[RecordedTeacher | DemoTeacher | OpenAITeacher | VLLMTeacher, Field(discriminator="kind")]
PaidTeacher = DemoTeacher | OpenAITeacher | VLLMTeacher


def asks_in_batches(teacher: PaidTeacher) -> bool:
    """Whether a teacher is asked through the Batch protocol."""
    return isinstance(teacher, OpenAITeacher) and teacher.kind == "openai_batch"
