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

"""The report in a real browser: it shows the curves, and asks for nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import json
from pathlib import Path
import time
from typing import Any

from browser import Browser
from browser import CHROMIUM
from movenet_ros.core.kinematics.reference import Goal
from movenet_ros.tools.analyse.analysis import Analysis
from movenet_ros.tools.analyse.page_file import write_report
from movenet_ros.tools.analyse.report import report_data
import pytest

pytestmark = pytest.mark.process

Analyse = Callable[..., Analysis]

WAIT_S = 30.0
FACTS = [('images', '90'), ('mode', 'fast')]
TRACES = "[...document.querySelectorAll('#curves .scatterlayer path.js-line')]"
MOST_BYTES = 8_000_000


@pytest.fixture(scope='module')
def browser(folder: Path) -> Iterator[Browser]:
    """Give a browser."""
    if not CHROMIUM:
        pytest.skip('no browser to look at the page with: sudo apt-get install chromium')
    browser = Browser(folder / 'profile')
    yield browser
    browser.close()


@pytest.fixture(scope='module')
def shown(
    analyse: Analyse, squat: dict[str, Goal], browser: Browser, folder: Path
) -> Browser:
    """Give a browser that shows the report of two people."""
    write_report(folder / 'report.html', report_data('a <b>clip</b>', FACTS, analyse(
        reference=squat
    ), False))
    show(browser, folder / 'report.html')
    return browser


def show(browser: Browser, path: Path) -> None:
    """Open a report, and wait until it is drawn."""
    browser.events.clear()
    browser.visit(path.as_uri())
    until = time.monotonic() + WAIT_S
    while not browser.value('document.readyState === "complete" && !!document.title'):
        assert time.monotonic() < until, browser.events
    browser.value('new Promise(requestAnimationFrame)')


def complaints(browser: Browser) -> list[Any]:
    """Return what the console says of errors and warnings, and who else was asked."""
    browser.value('0')  # the events until now
    told = ('Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded')
    requests = [
        each['params']['request']['url'] for each in browser.events
        if each.get('method') == 'Network.requestWillBeSent'
    ]
    return [
        *(each for each in browser.events if each.get('method') in told),
        *(each for each in requests if not each.startswith(('file:', 'data:', 'blob:'))),
    ]


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(shown: Browser) -> None:
    assert complaints(shown) == []


def test_curves_of_both_sides_are_visible(shown: Browser) -> None:
    sizes = shown.value(f'{TRACES}.map((it) => it.getBoundingClientRect().width)')
    assert len(sizes) >= 10
    assert min(sizes) > 300


def test_text_of_files_stays_text(shown: Browser) -> None:
    assert shown.value("document.querySelector('h1').textContent") == 'a <b>clip</b>'
    assert shown.value("document.querySelector('h1 b')") is None


def test_repetitions_ranges_and_the_correction_are_told(shown: Browser) -> None:
    rows = "document.querySelectorAll('#{} tbody tr').length"
    assert shown.value(rows.format('repetitions')) == 3
    assert shown.value(rows.format('ranges')) >= 5
    assert 'left knee' in shown.value("document.getElementById('score').innerText")


def test_the_timeline_ends_after_the_last_image(shown: Browser) -> None:
    _, end = shown.value("document.getElementById('timeline').layout.xaxis.range")
    assert end > shown.value('data.duration')


def test_a_difference_of_nothing_has_no_sign(shown: Browser) -> None:
    texts = shown.value('[-0.4, 0.4, -1.6, 1.6].map(signed)')
    assert texts == ['0\u00b0', '0\u00b0', '\u22122\u00b0', '+2\u00b0']


def test_pictures_have_the_angle_in_them(shown: Browser) -> None:
    texts = "[...document.querySelectorAll('#pictures text')].map((it) => it.textContent)"
    labels = shown.value(texts)
    assert labels and all(each.endswith('\u00b0') for each in labels)


def test_another_person_is_shown_when_chosen(shown: Browser) -> None:
    shown.value(
        "const menu = document.getElementById('person'); menu.selectedIndex = 1;"
        "menu.dispatchEvent(new Event('change'))"
    )
    assert complaints(shown) == []
    assert shown.value(f'{TRACES}.length') >= 10


@pytest.mark.parametrize('width', [400, 1280])
def test_the_page_fits_a_phone_and_a_desk(shown: Browser, width: int) -> None:
    shown.resize(width, 900)
    assert shown.value('document.documentElement.scrollWidth') <= width


def test_hostile_names_of_pictures_are_text(
    hostile: Analysis, browser: Browser, tmp_path: Path
) -> None:
    write_report(tmp_path / 'report.html', report_data('pictures', FACTS, hostile, True))
    show(browser, tmp_path / 'report.html')
    assert complaints(browser) == []
    assert 'onerror' in browser.value("document.getElementById('stills').innerText")
    assert browser.value("document.querySelector('#stills img')") is None


@pytest.mark.parametrize('in_space', [False, True])
def test_what_may_be_the_view_is_not_red(
    in_space: bool, analyse: Analyse, browser: Browser, tmp_path: Path
) -> None:
    data = report_data('sides', FACTS, analyse((1,)), False, in_space)
    for each in data['people'][0]['ranges']:
        each.update(asymmetry=0.75, is_sure=True)
    write_report(tmp_path / 'report.html', data)
    show(browser, tmp_path / 'report.html')
    assert bool(browser.value("document.querySelectorAll('#ranges .bad').length")) == in_space


def test_a_report_of_nobody_says_so(analyse: Analyse, browser: Browser, tmp_path: Path) -> None:
    write_report(tmp_path / 'report.html', report_data('empty', FACTS, analyse(()), False))
    show(browser, tmp_path / 'report.html')
    assert complaints(browser) == []
    assert browser.value("document.getElementById('empty').hidden") is False
    assert browser.value("document.getElementById('chooser').offsetHeight") == 0


def test_a_report_of_many_stays_small(analyse: Analyse, tmp_path: Path) -> None:
    data = report_data('many', FACTS, analyse(tuple(range(1, 20)), count=2), False)
    write_report(tmp_path / 'report.html', data)
    assert data['people_left_out'] == 7
    assert (tmp_path / 'report.html').stat().st_size < MOST_BYTES
    assert json.dumps(data, allow_nan=False)
