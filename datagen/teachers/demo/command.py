"""The options of `datagen serve-demo`, for the command line and for `python -m datagen.teachers.demo`."""

from pathlib import Path
from typing import Annotated

import typer


def serve_demo(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(hidden=True)] = "127.0.0.1",
    replay: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer with recorded outputs: Parquet with the columns problem, output."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other outputs and hits other requests.")] = 0,
    latency_ms: Annotated[int, typer.Option(min=0, help="Mean time that a reply takes.")] = 0,
    requests_per_minute: Annotated[
        int | None, typer.Option(help="Refuse more with 429 and the seconds to wait.")
    ] = None,
    fault_429: Annotated[float, typer.Option("--fault-429", help="Share of requests refused for now.")] = 0.0,
    retry_after: Annotated[float | None, typer.Option(help="Seconds that these are told to wait.")] = None,
    fault_500: Annotated[float, typer.Option("--fault-500", help="Share that fails in the server.")] = 0.0,
    fault_drop: Annotated[float, typer.Option(help="Share whose connection closes in mid-reply.")] = 0.0,
    fault_hang: Annotated[float, typer.Option(help="Share that is never answered.")] = 0.0,
    fault_garbage: Annotated[float, typer.Option(help="Share answered with broken JSON.")] = 0.0,
    fault_truncate: Annotated[float, typer.Option(help="Share cut off, finish_reason length.")] = 0.0,
    inline_thoughts: Annotated[bool, typer.Option("--inline-thoughts", hidden=True)] = False,
    end_with_stdin: Annotated[bool, typer.Option("--end-with-stdin", hidden=True)] = False,
) -> None:
    """An OpenAI-compatible server on the loopback address, until interrupted: rehearse a run before you pay for it.

    It solves the quickstart's problems, or replays recorded outputs under any model's name, and misbehaves as told.
    GET /stats counts what a run asked, what was answered, and what was asked again.
    """
    from datagen.teachers.demo.endpoint import Conduct, Solver, create_app
    from datagen.teachers.demo.faults import FaultPlan
    from datagen.teachers.demo.replay import Replay
    from datagen.teachers.demo.server import serve

    faults = FaultPlan(
        shares={
            "429": fault_429,
            "500": fault_500,
            "drop": fault_drop,
            "hang": fault_hang,
            "garbage": fault_garbage,
            "truncate": fault_truncate,
        },
        retry_after_s=retry_after,
        seed=seed,
    )
    conduct = Conduct(latency_ms, inline_thoughts, faults, requests_per_minute)
    app = create_app(Replay(replay, seed) if replay else Solver(), conduct)
    serve(app, host=host, port=port, end_with_stdin=end_with_stdin)
