"""The page that a student gets back."""

from html import escape

STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #888; padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
"""


def feedback_page(student: str, papers) -> str:
    """Return a page that says what was solved, and what the checks said of the rest."""
    points = sum(v.solved for paper in papers for v in paper.verdicts.values())
    total = sum(len(paper.verdicts) for paper in papers)
    parts = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(student)}: {points} of {total}</title>\n<style>\n{STYLE}</style>",
        f"<h1>{escape(student)}</h1>\n<p>{points} of {total} exercises solved.</p>",
    ]
    for paper in papers:
        parts.append(f"<h2>{escape(paper.sheet)}</h2>")
        parts += [f"<p>{escape(remark)}</p>" for remark in paper.remarks]
        parts.append("<table>\n<tr><th>Exercise<th>Points<th>The check says")
        for title, verdict in paper.verdicts.items():
            says = "Right." if verdict.solved else verdict.says
            parts.append(f"<tr><td>{escape(title)}<td>{verdict.solved:d}<td>{escape(says)}")
        parts.append("</table>")
    return "\n".join([*parts, "</html>", ""])
