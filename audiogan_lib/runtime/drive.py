"""What outlives the machine that Colab lends."""

import importlib
from pathlib import Path

#: Where Colab shows a user's Drive.
DRIVE = Path("/content/drive")


def drive_folder(name):
    """Return a folder in the user's Google Drive, which outlives the machine that Colab lends.

    Colab asks for permission the first time; the folder is made where it is missing.

    Parameters
    ----------
    name : str
        Path below the user's own files, such as ``"audiogan/snares"``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RuntimeError
        Elsewhere than on Colab, where a folder of the computer's own disk does as well.

    Examples
    --------
    >>> from audiogan_lib import runtime
    >>> try:
    ...     folder = runtime.drive_folder("audiogan/snares")
    ... except RuntimeError as error:
    ...     print(str(error)[:19])
    Google Drive can be
    """
    try:
        colab = importlib.import_module("google.colab.drive")
    except ModuleNotFoundError:
        raise RuntimeError(
            "Google Drive can be reached from Colab only; elsewhere name a folder of your disk"
        ) from None
    colab.mount(str(DRIVE))
    folder = DRIVE / "MyDrive" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
