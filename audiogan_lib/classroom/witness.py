"""Who sees what a check says: while students' code runs, and while typical mistakes are tried."""

import functools
import json
import sys
from pathlib import Path

#: What an interactive session puts among the names by itself.
OF_THE_SESSION = {"In", "Out", "exit", "get_ipython", "open", "quit"}


def mistake(says, check, *answers, **named):
    """Give a check a wrong answer, and make sure of the sentence that comes back.

    Parameters
    ----------
    says : str
        A part of the sentence that a student is to read.
    check : callable
        Raises `AssertionError` for a wrong answer.
    *answers
        The wrong answer.
    **named
        The same, by name.

    Raises
    ------
    AssertionError
        If the check accepts the answer, or says something else.

    Examples
    --------
    >>> from audiogan_lib.classroom import mistake
    >>> def check_half(number):
    ...     assert number != 2, "Turned round."
    ...     assert number == 0.5, "Divide one by two."
    >>> mistake("Turned round", check_half, 2)
    >>> mistake("Turned round", check_half, 0.5)
    Traceback (most recent call last):
      ...
    AssertionError: check_half accepts a mistake that it should answer with 'Turned round'
    """
    try:
        check(*answers, **named)
    except AssertionError as error:
        if says not in str(error):
            raise AssertionError(f"it says {str(error)!r}, and not {says!r}") from error
    else:
        raise AssertionError(
            f"{check.__name__} accepts a mistake that it should answer with {says!r}"
        )


def is_blank(answer) -> bool:
    """Tell whether an answer is still the dots that stand for it."""
    if isinstance(answer, (list, tuple)):
        return any(is_blank(one) for one in answer)
    return answer is ...


class Witness:
    """Writes down what each check says, whatever becomes of the rest.

    A check sees the names as they were given: whatever a student's code has bound to them since is
    put aside while it runs.

    Parameters
    ----------
    space : dict
        The names of the session, with set-up and checks; the checks in it are exchanged for ones
        that are watched.
    checks : iterable of str
        Their names.
    path : path-like
        A JSON file, written anew at each call: for each check that was called, whether it was
        passed the last time, and the sentence it said.

    Examples
    --------
    >>> import json, tempfile
    >>> from audiogan_lib.classroom import Witness
    >>> def check_half(number):
    ...     assert number == 0.5, "Divide one by two."
    >>> names = {"check_half": check_half}
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     watched = Witness(names, ["check_half"], file.name)
    ...     names["check_half"](0.5)
    ...     print(json.load(file))
    {'check_half': {'solved': True, 'says': ''}}
    """

    def __init__(self, space, checks, path):
        self.space, self.path, self.seen = space, Path(path), {}
        self.given = {
            name: value
            for name, value in space.items()
            if name[0] != "_" and name not in OF_THE_SESSION
        }
        for name in checks:
            space[name] = self._watched(name)
        self._write()

    def _watched(self, name):
        """Return a check that is written down each time it is called."""
        check = self.given[name]

        @functools.wraps(check)
        def called(*answers, **named):
            if any(is_blank(answer) for answer in (*answers, *named.values())):
                print("Not answered yet.", file=sys.stderr)
                return
            theirs = {key: self.space[key] for key in self.given if key in self.space}
            self.space.update(self.given)
            self.seen[name] = {"solved": False, "says": "The check was not finished."}
            try:
                self._write()
                check(*answers, **named)
                self.seen[name] = {"solved": True, "says": ""}
            except AssertionError as error:
                self.seen[name]["says"] = str(error)
                raise
            except Exception as error:
                said = f"The check could not use this answer: {type(error).__name__}: {error}"
                self.seen[name]["says"] = said
                raise
            finally:
                self.space.update(theirs)
                self._write()

        return called

    def _write(self):
        """Write down what was seen so far."""
        self.path.write_text(json.dumps(self.seen), encoding="utf-8")
