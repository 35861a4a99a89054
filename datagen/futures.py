"""Results that others wait for: one that is known at once, and one that a step makes of another."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TypeVar

_Result = TypeVar("_Result")
_Given = TypeVar("_Given")


def known(result: _Result) -> Future[_Result]:
    """A result that nobody has to wait for."""
    future: Future[_Result] = Future()
    future.set_result(result)
    return future


def then(first: Future[_Given], step: Callable[[_Given], Future[_Result]]) -> Future[_Result]:
    """What a step makes of a result. Nobody sees what a callback raises, so whatever fails is told to who waits."""
    last: Future[_Result] = Future()

    def hand_over(made: Future[_Result]) -> None:
        if made.cancelled():
            last.cancel()
        elif last.set_running_or_notify_cancel():
            if (error := made.exception()) is not None:
                last.set_exception(error)
            else:
                last.set_result(made.result())

    def go_on(given: Future[_Given]) -> None:
        try:
            made = step(given.result())
        except CancelledError:
            last.cancel()
        except Exception as error:
            if last.set_running_or_notify_cancel():
                last.set_exception(error)
        else:
            made.add_done_callback(hand_over)

    first.add_done_callback(go_on)
    return last
