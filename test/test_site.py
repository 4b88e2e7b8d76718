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

"""The site is built without a warning, and each of its links leads somewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
import subprocess
import sys
from urllib.parse import unquote
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.process


class Page(HTMLParser):
    """
    What a page links to, and where links to it may lead.

    :ivar links: as they are written.
    :ivar places: what may stand behind # in a link to this page.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places = {''}
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag has of either."""
        for name, value in attrs:
            if name in ('href', 'src'):
                self.links.add(value or '')
            elif name == 'id':
                self.places.add(value or '')


@pytest.fixture(scope='module')
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as scripts/site does."""
    out = tmp_path_factory.mktemp('site')
    options = ['--fail-on-warning', '--keep-going', '--quiet', '--conf-dir', 'doc']
    command = [sys.executable, '-m', 'sphinx', *options, '.', str(out)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return out


def test_no_link_within_the_site_is_dead(site: Path) -> None:
    pages = {path: Page(path) for path in site.rglob('*.html')}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            scheme, _, to, _, place = urlsplit(link)
            target = (path.parent / unquote(to)).resolve() if to else path
            if not scheme and not (
                target.is_file()
                and (target.suffix != '.html' or unquote(place) in pages[target].places)
            ):
                dead.append(f'{path.relative_to(site)}: {link}')
    assert dead == []


def test_the_root_of_the_site_leads_to_the_first_page(site: Path) -> None:
    assert 'url=doc/index.html' in (site / 'index.html').read_text()
    assert (site / 'doc' / 'index.html').is_file()
