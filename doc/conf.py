# Copyright 2026 movenet_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
The site of README.md, doc/ and the other papers: scripts/site builds it into build/site.

Its pages lie where their files do, so that a link between two files works here as it does in the
repository. A linked file that is no page is downloaded; a folder is only named.
"""

from __future__ import annotations

from pathlib import Path

from docutils.nodes import document
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
TO_FIRST_PAGE = '<!DOCTYPE html><meta http-equiv="refresh" content="0; url=doc/index.html">\n'

project = 'movenet_ros'
author = copyright = 'movenet_ros contributors'  # noqa: A001
root_doc = 'doc/index'
include_patterns = ['*.md', '*.rst', 'doc/**', 'examples/*.md']
exclude_patterns = ['.*', 'build', 'install', 'log', 'movenet_ros', 'test']
extensions = ['myst_parser']
myst_heading_anchors = 4  # as GitHub and GitLab make them
nitpicky = True

html_theme = 'furo'
html_title = project
html_static_path = html_css_files = ['site.css']
html_copy_source = html_show_sphinx = html_use_index = False


def name_folders(app: Sphinx, page: document) -> None:
    """Put the text of a link to a folder of the repository in place of the link."""
    folder = ROOT / app.env.docname
    for link in list(page.findall(pending_xref)):
        if (folder.parent / link['reftarget']).is_dir():
            link.replace_self(link.children)


def write_index(app: Sphinx, problem: Exception | None) -> None:
    """Lead from the site's root to its first page."""
    if problem is None:
        (Path(app.outdir) / 'index.html').write_text(TO_FIRST_PAGE)


def setup(app: Sphinx) -> None:
    """Have both done."""
    app.connect('doctree-read', name_folders)
    app.connect('build-finished', write_index)
