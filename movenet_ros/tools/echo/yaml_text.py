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

"""A message as YAML, as ``ros2 topic echo`` prints it, but for numbers: an array is one line."""

from __future__ import annotations

from typing import Any

import yaml

MOST_NUMBERS = 16  # of an array: a rotation matrix is whole, a covariance is not
SHOWN_NUMBERS = 6
MOST_ITEMS = 128  # of any other array
MOST_LETTERS = 1000


class _Line(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes lists of numbers on one line, and indents the others."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, so that it is seen what they belong to."""
        super().increase_indent(flow, False)


def _represent_line(dumper: yaml.SafeDumper, line: _Line) -> yaml.Node:
    return dumper.represent_sequence('tag:yaml.org,2002:seq', line, flow_style=True)


_Dumper.add_representer(_Line, _represent_line)


def yaml_of(msg: Any, full_length: bool = False) -> str:
    """
    Return a message as YAML; long arrays and texts are shortened, and the rest is counted.

    :param full_length: shorten nothing.
    """
    return str(yaml.dump(
        _plain(msg, full_length), Dumper=_Dumper, sort_keys=False, allow_unicode=True,
        width=float('inf'),
    ))


def _plain(value: Any, full: bool) -> Any:
    """Return a value in the types of YAML."""
    if hasattr(value, 'get_fields_and_field_types'):  # a message
        names = value.get_fields_and_field_types()
        return {name: _plain(getattr(value, name), full) for name in names}
    if isinstance(value, bytes) and len(value) == 1:  # ROS's type byte
        return value[0]
    if isinstance(value, str):
        return value if full or len(value) <= MOST_LETTERS else _cut_text(value)
    if isinstance(value, (bool, int, float)):
        return value
    is_array = hasattr(value, 'tolist')  # Python's own, or NumPy's
    is_numbers = is_array or all(isinstance(each, (bool, int, float)) for each in value[:1])
    most, shown = (MOST_NUMBERS, SHOWN_NUMBERS) if is_numbers else (MOST_ITEMS, MOST_ITEMS)
    cut = value if full or len(value) <= most else value[:shown]
    plain = cut.tolist() if is_array else [_plain(each, full) for each in cut]
    if len(cut) < len(value):
        plain.append(f'... {len(value) - len(cut)} more')
    return _Line(plain) if is_numbers else plain


def _cut_text(text: str) -> str:
    return f'{text[:MOST_LETTERS]}... {len(text) - MOST_LETTERS} more characters'
