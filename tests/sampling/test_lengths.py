"""When a raised limit is worth its price: a function of counts, in which nobody's order leaves a trace."""

from hypothesis import given
from hypothesis import strategies as st

from datagen.sampling.lengths import Length, Lengths

LIMIT = 1000


def ended(tokens: int, is_path: bool = True) -> Length:
    return Length(tokens, has_ended=True, is_path=is_path, is_cut=False)


def cut(raised_tokens: int | None = None, raised_path: bool = False) -> Length:
    return Length(LIMIT, False, False, is_cut=True, raised_tokens=raised_tokens, raised_path=raised_path)


REPEATING = Length(LIMIT, has_ended=False, is_path=False, is_cut=False)


def seen(*problems: list[Length]) -> Lengths:
    counted = Lengths()
    for attempts in problems:
        counted.add(Lengths.of(LIMIT, attempts))
    return counted


@given(
    st.lists(st.lists(st.sampled_from([ended(400), ended(600), ended(900, False), cut(), cut(1800, True), REPEATING])))
)
def test_the_order_of_problems_and_of_their_attempts_leaves_no_trace(problems: list[list[Length]]) -> None:
    assert seen(*problems) == seen(*(attempts[::-1] for attempts in reversed(problems)))


def test_nothing_is_raised_in_ignorance() -> None:
    assert not Lengths().is_raising_worth_it()
    assert not seen([ended(900)] * 7, [cut(), cut()]).is_raising_worth_it(), "only two attempts beside a cut one"
    assert not seen([cut(), ended(200, False)] * 3).is_raising_worth_it(), "nothing came near the limit and ended"


def test_raising_is_worth_it_where_long_answers_end_and_other_attempts_at_such_problems_do_not_help() -> None:
    elsewhere = [[ended(900)] * 4] * 8
    hopeless = [[cut(), cut(), ended(300, False)]] * 6
    helpful = [[cut(), ended(300), ended(300)]] * 6
    assert seen(*elsewhere, *hopeless).is_raising_worth_it()
    assert not seen(*elsewhere, *helpful).is_raising_worth_it()


def test_what_raised_limits_brought_takes_the_place_of_the_guess() -> None:
    guessed = [[ended(900)] * 4] * 8 + [[cut(), cut(), ended(300, False)]] * 6
    failed = [[cut(2000)] * 4] * 40
    brought = [[cut(1500, True)] * 4] * 40
    assert not seen(*guessed, [ended(300), cut()] * 20, *failed).is_raising_worth_it()
    assert seen([cut(), ended(900, False)] * 4, *brought).is_raising_worth_it()


def test_answers_that_repeat_themselves_say_nothing_about_how_long_others_are() -> None:
    counted = seen([ended(900), REPEATING, REPEATING])
    assert (counted.long, counted.cut, counted.beside) == (1, 0, 0)
