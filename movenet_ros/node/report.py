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

"""What the node knows of itself, collected for /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from movenet_ros.node.monitor import Activity
from movenet_ros.perception import Perception
from movenet_ros.settings import DiagnosticsSettings

if TYPE_CHECKING:
    from movenet_ros.node.pose_node import PoseNode
    from movenet_ros.node.stream import Stream


@dataclass(frozen=True)
class Report:
    """
    The state of the node, and of one camera.

    :param state: of the lifecycle.
    :param camera: of several, whose images these are; empty: the only one.
    :param activity: of the last seconds.
    :param thresholds: beyond which there is a warning.
    :param topic: of the images.
    :param idle: why nothing is processed, empty while images are.
    :param images_problem: what is wrong with the images, empty if nothing is.
    :param model_problem: why there is no model, empty if nothing is wrong.
    :param fallback: why the model does not run where it could, empty if it does.
    :param mode_problem: why the mode is not the one asked for, empty if it is.
    :param is_loading: whether the model is being loaded anew.
    :param counts_dropped: whether the number of dropped images is known.
    :param model: figures about the model, by name.
    """

    state: str
    activity: Activity
    thresholds: DiagnosticsSettings
    camera: str = ''
    topic: str = ''
    idle: str = ''
    images_problem: str = ''
    model_problem: str = ''
    fallback: str = ''
    mode_problem: str = ''
    is_loading: bool = False
    counts_dropped: bool = False
    model: Mapping[str, str] = field(default_factory=dict)


def reports_of(node: PoseNode) -> list[Report]:
    """Collect a report for each camera; in any thread."""
    return [_report_of(node, each) for each in node.streams]


def _report_of(node: PoseNode, stream: Stream) -> Report:
    perception = node.perception
    return Report(
        state=node.state,
        activity=stream.monitor.activity(),
        thresholds=stream.settings.diagnostics,
        camera=stream.camera,
        topic=stream.topic,
        idle=stream.idle if stream.is_active else node.state,
        images_problem=stream.problem,
        model_problem=str(node.refusal or ''),
        fallback=perception.fallback if perception else '',
        mode_problem=perception.choice.problem if perception else '',
        is_loading=perception.is_loading if perception else False,
        counts_dropped=stream.counts_dropped,
        model=_described(perception) if perception else {},
    )


def _described(perception: Perception) -> dict[str, str]:
    """Return what runs."""
    networks, choice = perception.networks, perception.choice
    first, closer = networks.first, networks.closer
    info = first.runtime.info
    return {
        'backend': str(info),
        'device': info.device,
        'mode': choice.mode,
        'mode_reason': choice.why,
        'model': str(first.file or ''),
        'sha256': first.sha256,
        'input_shape': 'x'.join(map(str, first.shape)),
        'refine_model': str(closer.file or '') if closer else '',
        'refine_sha256': closer.sha256 if closer else '',
        'refine_input_shape': 'x'.join(map(str, closer.shape)) if closer else '',
        'failures': str(perception.failures),
    }
