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
People in images, and from one image to the next: the library, and what node and replay run.

    with Perception(Settings(input_size=384)) as perception:
        people = perception.people(image_rgb)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
import logging
from pathlib import Path
import time
from types import TracebackType
from typing import Any
from typing import NamedTuple
from typing import Protocol

from movenet_ros.backends.choice import open_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.image import SourceImage
from movenet_ros.core.new_shapes import NewShapes
from movenet_ros.core.pose_model import MakeModel
from movenet_ros.core.pose_model import PoseModel
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.turning import turned_back
from movenet_ros.core.turning import upright
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import model_at
from movenet_ros.settings import checked
from movenet_ros.settings import Settings
import numpy as np
from numpy.typing import NDArray

WARM_UP_WH = ((640, 480), (1280, 720))  # the sizes that cameras send
LIVE_WARM_UP_WH = ((480, 480), (640, 480))  # first the square, which holds images of every size
CALM_IMAGES = 30  # without a failure, after which one is worth a line again


class Log(Protocol):
    """A logger: Python's or rclpy's."""

    def info(self, message: str, /) -> Any:
        """Log a line on what is done."""

    def warning(self, message: str, /) -> Any:
        """Log a line on what is wrong."""


class Perception:
    """
    Finds people in images and follows them from one to the next.

    :param settings: which model runs where, and which people are returned.
    :param log: None: Python's logger ``movenet_ros``.
    :param runtime: with the network loaded; None opens the one that the settings ask for.
    :param model: the network, as ``model(input_size, person_threshold, max_people)``.
    :param live: images do not wait: those of a new shape run with more padding while the runtime
        is made ready for it. Else each runs in its own, so that it gives the same at any time.
    :raises StartError: if the model or the runtime does not allow a start.
    """

    failures = 0
    """How many inferences have failed."""

    file: Path | None = None
    """The file that holds the network, None where a runtime was given."""

    sha256 = ''
    """Of that file."""

    fallback = ''
    """Why the network does not run on a GPU that is there, and the fix; else empty."""

    is_loading = False
    """Whether the network is being loaded anew, which takes seconds."""

    inference_s = 0.0
    """How long the network took for the latest image, in seconds."""

    input_shape: tuple[int, ...] = ()
    """Of the network's first input for the latest image."""

    def __init__(
        self,
        settings: Settings | None = None,
        log: Log | None = None,
        runtime: Runtime | None = None,
        model: MakeModel = MultiPose,
        live: bool = False,
    ) -> None:
        self.settings = checked(settings or Settings())
        self._log = log or logging.getLogger('movenet_ros')
        self._make_model = model
        self._calm_images = CALM_IMAGES
        self._image_wh = WARM_UP_WH[0]
        self._warm_up_wh = LIVE_WARM_UP_WH if live else WARM_UP_WH
        self._tracker: PeopleTracker | None = None
        self.model = self._made(self.settings)
        self.runtime = runtime or self._opened(self.settings)
        self._new_shapes = self._watched() if live else None
        try:
            self._warm_up(self.settings, self.model, self._warm_up_wh)
        except InferenceError as error:
            self.failures += 1
            if not self._may_fall_back():
                self.close()
                name = self.runtime.info
                raise BackendError(f'{name} does not run the model: {error}') from error
            self._fall_back(error)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Perception:
        """Return itself; the ``with`` block ends with ``close``."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free the network."""
        self.close()

    def people(
        self,
        image: SourceImage | NDArray[np.uint8],
        stamp_ns: int | None = None,
        prepared: Prepared | None = None,
        tracker: PeopleTracker | None = None,
    ) -> Poses:
        """
        Find the people in the next image.

        :param image: ``(H, W, 3)`` uint8 RGB, or an image with another order of channels.
        :param stamp_ns: when it was taken, in nanoseconds: people get ids, and keypoints are
            smoothed from one image to the next. None: each image for itself.
        :param prepared: the same image, where ``prepare`` was called before.
        :param tracker: of the stream that the image is of; None: all images are of one stream.
        :raises FrameError: if the image cannot be read, or the runtime fails on this one.
        :raises BackendError: if the runtime fails on every image.
        """
        if not isinstance(image, SourceImage):
            image = SourceImage(np.asarray(image), 'rgb')
        runtime = self.runtime
        poses = self.find(image, prepared)
        if stamp_ns is None:
            return poses.scored(self.settings.person_threshold)
        tracker = tracker or self._own_tracker()
        poses = tracker.follow(poses, image.wh, stamp_ns)
        if self.runtime is not runtime:
            tracker.expect_gap()  # loading the network anew took a while
        return poses

    def find(self, image: SourceImage, prepared: Prepared | None = None) -> Poses:
        """
        Find people for a :class:`PeopleTracker`: low scores too, without ids.

        A failed inference is tried once more. Where that fails too, and the device is left to us,
        the network is loaded anew on the CPU.

        :raises FrameError: if the image cannot be scaled, or the runtime fails on this one.
        :raises BackendError: if the runtime fails on every image.
        """
        self._image_wh = image.wh
        rotate = self.settings.rotate if prepared is None else prepared.rotate
        turned = upright(image, rotate)
        try:
            poses = self._find(turned, prepared)
            self._calm_images += 1
        except InferenceError as error:
            poses = self._try_again(error, turned, prepared)
        return turned_back(poses, rotate, image.wh)

    def prepare(self, image: SourceImage) -> Prepared:
        """
        Make the network's input of an image that comes later; in any thread.

        :raises ImageError: if it cannot be scaled.
        """
        rotate = self.settings.rotate
        return replace(self.model.prepare(upright(image, rotate)), rotate=rotate)

    def apply(self, settings: Settings) -> None:
        """
        Accept settings that changed; they hold from the next image on.

        :raises StartError: if one is out of range.
        :raises InferenceError: if the network does not run at the new input_size or rotate; then
            nothing has changed.
        """
        before, settings = self.settings, checked(settings)
        if (settings.input_size, settings.rotate) != (before.input_size, before.rotate):
            model = self._made(settings)
            images_wh = self._warm_up_wh[:1] if self._new_shapes else [self._image_wh]
            self._warm_up(settings, model, images_wh)
            self.model = model
        self.settings = settings
        if self._tracker is not None:
            self._tracker.settings = settings
        self.model.person_threshold = settings.least_score
        self.model.max_people = settings.max_people

    def close(self) -> None:
        """Free the network, on a GPU too; no image can be asked about afterwards."""
        self.settle()
        self.runtime.close()

    def settle(self) -> None:
        """Wait until no thread makes the runtime ready for another shape."""
        if self._new_shapes is not None:
            self._new_shapes.close()

    def _find(self, image: SourceImage, prepared: Prepared | None) -> Poses:
        """Find people, once."""
        if self._new_shapes is not None and prepared is None:
            shapes = self._new_shapes.padded(self.model.input_shapes(image.wh))
            prepared = None if shapes is None else self.model.prepare(image, shapes)
        return self.model.find(image, self._run, prepared)

    def _run(self, inputs: Tensors) -> Tensors:
        begun_s = time.perf_counter()
        outputs = self.runtime.run(inputs)
        self.inference_s = time.perf_counter() - begun_s
        self.input_shape = next(iter(inputs.values())).shape
        return outputs

    def _own_tracker(self) -> PeopleTracker:
        """Return the tracker of the one stream of images, made when it is needed."""
        if self._tracker is None:
            self._tracker = PeopleTracker(self.settings, self._log.warning, self._log.info)
        return self._tracker

    def _made(self, settings: Settings) -> PoseModel:
        return self._make_model(settings.input_size, settings.least_score, settings.max_people)

    def _warm_up(
        self, settings: Settings, model: PoseModel, images_wh: Iterable[tuple[int, int]]
    ) -> None:
        """Run on black, so that the first image of a size does not pay for the start."""
        for width, height in images_wh:
            black = SourceImage(np.zeros((height, width, 3), np.uint8), 'rgb')
            model.find(upright(black, settings.rotate), self._run)

    def _watched(self) -> NewShapes:
        return NewShapes(self.runtime, self._log.info, self._log.warning)

    def _opened(self, settings: Settings) -> Runtime:
        runtime, _, path, self.fallback = open_runtime(settings, self.model.spec, self._log)
        self.file = path / 'saved_model.pb' if path and path.is_dir() else path
        self.sha256 = sha256_of(self.file) if self.file and self.file.is_file() else ''
        return runtime

    def _try_again(
        self, error: InferenceError, image: SourceImage, prepared: Prepared | None
    ) -> Poses:
        """Do what can be done about a failed inference."""
        self.failures += 1
        try:
            poses = self._find(image, prepared)
            if self._calm_images >= CALM_IMAGES:
                self._log.warning(f'an inference failed, and worked when repeated: {error}')
            self._calm_images = 0
            return poses
        except InferenceError as again:
            self.failures += 1
            error = again
        self._calm_images = 0
        if self._may_fall_back():
            self._fall_back(error)
            return self._find(image, prepared)
        try:
            self._warm_up(self.settings, self.model, self._warm_up_wh[:1])
        except InferenceError as again:
            name = self.runtime.info
            raise BackendError(f'{name} no longer runs the model: {again}') from again
        raise error  # the network runs, but not on this image

    def _may_fall_back(self) -> bool:
        """Return whether it runs on a GPU that was not insisted on."""
        return self.settings.device == 'auto' and self.runtime.info.device.startswith('GPU')

    def _fall_back(self, error: InferenceError) -> None:
        """Load the network anew, on the CPU."""
        before = self.runtime.info
        self._log.warning(f'{before} fails ({error}): loading the model anew, on the CPU')
        self.is_loading = True
        try:
            self.close()
            self.runtime = self._opened(replace(self.settings, device='cpu'))
            self._new_shapes = self._new_shapes and self._watched()
            self.fallback = f'{before} failed ({error}): now {self.runtime.info}'
            self._warm_up(self.settings, self.model, self._warm_up_wh)
        except InferenceError as again:
            self.close()
            name = self.runtime.info
            raise BackendError(f'{name} does not run the model: {again}') from again
        finally:
            self.is_loading = False


