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

"""Several cameras in one node: their names, their parameters, and what each may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from dataclasses import make_dataclass
from dataclasses import replace
from keyword import iskeyword
import re

from movenet_ros.core.errors import StartError
from movenet_ros.core.param import group
from movenet_ros.core.wording import one_line
from movenet_ros.settings import CameraParameters
from movenet_ros.settings import PoseParameters

NAME = re.compile(r'[a-z][a-z0-9]*(_[a-z0-9]+)*', re.ASCII | re.IGNORECASE)


def parameters_with(cameras: Sequence[str]) -> type[PoseParameters]:
    """
    Return the table of the pose node's parameters, with a group for each camera.

    :raises StartError: if a name cannot be that of a topic and a parameter, or comes twice.
    """
    taken = {each.name for each in fields(PoseParameters)}
    for name in cameras:
        shown = f"parameter cameras lists '{one_line(name, 80)}'"
        if not NAME.fullmatch(name):
            raise StartError(
                f'{shown}: a name begins with a letter, and has letters, digits and single _'
            )
        if iskeyword(name):
            raise StartError(f'{shown}, which is a word of Python: choose another one, {name}_1')
        if name in taken:
            raise StartError(
                f'{shown} twice' if cameras.count(name) > 1
                else f'{shown}, which is the name of a parameter: choose another one'
            )
        taken.add(name)
    if not cameras:
        return PoseParameters
    groups = [(name, CameraParameters, group(CameraParameters)) for name in cameras]
    return make_dataclass('PoseParameters', groups, bases=(PoseParameters,), frozen=True)


def of_camera(settings: PoseParameters, camera: str) -> PoseParameters:
    """
    Return the settings as they hold for one camera.

    :param camera: of several; empty: the only one.
    """
    if not camera:
        return settings
    own: CameraParameters = getattr(settings, camera)
    transport = own.image_transport
    return replace(
        settings,
        max_rate_hz=own.max_rate_hz or settings.max_rate_hz,
        rotate=(settings.rotate + own.rotate) % 360,
        image_transport=settings.image_transport if transport == 'auto' else transport,
    )


def of_an_image(settings: PoseParameters) -> PoseParameters:
    """Return the settings for one image: the cameras share the time that refine.budget_ms is."""
    refine = settings.refine
    budget_ms = refine.budget_ms / max(1, len(settings.cameras))
    return replace(settings, refine=replace(refine, budget_ms=budget_ms))
