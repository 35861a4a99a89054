"""Is it right? Answer extraction, equivalence, and workers that can be killed.

`verify_solution` is the verifier on its own. It is loaded when it is first asked for: the server that workers are
forked from imports this package too, and carries nothing that they don't need.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datagen.verify.pair import Finding
    from datagen.verify.solution import verify_solution

__all__ = ["Finding", "verify_solution"]


def __getattr__(name: str) -> Any:
    if name == "verify_solution":
        from datagen.verify.solution import verify_solution

        return verify_solution
    if name == "Finding":
        from datagen.verify.pair import Finding

        return Finding
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
