"""What datagen says when it can't go on: one or two lines that name the place and the way out.

Every error that a user can cause is a `DatagenError`; its exit status is part of the command line's contract
(0 done, 1 failed, 2 wrong arguments or recipe, 3 stopped with everything kept).
"""


class DatagenError(Exception):
    """The run failed; the message says what is wrong, where, and what to do."""

    exit_status = 1


class UsageError(DatagenError):
    """The arguments, the recipe or a file that it names are wrong; nothing was started."""

    exit_status = 2


class StoppedError(DatagenError):
    """A signal or a budget ended the run early; everything that arrived is kept."""

    exit_status = 3


class BusyError(DatagenError):
    """Another run is at work in the folder; nothing was started."""


class RefusedError(DatagenError):
    """What is there must not go out as it is; trying again changes nothing."""


class UnwritableError(DatagenError):
    """A file can't be written: the disk is full, or takes nothing; what it holds stays."""


class NotKeptError(UnwritableError):
    """What arrived could not be written down; it is lost, and was paid for."""


class NoMoreError(DatagenError):
    """The endpoint does not take a request for more of an answer that was cut off; other requests are answered."""


class RequestFailedError(DatagenError):
    """One request to a teacher failed each time that it was tried; others are answered."""
