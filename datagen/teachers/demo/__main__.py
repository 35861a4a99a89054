"""`python -m datagen.teachers.demo`: `datagen serve-demo` as a child of a run, without the rest of the command line."""

import sys

import typer

from datagen.errors import DatagenError, UsageError
from datagen.teachers.demo.command import serve_demo


def main() -> int:
    """Read the arguments, serve until told to stop, and say why when that is not possible."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(serve_demo)
    try:
        app(standalone_mode=False)
    except DatagenError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except typer.TyperException as error:
        print(getattr(error, "format_message", error.__str__)(), file=sys.stderr)
        return UsageError.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
