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
The table of outputs: what the node publishes and a replay writes, one row each.

Whoever adds a row adds a topic: the node, replay and the tests of launch files and papers read
this table.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import Generic
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

from builtin_interfaces.msg import Time
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.drawing_angles import names_in
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.observing import DOWN_OF_ROTATE
from movenet_ros.core.observing import Observed
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.poses import label_info
from movenet_ros.messages.prepared import detections_to_bytes
from movenet_ros.messages.prepared import image_to_bytes
from movenet_ros.messages.prepared import poses_to_bytes
from movenet_ros.messages.stamped import stamp_ns
import numpy as np
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo

ANNOTATED, ANNOTATIONS = 'image_annotated', 'annotations'
RELIABLE = QoSProfile(depth=10)  # with 1, an image_annotated right behind loses some
RELIABLE_IMAGE = QoSProfile(depth=1)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

Source = TypeVar('Source')


class Annotate(Protocol):
    """What is drawn beside the skeletons: :class:`movenet_ros.settings.AnnotateSettings`."""

    @property
    def boxes(self) -> bool:
        """Return whether boxes are."""

    @property
    def scores(self) -> bool:
        """Return whether scores are."""

    @property
    def refined(self) -> bool:
        """Return whether a mark is for each person who was looked at closely in the image."""

    @property
    def angles(self) -> str:
        """Return which joint angles are."""

    @property
    def activities(self) -> bool:
        """Return whether what each person does is."""


class OutputSettings(Protocol):
    """What outputs read of the settings: :class:`movenet_ros.settings.PoseParameters`."""

    @property
    def keypoint_threshold(self) -> float:
        """Return the minimum score of a keypoint that is drawn."""

    @property
    def annotate(self) -> Annotate:
        """Return what is drawn beside the skeletons."""

    @property
    def rotate(self) -> int:
        """Return by how many degrees people's heads are turned from up."""


@dataclass(frozen=True, eq=False)
class Result:
    """
    The people in an image, and all that a message about them may need.

    :param header: of the image.
    :param poses: in pixels of the image.
    :param observer: of the stream, for what is drawn of what people do; None: nothing is.
    """

    header: Header
    image: SourceImage
    poses: Poses
    settings: OutputSettings
    observer: Observer | None = None

    @property
    def stamp_ns(self) -> int:
        """Return the stamp of the image in nanoseconds."""
        return stamp_ns(self.header.stamp)

    @cached_property
    def observed(self) -> Observed | None:
        """
        Return what the people do, where that is drawn.

        To be asked image by image, in their order: the observer has a memory.
        """
        annotate = self.settings.annotate
        if self.observer is None or not (names_in(annotate.angles) or annotate.activities):
            return None
        bodies = bodies_in_image(self.poses, self.settings.keypoint_threshold)
        down = DOWN_OF_ROTATE[self.settings.rotate]
        observed = self.observer.observe(bodies, self.stamp_ns, down)
        return observed.told() if annotate.activities else observed

    @cached_property
    def annotated_bgr(self) -> NDArray[np.uint8]:
        """Return ``(H, W, 3)``: a copy of the image with the people drawn into it."""
        return draw_poses(
            self.image.as_bgr(),
            self.poses,
            self.settings.keypoint_threshold,
            self.settings.annotate.boxes,
            self.settings.annotate.scores,
            self.settings.annotate.refined,
            self.observed,
            names_in(self.settings.annotate.angles),
            self.settings.annotate.activities,
        )


class Labels(NamedTuple):
    """
    What the class ids of the people mean, from a time on.

    :param skeleton: of the network.
    :param threshold: minimum score of a person.
    """

    skeleton: Skeleton
    threshold: float
    stamp: Time


@dataclass(frozen=True)
class Output(Generic[Source]):
    """
    A topic.

    :param name: relative.
    :param to_bytes: makes a message of ``msg_type``, serialized; None where there is none.
    :param in_thread: whether that takes so long that it is done in a thread of its own, where what
        it cannot keep up with is dropped.
    :param first: what is done before, for every image and in their order, where it is.
    """

    name: str
    msg_type: type[Any]
    qos: QoSProfile
    to_bytes: Callable[[Source], bytes | None]
    in_thread: bool = False
    first: Callable[[Source], Any] = lambda it: None


Outputs = Sequence[Output[Result]]


def _for_foxglove() -> Outputs:
    """Return the row of annotations, or none: foxglove_msgs is a package that not all have."""
    try:
        from foxglove_msgs.msg import ImageAnnotations
    except ImportError:
        return ()
    from movenet_ros.messages.annotations import shown_of
    from movenet_ros.messages.prepared_annotations import annotations_to_bytes

    def to_bytes(it: Result) -> bytes:
        threshold, scores = it.settings.keypoint_threshold, it.settings.annotate.scores
        return annotations_to_bytes(shown_of(it.poses, it.image.wh, threshold, scores), it.header)

    return (Output(ANNOTATIONS, ImageAnnotations, RELIABLE, to_bytes),)


OUTPUTS: Outputs = (  # a robot waits for the poses, so they are first
    Output('poses', Detection2DArray, RELIABLE, lambda it: poses_to_bytes(it.poses, it.header)),
    Output(
        'detections',
        Detection2DArray,
        RELIABLE,
        lambda it: detections_to_bytes(it.poses, it.header),
    ),
    *_for_foxglove(),
    Output(
        ANNOTATED,
        Image,
        RELIABLE_IMAGE,
        lambda it: image_to_bytes(it.annotated_bgr, it.header),
        in_thread=True,
        first=lambda it: it.observed,
    ),
)
"""One message each for every image whose people were found."""

LABEL_INFO: Output[Labels] = Output(
    'label_info', LabelInfo, LATCHED, lambda it: bytes(serialize_message(label_info(*it)))
)
"""One message when the node is configured, and when the threshold changes."""