class Opened(NamedTuple):
    """
    A runtime with a network.

    :param why: the runtime is this one, in a few words.
    :param path: of the file or the folder that was loaded; None where there is none.
    :param warning: why a GPU that is there is not used, and the fix; else empty.
    """

    runtime: Runtime
    why: str
    path: Path | None
    warning: str = ''


def open_runtime(settings: Settings, spec: ModelSpec, log: Log) -> Opened:
    """
    Load a network into the runtime asked for, and log which that is.

    :raises StartError: if the model or the runtime is not to be had.
    """
    files = (
        model_at(settings.model_path)
        if settings.model_path
        else ensure_model(spec.variant, log.info, MODEL_KINDS.get(settings.backend))
    )
    request = BackendRequest(
        spec=spec,
        name=settings.backend,
        device=settings.device,
        gpu_memory_limit_mb=settings.runtime.gpu_memory_limit_mb,
        saved_model=files.saved_model,
        onnx=files.onnx,
        threads=settings.runtime.threads,
        precision=settings.runtime.precision,
        compiled=files.compiled,
    )
    try:
        runtime, choice = open_backend(request, log.info)
    except ModelError as error:
        if not settings.model_path:
            raise
        convert = f'run "{fetch_command()} --from PATH" to convert an export of Google\'s'
        raise ModelError(f'{error}: {convert}') from error
    log.info(f'backend {runtime.info} ({choice.why})')
    if choice.warning:
        log.warning(choice.warning)
    path = request.model_for(runtime.info.name)
    return Opened(runtime, choice.why, path, choice.warning)
