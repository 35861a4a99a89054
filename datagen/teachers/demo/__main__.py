"""`python -m datagen.teachers.demo`: the demo teacher as a process of its own."""

import argparse
import sys

from datagen.errors import DatagenError
from datagen.teachers.demo.server import serve


def main() -> int:
    """Read the arguments, serve until told to stop, and say why when that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m datagen.teachers.demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=int, default=0, help="mean time that a reply takes")
    parser.add_argument("--inline-thoughts", action="store_true", help="write thoughts into the content, in think tags")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    try:
        serve(**vars(arguments))
    except DatagenError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
