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

"""What can be told of a topic of images by counting them and looking at their stamps."""

from __future__ import annotations

from dataclasses import replace
import struct
import time
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.serialized_image import ImageView
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Watch
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage

LEAST_GAPS = 9  # between stamps, to tell their rate
STAMP, STAMP_AT = struct.Struct('<iI'), 4  # behind CDR's four bytes; both messages begin with it


class ImageWatcher:
    """
    Counts what comes on a topic, and reads the last of it.

    :param msg_type: RAW or COMPRESSED.
    """

    def __init__(self, msg_type: str) -> None:
        self._is_raw = msg_type == RAW
        self._times: list[float] = []
        self._stamps_ns: list[int] = []
        self._last = b''
        self._arrived_ns = 0

    def on_message(self, message: bytes) -> None:
        """Take a serialized message."""
        self._times.append(time.monotonic())
        self._arrived_ns = time.time_ns()
        self._last = message
        if len(message) >= STAMP_AT + STAMP.size:
            sec, nanosec = STAMP.unpack_from(message, STAMP_AT)
            self._stamps_ns.append(sec * NANOSECONDS + nanosec)

    def result(self) -> Watch:
        """Say what came until now."""
        if not self._times:
            return Watch()
        watch = Watch(
            len(self._times), self._times[-1] - self._times[0], len(self._last),
            moves=len(set(self._stamps_ns)) > 1 if len(self._stamps_ns) > 1 else None,
            gap_s=self._usual_gap_s(),
        )
        try:
            return replace(watch, **self._read())
        except (ImageError, struct.error) as error:
            return replace(watch, error=str(error))
        except Exception as error:  # noqa: B902 (whatever rclpy makes of rubbish)
            return replace(watch, error=' '.join(str(error).split()) or type(error).__name__)

    def _usual_gap_s(self) -> float:
        """Return what is between the stamps of two images in a row, also where many are lost."""
        gaps_ns = sorted(b - a for a, b in zip(self._stamps_ns, self._stamps_ns[1:], strict=False))
        few = len(gaps_ns) < LEAST_GAPS or gaps_ns[0] <= 0
        return 0.0 if few else gaps_ns[len(gaps_ns) // 5] / NANOSECONDS

    def _read(self) -> dict[str, Any]:
        msg: Any
        if self._is_raw:
            msg = ImageView.of(self._last)
            picture = {'encoding': msg.encoding, 'wh': (msg.width, msg.height)}
        else:
            msg = deserialize_message(self._last, CompressedImage)
            picture = {'encoding': msg.format or 'no format', 'wh': (0, 0)}
        stamp = msg.header.stamp
        stamp_ns = stamp.sec * NANOSECONDS + stamp.nanosec
        age_s = (self._arrived_ns - stamp_ns) / NANOSECONDS
        return {**picture, 'age_s': age_s, 'stamped': stamp_ns != 0}
