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
Parameters from a file, as a node takes them with ``--params-file``.

rclpy has no call for it without a node. Which sections hold for a node, and that the later one
wins, is rcl's way.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
import yaml

SECTION = 'ros__parameters'


class _Loader(yaml.SafeLoader):
    """Reads 1e-3 as a number, which is a text in the version of YAML that PyYAML knows."""


_Loader.add_implicit_resolver(
    'tag:yaml.org,2002:float', re.compile(r'[-+]?\d+(\.\d*)?[eE][-+]?\d+$'), list('-+0123456789')
)


def read_params_file(path: Path, node: str) -> dict[str, Any]:
    """
    Read the parameters that a file has for a node.

    :param node: its full name, such as ``/robot1/movenet``.
    :return: values by name; empty where the file has none for this node.
    :raises StartError: if there is no such file or it is no params file.
    """
    values: dict[str, Any] = {}
    for name, parameters in _read(path):
        if _reaches(name, node):
            values.update(parameters)
    return values


def unread(path: Path, node: str, names: Collection[str], others: Collection[str] = ()) -> str:
    """
    Return one sentence on parameters that were meant for a node and do not reach it, or nothing.

    :param node: its full name.
    :param names: without a namespace, by which a file may mean it.
    :param others: names of nodes for which a file may be that has nothing for this one.
    :raises StartError: if there is no such file or it is no params file.
    """
    sections = [name for name, _ in _read(path)]
    reached = [name for name in sections if _reaches(name, node)]
    last = {name: name.rpartition('/')[2] for name in sections}
    meant = [name for name in sections if last[name] in names]
    if any(name in reached for name in meant) or not sections:
        return ''
    if not meant and (reached or not {*others}.isdisjoint(last.values())):
        return ''
    found = ', '.join(dict.fromkeys(meant or sections))
    own = node.rpartition('/')[2]
    return (
        f"{path}: nothing in its section{'s' * (',' in found)} {one_line(found)} is for {node}:"
        f" name the section {' or '.join(dict.fromkeys((node, f'/**/{own}')))}"
    )


def _read(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """
    Read the sections of a file: full names, which may have wildcards, and parameters by name.

    :raises StartError: if there is no such file or it is no params file.
    """
    try:
        content = yaml.load(path.read_text(), _Loader)  # noqa: S506 (it is a SafeLoader)
        sections = [] if content is None else [*_sections('', content)]
        return [
            (name, {} if parameters is None else dict(_flat('', parameters)))
            for name, parameters in sections
        ]
    except OSError as error:
        raise StartError(f'cannot read {path}: {error.strerror}') from error
    except Exception as error:  # noqa: B902 (PyYAML: '!!int x' ends in a ValueError, and so on)
        raise StartError(
            f'{path} is no params file of ROS, in which parameters are below NODE: {SECTION}:'
            f' ({one_line(error)})'
        ) from error


def _sections(name: str, content: Any) -> Iterator[tuple[str, Any]]:
    """Yield the full name of each node in a file and its parameters; namespaces may be nested."""
    for key, value in _named(name or 'it', content):
        if key == SECTION:
            yield name, value
        else:
            yield from _sections('/'.join((name, *filter(None, str(key).split('/')))), value)


def _named(place: str, content: Any) -> Iterable[tuple[Any, Any]]:
    """
    Return what is named in a place of a file.

    :raises ValueError: if it has a text, a number or a list instead.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{place} has '{one_line(content, most=40)}' in place of names")
    return content.items()


def _reaches(section: str, node: str) -> bool:
    """Return whether a section is for a node: ``/*`` is any one name, ``/**`` any number."""
    pattern = re.escape(section).replace(r'/\*', r'(/\w+)').replace(r'\*', '*')
    return re.fullmatch(pattern, node) is not None


def _flat(prefix: str, parameters: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and values; what is nested gets names with dots."""
    for name, value in _named(SECTION, parameters):
        if isinstance(value, dict):
            yield from _flat(f'{prefix}{name}.', value)
        else:
            yield f'{prefix}{name}', value
