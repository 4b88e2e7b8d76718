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
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from movenet_ros.backends import open_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.following import Follower
from movenet_ros.core.image import SourceImage
from movenet_ros.core.pipeline import PoseEstimator
from movenet_ros.core.pipeline import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import model_at
from movenet_ros.settings import Settings

WARM_UP_WH = ((640, 480), (1280, 720))  # the shapes that cameras send
CALM_IMAGES = 30  # without a failure, after which one is worth a line again

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

    failures = 0
    """How many inferences have failed."""

    model: Path | None
    """The file that holds the model, None where a test gave the backend."""

    fallback = ''
    """Why the model runs on the CPU now, in one sentence; empty where it runs as it was asked."""

    def __init__(
        self, settings: Settings, say: Say, warn: Say, backend: Runtime | None = None
    ) -> None:
        self.model = None
        self.sha256 = ''
        self._settings = settings
        self._say = say
        self._warn = warn
        self._calm_images = CALM_IMAGES
        if backend is None:
            self._open_backend(settings)
        else:
            self.backend = backend
        self._follower = Follower(settings, warn, say)
        try:
            self._estimator = self._warmed_up(settings, WARM_UP_WH)
        except InferenceError as error:
            self.failures += 1
            if not self._may_fall_back():
                self.close()
                name = self.backend.info
                raise BackendError(f'{name} does not run the model: {error}') from error
            self._fall_back(error)

    @property
    def trouble(self) -> str:
        """Return what is wrong with the stamps of the images, in one sentence, or nothing."""
        return self._follower.trouble

    @property
    def inference_s(self) -> float:
        """Return how long the model took for the latest image, in seconds."""
        return self._estimator.inference_s

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of the model's input for the latest image, ``(1, H, W, 3)``."""
        return self._estimator.input_shape

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

        A failed inference is tried once more. Where that fails too, and the device is left to us,
        the model is loaded anew on the CPU.

        :param stamp_ns: the stamp of its header in nanoseconds.
        :param prepared: the same image, where that was done before.
        :raises FrameError: if the image cannot be scaled, or the runtime fails on this one.
        :raises BackendError: if the runtime fails on every image.
        """
        try:
            poses = self._estimator.estimate(image, prepared)
            self._calm_images += 1
        except InferenceError as error:
            poses = self._try_again(error, image, prepared)
        return self._follower.follow(poses, image.wh, stamp_ns)

    def apply(self, settings: Settings) -> None:
        """
        Take over parameters that changed; they hold from the next image on.

        :raises InferenceError: if the model does not run at the new input_size; then nothing has
            changed.
        """
        if settings.input_size != self._settings.input_size:
            self._estimator = self._warmed_up(settings, [self._estimator.image_wh])
        self._settings = settings
        self._follower.settings = settings
        self._estimator.person_threshold = self._follower.settings.least_score
        self._estimator.max_people = settings.max_people

    def expect_gap(self) -> None:
        """Take it as it comes if the next image is much later: none were asked for meanwhile."""
        self._follower.expect_gap()

    def close(self) -> None:
        """Free what the model takes, on the GPU too; nothing can be asked afterwards."""
        self.backend.close()

    def _warmed_up(
        self, settings: Settings, images_wh: Iterable[tuple[int, int]]
    ) -> PoseEstimator:
        """Prepare the model's runtime for images of some sizes."""
        estimator = PoseEstimator(
            self.backend,
            settings.input_size,
            settings.least_score,
            settings.max_people,
        )
        for image_wh in images_wh:
            estimator.warm_up(image_wh)
        return estimator

    def _open_backend(self, settings: Settings) -> None:
        self.backend, path = _open_backend(settings, self._say)
        self.model = path / 'saved_model.pb' if path and path.is_dir() else path
        self.sha256 = sha256_of(self.model) if self.model and self.model.is_file() else ''

    def _try_again(
        self, error: InferenceError, image: SourceImage, prepared: Prepared | None
    ) -> Poses:
        """Do what can be done about a failed inference."""
        self.failures += 1
        try:
            poses = self._estimator.estimate(image, prepared)
            if self._calm_images >= CALM_IMAGES:
                self._warn(f'an inference failed, but not when it was tried again: {error}')
            self._calm_images = 0
            return poses
        except InferenceError as again:
            self.failures += 1
            error = again
        self._calm_images = 0
        if self._may_fall_back():
            self._fall_back(error)
            return self._estimator.estimate(image, prepared)
        try:
            self._estimator.warm_up(WARM_UP_WH[0])
        except InferenceError as again:
            raise BackendError(f'{self.backend.info} no longer runs the model: {again}') from again
        raise error  # the model runs, but not on this image

    def _may_fall_back(self) -> bool:
        """Tell whether it runs on a GPU that was not insisted on."""
        return self._settings.device == 'auto' and self.backend.info.device.startswith('GPU')

    def _fall_back(self, error: InferenceError) -> None:
        """Load the model anew, on the CPU."""
        before = self.backend.info
        self.expect_gap()  # loading takes a while
        self._warn(f'{before} fails ({error}): the model is loaded anew, on the CPU')
        self.backend.close()
        self._open_backend(replace(self._settings, device='cpu'))
        self.fallback = f'{before} failed ({error}): now {self.backend.info}'
        try:
            self._estimator = self._warmed_up(self._settings, WARM_UP_WH)
        except InferenceError as again:
            self.close()
            raise BackendError(f'{self.backend.info} does not run the model: {again}') from again


def _open_backend(settings: Settings, say: Say) -> tuple[Runtime, Path | None]:
    """
    Load the model into the runtime asked for, and say which that is.

    :return: with the file or the folder that was loaded.
    """
    files = (
        model_at(settings.model_path)
        if settings.model_path
        else ensure_model(log=say, only=MODEL_KINDS.get(settings.backend))
    )
    request = BackendRequest(
        SPEC,
        name=settings.backend,
        device=settings.device,
        gpu_memory_limit_mb=settings.runtime.gpu_memory_limit_mb,
        saved_model=files.saved_model,
        onnx=files.onnx,
        threads=settings.runtime.threads,
        precision=settings.runtime.precision,
        input_size=settings.input_size,
        compiled=files.compiled,
    )
    backend, why = open_backend(request, say=say)
    say(f'backend {backend.info} ({why})')
    return backend, request.model_for(backend.info.name)
