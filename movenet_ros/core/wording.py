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

"""Text made fit for one line, sentences that are the same, and the order of names."""

import re

PASSWORD = re.compile(r'(?<=://)[^/@]*@')  # of a URL, and whose it is


def one_line(text: object, most: int = 200) -> str:
    """
    Return a text as one line without control characters; a long one without its middle.

    :param most: characters, at least 20.
    """
    whole = str(text)
    if len(whole) > 2 * most:  # it may be megabytes
        whole = f'{whole[:most]} {whole[-most:]}'
    line = ' '.join(whole.split())
    if not line.isprintable():
        line = ''.join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
    if len(line) <= most:
        return line
    half = (most - 5) // 2
    return f'{line[:half]} ... {line[-half:]}'


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type if it has none."""
    return one_line((str(error).splitlines() or [type(error).__name__])[0])


def natural_order(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts names as people count: frame2 before frame10."""
    parts = re.split(r'(\d+)', name)
    return [int(each) if i % 2 else each.casefold() for i, each in enumerate(parts)], name


def without_figures(sentence: str) -> str:
    """Return a sentence without its digits, which change where the sentence stays the same."""
    return ''.join(each for each in sentence if not each.isdigit())
