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

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
import yaml

SECTION = 'ros__parameters'
WILD = '**'  # any number of namespaces


class _Loader(yaml.SafeLoader):
    """Reads 1e-3 as a number, which is a text in the version of YAML that PyYAML knows."""


_Loader.add_implicit_resolver(
    'tag:yaml.org,2002:float', re.compile(r'[-+]?\d+(\.\d*)?[eE][-+]?\d+$'), list('-+0123456789')
)


def read_params_file(path: Path, node_name: str) -> dict[str, Any]:
    """
    Read the parameters that a file has for a node without a namespace.

    :return: values by name; empty where the file has none for this node.
    :raises StartError: if there is no such file or it is no params file.
    """
    values: dict[str, Any] = {}
    try:
        content = yaml.load(path.read_text(), _Loader)  # noqa: S506 (it is a SafeLoader)
        for name, parameters in _sections('', content or {}):
            if _is_for(name, node_name):
                values.update(_flat('', parameters))
    except OSError as error:
        raise StartError(f'cannot read {path}: {error.strerror}') from error
    except Exception as error:  # noqa: B902 (PyYAML: '!!int x' ends in a ValueError, and so on)
        raise StartError(
            f'{path} is no params file of ROS, in which parameters are below NODE: {SECTION}:'
            f' ({one_line(error)})'
        ) from error
    return values


def _sections(name: str, content: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name of each node in a file and its parameters; namespaces may be nested."""
    for key, value in content.items():
        if key == SECTION:
            yield name, value
        else:
            yield from _sections(f'{name}/{key}', value)


def _is_for(section: str, node_name: str) -> bool:
    """Return whether the name of a section means a node; ``*`` means any one."""
    parts = [each for each in section.split('/') if each]
    return [each for each in parts if each != WILD] in ([], [node_name], ['*']) and parts != []


def _flat(prefix: str, parameters: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and values; what is nested gets names with dots."""
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from _flat(f'{prefix}{name}.', value)
        else:
            yield f'{prefix}{name}', value
