"""Looking at the two faces of a control: the widgets of its panel, the sounds in its HTML."""

import base64
import io
import re

import soundfile


def controls(player):
    """All widgets of the panel by their description."""
    found, queue = {}, [player.panel]
    while queue:
        widget = queue.pop()
        queue += getattr(widget, "children", ())
        found[getattr(widget, "description", "")] = widget
    return found


def played(html_text):
    sources = re.findall(r'src="data:audio/(?:flac|wav);base64,([^"]+)"', html_text)
    return [soundfile.read(io.BytesIO(base64.b64decode(s)), dtype="int16")[0] for s in sources]
