"""Links that reproduce a sound: a page writes them, the command line plays them."""

import base64
import binascii
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from audiogan_lib import files


def read_link(link):
    """Read the link to a sound that a page of the book has given.

    Parameters
    ----------
    link : str
        With the generator, its conditions and the latent behind the ``#``.

    Returns
    -------
    generator : str
        Name of a shipped generator.
    latent : ndarray [shape=(latent_dim,)], float32
        What it made the sound of.
    conditions : dict of str to str
        What was asked for.

    Raises
    ------
    ValueError
        If the link leads to no sound of a shipped generator.

    Examples
    --------
    >>> from audiogan_lib import live
    >>> live.read_link("16_sound_effects.html#generator=drums&label=kick&latent=AACAPwAAAMA")
    ('drums', array([ 1., -2.], dtype=float32), {'label': 'kick'})
    """
    conditions = dict(parse_qsl(urlsplit(link).fragment))
    name, letters = conditions.pop("generator", ""), conditions.pop("latent", "")
    if name not in files.generators():
        known = ", ".join(files.generators())
        raise ValueError(f"{link!r} leads to no sound: its generator must be one of {known}")
    try:
        content = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
        latent = np.frombuffer(content, "<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{link!r} is damaged: its latent cannot be read ({error})") from None
    if not latent.size or not np.isfinite(latent).all():
        raise ValueError(f"{link!r} is damaged: its latent is no row of numbers")
    return name, latent, conditions
