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

"""What may crash, hang or print pages, tried in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from importlib import import_module
import json
import re
from typing import Any

from movenet_ros.core.processes import asking
from movenet_ros.core.processes import print_answer
from movenet_ros.core.processes import ProcessError
from movenet_ros.core.processes import Question
from movenet_ros.core.wording import one_line

Facts = dict[str, Any]

ROS_MODULES = (
    'rclpy', 'sensor_msgs.msg', 'std_msgs.msg', 'vision_msgs.msg', 'diagnostic_msgs.msg',
    'lifecycle_msgs.srv', 'std_srvs.srv', 'ament_index_python',
)
VISION_MODULES = ('numpy', 'cv2', 'scipy')
ROS_LOG = re.compile(r'^(\[\S+\] )*\[\w+\]: |, at /\S+:\d+$')  # around what it says
MOST_LETTERS = 300  # of a reason
GRAPH = 'movenet_ros.tools.doctor.look'


@dataclass(frozen=True)
class Probe:
    """
    What came of one.

    :param facts: what it found, None if it failed.
    :param reason: why it failed, in a line.
    :param missing: name of the package that is not installed, where that is the reason.
    """

    facts: Facts | None = None
    reason: str = ''
    missing: str = ''


class Probing:
    """A probe under way; made by :func:`probing`."""

    def __init__(self, question: Question) -> None:
        self._question = question

    def result(self) -> Probe:
        """Wait for its end."""
        try:
            return Probe(**self._question.answer())
        except ProcessError as error:
            return Probe(reason=ROS_LOG.sub('', str(error)))


@contextmanager
def probing(name: str, argument: Any = None, timeout_s: float = 30.0) -> Iterator[Probing]:
    """Start a probe, which ends with the ``with`` block at the latest."""
    with asking(__name__, name, json.dumps(argument), timeout_s=timeout_s) as question:
        yield Probing(question)


def _import(names: Sequence[str]) -> Facts:
    """Import modules: their versions, and for those that fail the reason and what is missing."""
    versions, failed = {}, {}
    for name in names:
        try:
            module = import_module(name)
        except Exception as error:  # noqa: B902 (a broken installation raises anything)
            failed[name] = [_line(error), _missing(error)]
        else:
            versions[name] = getattr(module, '__version__', '')
    return {'versions': versions, 'failed': failed}


def _missing(error: Exception) -> str:
    return str(error.name).split('.')[0] if isinstance(error, ModuleNotFoundError) else ''


def _vision(_: Any) -> Facts:
    return _import(VISION_MODULES)


def _ros(_: Any) -> Facts:
    return _import(ROS_MODULES)


def _cv_bridge(_: Any) -> Facts:
    import_module('cv_bridge')  # this passes over a compiled part that does not load
    import_module('cv_bridge.boost.cv_bridge_boost')
    return {}


def _onnxruntime(_: Any) -> Facts:
    ort = import_module('onnxruntime')
    return {'version': ort.__version__, 'providers': ort.get_available_providers()}


def _openvino(_: Any) -> Facts:
    openvino = import_module('movenet_ros.backends.openvino_backend').import_openvino()
    core = openvino.Core()
    return {
        'version': openvino.get_version().split('-')[0],
        'devices': list(core.available_devices),
        'bf16': 'BF16' in core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES'),
    }


def _tensorflow(_: Any) -> Facts:
    tf = import_module('movenet_ros.backends.tensorflow_backend').import_tensorflow()
    gpus = tf.config.list_physical_devices('GPU')
    details = (tf.config.experimental.get_device_details(each) for each in gpus)
    return {
        'version': tf.__version__,
        'built_with_cuda': tf.test.is_built_with_cuda(),
        'gpus': [each.get('device_name', 'unknown') for each in details],
    }


def _graph(argument: Any) -> Facts:
    return asdict(import_module(GRAPH).look(argument['seconds'], argument['only']))


PROBES: dict[str, Callable[[Any], Facts]] = {
    'vision': _vision,
    'ros': _ros,
    'cv_bridge': _cv_bridge,
    'onnxruntime': _onnxruntime,
    'openvino': _openvino,
    'tensorflow': _tensorflow,
    'graph': _graph,
}


def main(argv: Sequence[str]) -> None:
    """Run a probe and answer what came of it."""
    name, argument = argv
    try:
        probe = Probe(PROBES[name](json.loads(argument)))
    except Exception as error:  # noqa: B902 (a broken installation raises anything)
        probe = Probe(reason=_line(error), missing=_missing(error))
    print_answer(asdict(probe))


def _line(error: BaseException) -> str:
    return ROS_LOG.sub('', one_line(error, MOST_LETTERS)) or type(error).__name__
