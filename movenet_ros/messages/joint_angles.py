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
Joint angles of people as messages of the topic ``joint_angles``, and back.

A message has every angle of everybody in the image, by name: ``3/left_knee`` of the person 3. An
angle or a velocity that is not known is NaN, so that names and their places change with the people
alone. Efforts are empty. Standard deviations are not in it: the message has no field for them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Sequence
from functools import lru_cache

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.observing import Observed
from movenet_ros.messages.template import filled
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

UNTRACKED = 'untracked_{}'  # the first of the people without an id, the second, ...


def joint_angles_to_msg(observed: Observed, header: Header) -> JointState:
    """Make the message: people by their ids, those without one last, in the order they come in."""
    order = _order(observed.ids)
    msg = JointState(header=header, name=_names(observed.ids[order].tolist()))
    msg.position = array('d', observed.angles.values[order].tobytes())
    msg.velocity = array('d', observed.velocities[order].tobytes())
    return msg


def joint_angles_to_bytes(observed: Observed, header: Header) -> bytes:
    """Make the message, serialized: what joint_angles_to_msg and rclpy make (prepared.py)."""
    order = _order(observed.ids)
    numbers = np.stack([observed.angles.values[order], observed.velocities[order]])
    return filled(_template(tuple(observed.ids[order].tolist()), header.frame_id), header, numbers)


@lru_cache(maxsize=64)  # people come and go
def _template(ids: tuple[int, ...], frame_id: str) -> Template:
    """Let the middleware serialize a message with marks, and find them."""
    def write(msg: JointState, mark: Callable[[], float]) -> None:
        msg.position = [mark() for _ in msg.name]
        msg.velocity = [mark() for _ in msg.name]

    return template_of(JointState(header=marked_header(frame_id), name=_names(ids)), write)


def joint_angles_from_msg(msg: JointState) -> dict[str, dict[str, float]]:
    """
    Read a message of the topic ``joint_angles``; the one call that a consumer needs.

    :return: for each person the angles by name, in radians, NaN where one is not known. A person
        is the id as text, or untracked_1, untracked_2, ...
    :raises ValueError: if it is not laid out as :func:`joint_angles_to_msg` does it.
    """
    if len(msg.name) != len(msg.position):
        raise ValueError(
            f'not a message of the topic joint_angles: {len(msg.position)} positions for'
            f' {len(msg.name)} names'
        )
    people: dict[str, dict[str, float]] = {}
    for name, value in zip(msg.name, msg.position):
        person, _, angle = name.partition('/')
        if angle not in ANGLES:
            raise ValueError(f"not a message of the topic joint_angles: '{name}' is no angle")
        people.setdefault(person, {})[angle] = value
    return people


def _order(ids: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the places of people by their ids, those without one last."""
    return np.argsort(np.where(ids > 0, ids, np.inf), kind='stable')


def _names(ids: Sequence[int]) -> list[str]:
    """Return the names of all angles of people, of those without an id by their count."""
    people = [str(each) for each in ids if each > 0]
    people += [UNTRACKED.format(i + 1) for i in range(len(ids) - len(people))]
    return [f'{person}/{angle}' for person in people for angle in ANGLES]
