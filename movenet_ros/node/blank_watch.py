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

"""Whether the images show anything: a stream that stays black, white or flat is reported."""

from __future__ import annotations

from collections.abc import Callable
import time

from movenet_ros.core.blank import blankness
from movenet_ros.core.image import SourceImage
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from rclpy.node import Node

EVERY_S = 0.25  # an image is looked at
LASTS_S = 3.0  # until it is reported: a camera that starts sends a few black images
IMAGES = 3  # at least
WHAT_TO_CHECK = {
    'black': 'is the lens covered, the exposure too short, the light off, or the encoding wrong?',
    'white': 'is the exposure too long, is there light in the lens, or is the encoding wrong?',
    'flat': 'is the lens covered, does the camera send a test image, or is the encoding wrong?',
}


class BlankWatch:
    """
    Logs that images show nothing.

    :param node: whose log it is.
    :param clock: in seconds; it never stands still.
    :param camera: of several; empty: the only one.
    """

    def __init__(
        self, node: Node, clock: Callable[[], float] = time.monotonic, camera: str = ''
    ) -> None:
        self._log = ConditionLog(node, camera)
        self._clock = clock
        self._kind = ''
        self._since_s = self._next_s = 0.0
        self._images = 0

    @property
    def problem(self) -> str:
        """Return what is wrong with the images in one sentence, or nothing."""
        return self._log.sentence

    def check(self, image: SourceImage) -> None:
        """Look at an image, but at no more than a few a second."""
        now_s = self._clock()
        if now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        kind = blankness(image)
        if kind != self._kind:
            self._kind, self._since_s, self._images = kind, now_s, 0
        self._images += 1
        if not kind:
            self._log.report(None, 'the images show something again')
        elif self._images >= IMAGES and now_s - self._since_s >= LASTS_S:
            sentence = f'the images have been {kind} for seconds: {WHAT_TO_CHECK[kind]}'
            self._log.report(Condition(kind, sentence))

    def forget(self) -> None:
        """Forget all images."""
        self._kind, self._images = '', 0
        self._log.report(None)
