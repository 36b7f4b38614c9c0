"""The one exception that a user's mistake raises."""


class BadInput(Exception):
    """Something that the user can mend: a file, a table or a setting that is not as it must be.

    The message is one line: which file or key, what was found, what was expected, what to do.
    Programs print it without a traceback and exit with status 1.
    """
