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

"""Each check of the doctor in a process of its own: it may crash, hang or print pages."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from importlib import import_module
from importlib import metadata
import json
import re
from typing import Any

from movenet_ros.core import machine
from movenet_ros.core.errors import StartError
from movenet_ros.core.processes import asking
from movenet_ros.core.processes import print_answer
from movenet_ros.core.processes import ProcessError
from movenet_ros.core.processes import Question
from movenet_ros.core.wording import one_line
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import Status
from movenet_ros.tools.doctor.checks import ORT_GPU
from movenet_ros.tools.doctor.checks import pip
from movenet_ros.tools.doctor.checks import SOURCE_ROS

ROS_LOG = re.compile(r'^(\[\S+\] )*\[\w+\]: |, at /\S+:\d+$')  # around ROS's own messages
LOAD_S = 30.0
HAS_ORT_GPU = any(metadata.distributions(name='onnxruntime-gpu'))
ONNX_RUNTIME = ORT_GPU if HAS_ORT_GPU else 'onnxruntime'
GRAPH_S = 60.0  # without the time in which images are received


@dataclass(frozen=True)
class Probe:
    """
    A check to run.

    :param function: module and name, below this folder.
    :param fix: for the row that is made where the function raises, crashes or hangs.
    """

    function: str
    fix: str
    status: Status = 'fail'
    timeout_s: float = LOAD_S


PROBES = {
    'libraries': Probe(
        'checks.libraries',
        pip('install', '--force-reinstall', 'numpy', 'opencv-python-headless', 'scipy'),
    ),
    'ROS': Probe('checks.ros', f'unset RMW_IMPLEMENTATION\n{SOURCE_ROS}'),
    'cv_bridge': Probe(
        'checks.cv_bridge', pip('install', "'numpy<2'", "'opencv-python-headless<5'"), 'warn'
    ),
    'model': Probe('checks.model', 'python3 -m movenet_ros fetch_model'),
    'runtime': Probe(
        'checks.runtime', pip('install', '--upgrade', ONNX_RUNTIME, 'openvino'),
        timeout_s=machine.longest_start_s(),
    ),
    'graph': Probe(
        'graph_checks.graph', 'unset RMW_IMPLEMENTATION ROS_DOMAIN_ID', timeout_s=GRAPH_S
    ),
}


class Probing:
    """A check that runs; made by :func:`probing`."""

    def __init__(self, name: str, question: Question) -> None:
        self._name = name
        self._question = question

    def result(self) -> list[Check]:
        """Wait for its rows."""
        try:
            return [Check(**each) for each in self._question.answer()]
        except ProcessError as error:
            return [_failed(self._name, str(error))]


@contextmanager
def probing(
    name: str, arguments: Mapping[str, Any] | None = None, timeout_s: float = 0.0
) -> Iterator[Probing]:
    """
    Start a check, which ends with the ``with`` block at the latest.

    :param arguments: of the check.
    :param timeout_s: 0 for the usual one.
    """
    timeout_s = timeout_s or PROBES[name].timeout_s
    with asking(__name__, name, json.dumps(arguments or {}), timeout_s=timeout_s) as question:
        yield Probing(name, question)


def main(args: Sequence[str]) -> None:
    """Run one check and answer its rows."""
    name, arguments = args
    module, _, function = PROBES[name].function.partition('.')
    try:
        check = getattr(import_module(f'movenet_ros.tools.doctor.{module}'), function)
        rows = check(**json.loads(arguments))
    except StartError as error:  # its last words are the fix
        reason, _, fix = str(error).rpartition(': ')
        rows = [Check(name, PROBES[name].status, reason or 'refused', fix)]
    except Exception as error:  # noqa: B902 (a broken installation raises anything)
        rows = [_failed(name, one_line(error) or type(error).__name__)]
    print_answer([asdict(each) for each in rows])


def _failed(name: str, reason: str) -> Check:
    return Check(name, PROBES[name].status, ROS_LOG.sub('', reason), PROBES[name].fix)
