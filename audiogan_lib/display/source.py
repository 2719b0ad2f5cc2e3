"""The source code of a library function, coloured."""

from __future__ import annotations

import ast
import inspect
import textwrap
from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from audiogan_lib.display.html import Html

# light-dark() follows the page's colour scheme; text and ground change together, so that they fit
# even where a front end is dark without saying so.
_SOURCE_STYLE = """<style>
.audiogan-source{margin:8px 0;border-radius:4px;background:#f5f6f8;color:#24292f;
background:light-dark(#f5f6f8,#1d2127);color:light-dark(#24292f,#d6dbe1)}
.audiogan-source small{display:block;padding:8px 14px 0;font-size:.8em}
div.audiogan-source pre{margin:0;padding:8px 14px 13px;overflow-x:auto;border:0;
font-size:.85em;line-height:1.45;background:none;color:inherit}
.audiogan-source :is(.k,.kn,.kc,.ow){color:#7a3fa8;color:light-dark(#7a3fa8,#c9a5ee)}
.audiogan-source :is(.s1,.s2,.sa,.si,.se){color:#0a6640;color:light-dark(#0a6640,#8fd6a8)}
.audiogan-source :is(.c1,.sd){color:#5a636d;color:light-dark(#5a636d,#9aa5b1);font-style:italic}
.audiogan-source :is(.nf,.nc,.fm,.nd){color:#0b57a8;color:light-dark(#0b57a8,#86bdf5)}
.audiogan-source :is(.mi,.mf,.mh){color:#9a4a00;color:light-dark(#9a4a00,#f0b072)}
</style>"""


def show_source(obj, docstring=True):
    """Show the source of a function or class, coloured, with the name of its file.

    Parameters
    ----------
    obj : function, method or class
        What to show.
    docstring : bool
        Whether to show its docstring too.

    Raises
    ------
    TypeError
        When there is no Python source for it.

    Examples
    --------
    >>> show_source(textwrap.dedent, docstring=False).text.splitlines()[1]
    'def dedent(text):'
    """
    obj = inspect.unwrap(obj.fget if isinstance(obj, property) else obj)
    wanted = "obj must be a function, method or class written in Python"
    if not (inspect.isroutine(obj) or inspect.isclass(obj)):
        raise TypeError(f"{wanted}, received {obj!r}")
    try:
        lines, first = inspect.getsourcelines(obj)
    except (TypeError, OSError) as error:
        raise TypeError(f"{wanted}, received {obj!r}") from error
    code = textwrap.dedent("".join(lines))
    if not docstring:
        code = _without_docstring(code)
    name = f"{_file_name(obj)}, lines {first} to {first + len(lines) - 1}"
    coloured = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    content = (
        f'{_SOURCE_STYLE}<div class="audiogan-source"><small>{escape(name)}</small>'
        f'<pre tabindex="0" role="region" aria-label="Source of {escape(obj.__qualname__)}">'
        f"{coloured}</pre></div>"
    )
    return Html(content, f"# {name}\n{code}")


def _file_name(obj):
    """Name the file as one would import it, without the folders of this machine."""
    if obj.__module__ == "__main__":
        return "this notebook"
    parts = obj.__module__.split(".")
    file = Path(inspect.getsourcefile(obj))
    return "/".join([*parts[:-1], *parts[-1:] * (file.stem == "__init__"), file.name])


def _without_docstring(code):
    try:
        body = getattr(ast.parse(code).body[0], "body", [None])
    except SyntaxError:  # a lambda's lines need not be whole statements
        return code
    if not (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
        return code
    lines = code.splitlines(keepends=True)
    return "".join(lines[: body[0].lineno - 1] + lines[body[0].end_lineno :])
