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

"""What the node does to each image, in one place: replay does the very same without a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from movenet_ros.backends import BackendRequest
from movenet_ros.backends import MODEL_KINDS
from movenet_ros.backends import open_backend
from movenet_ros.core.backend import Backend
from movenet_ros.core.following import Follower
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.image import SourceImage
from movenet_ros.core.pipeline import PoseEstimator
from movenet_ros.core.pipeline import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import model_at
from movenet_ros.ros.parameters import PoseParameters

WARM_UP_WH = ((640, 480), (1280, 720))  # the shapes that cameras send

Say = Callable[[str], None]


class Perception:
    """
    Finds people in images and follows them from one to the next.

    :param settings: the node's parameters.
    :param say: takes lines on how it goes on.
    :param warn: takes lines on what is amiss.
    :param backend: for tests; None opens the one that the parameters ask for.
    :raises StartError: if the model or the runtime does not allow a start.
    """

    def __init__(
        self, settings: PoseParameters, say: Say, warn: Say, backend: Backend | None = None
    ) -> None:
        self.backend = backend or _open_backend(settings, say)
        follow = _follow_settings(settings)
        self._estimator = PoseEstimator(
            self.backend, settings.input_size, follow.least_score, settings.max_people
        )
        self._follower = Follower(follow, warn)
        for image_wh in WARM_UP_WH:
            self._estimator.warm_up(image_wh)

    def prepare(self, image: SourceImage) -> Prepared:
        """
        Make the model's input of an image that comes later; in any thread.

        :raises ImageError: if it cannot be scaled.
        """
        return self._estimator.prepare(image)

    def people(
        self, image: SourceImage, stamp_ns: int, prepared: Prepared | None = None
    ) -> Poses:
        """
        Find the people in the next image.

        :param stamp_ns: the stamp of its header in nanoseconds.
        :param prepared: the same image, where that was done before.
        :raises FrameError: if the image cannot be scaled, or the runtime fails.
        """
        poses = self._estimator.estimate(image, prepared)
        return self._follower.follow(poses, image.wh, stamp_ns)

    def apply(self, settings: PoseParameters) -> None:
        """Take over parameters that changed; they hold from the next image on."""
        self._follower.settings = _follow_settings(settings)
        self._estimator.person_threshold = self._follower.settings.least_score


def _open_backend(settings: PoseParameters, say: Say) -> Backend:
    """Load the model into the runtime asked for, and say which that is."""
    files = (
        model_at(settings.model_path)
        if settings.model_path
        else ensure_model(say=say, only=MODEL_KINDS.get(settings.backend))
    )
    backend, why = open_backend(
        BackendRequest(
            name=settings.backend,
            device=settings.device,
            gpu_memory_limit_mb=settings.gpu_memory_limit_mb,
            saved_model=files.saved_model,
            onnx=files.onnx,
            threads=settings.threads,
            precision=settings.precision,
            input_size=settings.input_size,
            compiled=files.compiled,
        ),
        say=say,
    )
    say(f'backend {backend.info} ({why})')
    return backend


def _follow_settings(settings: PoseParameters) -> FollowSettings:
    """Pick out the parameters on following people."""
    return FollowSettings(
        **{each.name: getattr(settings, each.name) for each in fields(FollowSettings)}
    )
