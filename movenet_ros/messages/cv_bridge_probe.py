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
Whether cv_bridge works, found out in a process of its own.

It is compiled for one NumPy and one OpenCV: beside others it fails in many ways, the worst of
which is a segmentation fault when it converts an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec

from movenet_ros.core.processes import asking
from movenet_ros.core.processes import print_answer
from movenet_ros.core.processes import ProcessError
from movenet_ros.core.wording import one_line
from sensor_msgs.msg import Image

LONGEST_S = 20.0  # to load it, on a slow machine
NOT_INSTALLED = 'cv_bridge is not installed'
RGB = bytes(range(6))
BGR = [[[2, 1, 0], [5, 4, 3]]]


@lru_cache(1)
def problem() -> str:
    """Return why cv_bridge cannot be used here, in a few words, or nothing; found out once."""
    if find_spec('cv_bridge') is None:
        return NOT_INSTALLED
    try:
        with asking(__name__, timeout_s=LONGEST_S) as question:
            return str(question.answer())
    except ProcessError as error:
        return f'cv_bridge {error} when it converts an image'


def try_conversion() -> str:
    """Convert an image in this process, which may crash; return what is wrong, or nothing."""
    msg = Image(encoding='rgb8', width=2, height=1, step=6, data=RGB)
    try:
        from cv_bridge import CvBridge

        pixels = CvBridge().imgmsg_to_cv2(msg, 'bgr8')
    except Exception as error:  # noqa: B902 (built for another NumPy, it raises anything)
        if isinstance(error, ModuleNotFoundError) and error.name == 'cv_bridge':
            return NOT_INSTALLED
        return f'cv_bridge converts no image: {type(error).__name__}: {one_line(error)}'
    return '' if pixels.tolist() == BGR else 'cv_bridge converts an image wrongly'


def main(args: Sequence[str]) -> None:
    """Answer :func:`problem`."""
    print_answer(try_conversion())
