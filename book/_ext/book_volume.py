"""The whole book as one page to print: Sphinx's builder ``singlehtml``, mended for this."""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

_SOUND = re.compile(r"<audio\b.*?</audio>", re.DOTALL)


class VolumeBuilder(SingleFileHTMLBuilder):
    """All documents on one page: a cover, contents, and the chapters with pictures for sounds."""

    def init(self):
        """Learn to draw whatever the builder of many pages draws.

        Sphinx falls back to the handlers for ``html`` only where no extension registers any for
        ``singlehtml``; one does.
        """
        super().init()
        handlers = self.app.registry.translation_handlers
        handlers[self.name] = handlers["html"] | handlers.get(self.name, {})

    def get_outfilename(self, pagename):
        """Write the page where the addresses in it start, not in the first document's folder."""
        return str(Path(self.outdir) / "index.html")

    def fix_refuris(self, tree):
        """Leave links to `assemble_doctree`: Sphinx would drop which document they lead to."""

    def assemble_doctree(self):
        """Return the volume."""
        tree = super().assemble_doctree()
        make_ids_unique(tree, self.config.root_doc)
        for node in tree.findall(nodes.raw):
            node.children = [nodes.Text(_SOUND.sub("", node.astext()))]
        # Sphinx leaves the chapters within the first document's only section.
        parts = list(tree.findall(addnodes.start_of_file))
        for part in parts:
            part.parent.remove(part)
        parts.insert(
            0,
            addnodes.start_of_file(
                "", *tree.children, docname=self.config.root_doc
            ),
        )
        tree.children = []
        tree.extend([self.cover(), self.contents(parts), *parts])
        return tree

    def cover(self):
        """Return the title page."""
        config = self.config
        picture = (
            f'<img src="_static/social.png" alt="{config.ogp_image_alt}">'
        )
        lines = (
            f"{config.author}, {config.copyright}",
            "Text, figures and sounds under CC BY 4.0, code under the Apache License 2.0",
            config.html_baseurl,
        )
        texts = [nodes.paragraph("", line) for line in lines]
        return nodes.container(
            "",
            nodes.raw("", picture, format="html"),
            *texts,
            classes=["cover"],
        )

    def contents(self, parts):
        """Return the list of chapters and their sections, with room for page numbers."""
        captions = {
            toctree["includefiles"][0]: toctree["caption"]
            for toctree in self.env.get_doctree(
                self.config.root_doc
            ).findall(addnodes.toctree)
        }
        contents = nodes.container(
            "", nodes.rubric("", "Contents"), classes=["contents"]
        )
        for part in parts:
            if part["docname"] in captions:
                caption = captions[part["docname"]]
                contents += nodes.paragraph(
                    "", caption, classes=["caption"]
                )
            section = next(part.findall(nodes.section))
            contents += entry(section, f"document-{part['docname']}")
        return contents


def entry(section, anchor, depth=2):
    """Return a line of the contents for a section, and lines for those within."""
    title = next(section.findall(nodes.title)).astext()
    link = nodes.reference("", title, refuri=f"#{anchor}", internal=True)
    line = nodes.paragraph("", "", link, nodes.inline(classes=["page"]))
    within = [
        child
        for child in section.children
        if isinstance(child, nodes.section)
    ]
    lines = [
        entry(child, child["ids"][0], depth - 1)
        for child in within
        if depth > 1
    ]
    return nodes.container("", line, *lines, classes=["entry"])


def make_ids_unique(tree, root):
    """Rename identifiers that an earlier document of the tree has, and what refers to them.

    Parameters
    ----------
    tree : docutils.nodes.document
        Documents inlined into the first, references resolved. Changed in place.
    root : str
        Name of the first document.
    """
    owners = {}
    for part in tree.findall(addnodes.start_of_file):
        owners.update(
            (id(node), part["docname"])
            for node in part.findall(nodes.Element)
        )
    elements = [
        (node, owners.get(id(node), root))
        for node in tree.findall(nodes.Element)
    ]
    new, taken = {}, set()
    for node, document in elements:
        for old in node.get("ids", []):
            new[document, old] = (
                f"{document}/{old}" if old in taken else old
            )
        taken.update(node.get("ids", []))
        node["ids"] = [new[document, old] for old in node.get("ids", [])]
    for node, document in elements:
        if "refid" in node:
            node["refid"] = new.get(
                (document, node["refid"]), node["refid"]
            )
        node["backrefs"] = [
            new.get((document, old), old)
            for old in node.get("backrefs", [])
        ]
        _, found, target = node.get("refuri", "").partition("#document-")
        target, anchored, anchor = target.partition("#")
        if found and anchored:
            node["refuri"] = f"#{new[target, anchor]}"


def setup(app):
    """Put the builder in the place of Sphinx's own."""
    app.add_builder(VolumeBuilder, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
