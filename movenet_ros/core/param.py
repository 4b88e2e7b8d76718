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

"""How a parameter is stated: once, beside the code that it steers."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def param(
    default: Any,
    meaning: str,
    *,
    between: tuple[float, float] | None = None,
    step: int = 1,
    choices: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    run_time: bool = False,
    at_start: bool = False,
    was: tuple[str, ...] = (),
) -> Any:
    """
    State one parameter: a field of a frozen dataclass.

    :param meaning: one sentence, with the unit.
    :param between: least and greatest value.
    :param step: of an integer, counted from the least value.
    :param choices: the values that a string may have.
    :param names: those that a string may list, separated by commas; the first stands for all.
    :param run_time: whether it may be changed at any time.
    :param at_start: whether it may be given at the start alone; a parameter that is neither may be
        changed while the node is unconfigured.
    :param was: its names in earlier versions.
    """
    return field(
        default=default,
        metadata={
            'meaning': meaning,
            'between': between,
            'step': step,
            'choices': choices,
            'names': names,
            'run_time': run_time,
            'at_start': at_start,
            'was': was,
        },
    )


def group(of: type) -> Any:
    """
    State a group of parameters: a field that holds a dataclass of parameters.

    Its parameters are named with a dot: the parameter ``beta`` of the group ``smoothing`` is
    ``smoothing.beta``.
    """
    return field(default_factory=of)
