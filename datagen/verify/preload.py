"""What the server of verification workers loads before it forks: math-verify with sympy, warmed up, nothing heavier.

math-verify and what it stands on answer any exception with "not equal". A comparison that has run out of memory or of
stack would so be called wrong, or not, by what the worker had done before. Here they are loaded such that these two
exceptions pass through every handler that catches all.
"""

import ast
import gc
import logging
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

_PACKAGES = frozenset({"math_verify", "latex2sympy2_extended", "mpmath", "sympy"})
_CATCHES_ALL = re.compile(rb"^\s*except(?:\s+(?:Base)?Exception\b[^:\n]*)?\s*:", re.MULTILINE)
_PASS_THROUGH = "try: pass\nexcept (MemoryError, RecursionError): raise"


class _Loader(SourceFileLoader):
    """Loads a module with a handler before each one that catches all; its byte code is kept nowhere."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        if not _CATCHES_ALL.search(source):
            return super().get_code(fullname)
        tree = _PassingLimits().visit(ast.parse(source, path))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


class _PassingLimits(ast.NodeTransformer):
    def visit_Try(self, node: ast.Try) -> ast.Try:
        self.generic_visit(node)
        handlers: list[ast.ExceptHandler] = []
        for handler in node.handlers:
            caught = handler.type
            if caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"}):
                passing: Any = ast.parse(_PASS_THROUGH).body[0]
                handlers.extend(passing.handlers)
            handlers.append(handler)
        node.handlers = handlers
        return node


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def warm_up() -> None:
    """Compare an easy pair.

    Raises:
        RuntimeError: math-verify can't do even that.
    """
    from datagen.verify.equivalence import compare
    from datagen.verify.pair import Pair

    judgement = compare(Pair("\\frac{y+1}{2}", "\\frac{1+y}{2}"))
    if judgement.verdict != "correct":
        raise RuntimeError(f"math-verify does not work: {judgement}")


def clear_caches() -> None:
    """Forget what earlier comparisons computed."""
    from sympy.core.cache import clear_cache

    clear_cache()


sys.meta_path.insert(0, _Finder())
# math-verify warns at each call that its own timeout is off: the workers' limits take its place.
logging.getLogger("math_verify").setLevel(logging.CRITICAL)
warm_up()
gc.collect()
gc.freeze()  # what is loaded stays: workers share it with the server, and need not look through it again
