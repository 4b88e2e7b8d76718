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

"""Any text becomes one short line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.wording import first_line
from movenet_ros.core.wording import natural_order
from movenet_ros.core.wording import one_line
from movenet_ros.core.wording import without_figures
import pytest


@given(st.text(), st.integers(20, 300))
def test_any_text_becomes_one_short_printable_line(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert line.isprintable()


VISIBLE = st.characters(min_codepoint=33, max_codepoint=0x2FFF).filter(str.isprintable)


@given(st.text(VISIBLE, max_size=200))
def test_a_plain_text_stays_what_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ('text', 'line'),
    [
        ('two\nlines', 'two lines'),
        (' a \t b ', 'a b'),
        ('\x1b[2J', '\\x1b[2J'),
        ('a\0', 'a\\x00'),
        ('\ud800', '\\ud800'),
        ('Köln', 'Köln'),
        (7, '7'),
    ],
)
def test_what_is_no_letter_is_written_out(text: object, line: str) -> None:
    assert one_line(text) == line


def test_a_long_text_loses_its_middle() -> None:
    assert one_line(f'begin {"x" * 10**7} end', 40).startswith('begin x')
    assert one_line(f'begin {"x" * 10**7} end', 40).endswith('x end')


@pytest.mark.parametrize(
    ('error', 'line'),
    [(ValueError('first\nsecond'), 'first'), (EOFError(), 'EOFError'), (OSError('x'), 'x')],
)
def test_of_an_error_the_first_line_is_taken(error: Exception, line: str) -> None:
    assert first_line(error) == line


@pytest.mark.parametrize(
    'names',
    [
        ['frame1', 'frame2', 'frame10', 'frame11'],
        ['a2_b10', 'a10_b2', 'a10_b10'],
        ['cam1 9', 'Cam1 10', 'cam2 1'],
        ['01', '1', '002', '2', '10'],
        ['\u0661', '2', '\u0663', '10'],  # Arabic digits
        ['', '-1', 'a', 'b1', 'b\udce9'],
    ],
)
def test_numbers_in_names_are_counted(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(backwards, key=natural_order) == names


def test_a_sentence_is_the_same_whatever_its_figures() -> None:
    one, other = 'depth is 12 ms later (0.03)', 'depth is 257 ms later (0.1)'
    assert without_figures(one) == without_figures(other) != without_figures('depth is there')
