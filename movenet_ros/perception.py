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

    with Perception(Settings(mode='accurate')) as perception:
        people = perception.people(image_rgb)
"""

from __future__ import annotations

from dataclasses import replace
import logging
from types import TracebackType

from movenet_ros.core.costs import Costs
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.image import SourceImage
from movenet_ros.core.modes import Choice
from movenet_ros.core.new_shapes import NewShapes
from movenet_ros.core.pose_model import MakeModel
from movenet_ros.core.pose_model import PoseModel
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import CAMERA_SHAPES
from movenet_ros.core.runtime import LIVE_SHAPES
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.scene import Scene
from movenet_ros.core.turning import turned_back
from movenet_ros.core.turning import upright
from movenet_ros.finder import Finder
from movenet_ros.model.movenet import MultiPose
from movenet_ros.networks import Log
from movenet_ros.networks import Networks
from movenet_ros.settings import checked
from movenet_ros.settings import Settings
import numpy as np
from numpy.typing import NDArray

WARM_UP_WH = ((640, 480), (1280, 720))  # the sizes that cameras send
LIVE_WARM_UP_WH = ((480, 480), (640, 480))  # first the square, which holds images of every size
CALM_IMAGES = 30  # without a failure, after which one is worth a line again


class Perception:
    """
    Finds people in images and follows them from one to the next.

    :param settings: which model runs where, and which people are returned.
    :param log: None: Python's logger ``movenet_ros``.
    :param runtime: with the network loaded; None opens the one that the settings ask for.
    :param model: the network, as ``model(input_size, person_threshold, max_people)``.
    :param closer: a runtime with the network that looks closer at people, for one with
        ``runtime``; None opens it where the mode takes it and ``runtime`` is None.
    :param costs: of both networks; None measures them, once on a machine.
    :param live: images do not wait: those of a new shape run with more padding while the runtime
        is made ready for it. Else each runs in its own, so that it gives the same at any time.
    :param streams: whose images come by turns, each with a tracker of its own; the shapes of all
        stay ready.
    :raises StartError: if the model or the runtime does not allow a start.
    """

    failures = 0
    """How many inferences have failed."""

    fallback = ''
    """Why the networks do not run on a GPU that is there, and the fix; else empty."""

    is_loading = False
    """Whether the networks are being loaded anew, which takes seconds."""

    choice: Choice
    """The mode that runs, and why."""

    def __init__(
        self,
        settings: Settings | None = None,
        log: Log | None = None,
        runtime: Runtime | None = None,
        model: MakeModel = MultiPose,
        live: bool = False,
        closer: Runtime | None = None,
        costs: Costs | None = None,
        streams: int = 1,
    ) -> None:
        self.settings = checked(settings or Settings())
        self._log = log or logging.getLogger('movenet_ros')
        self._make_model = model
        self._calm_images = CALM_IMAGES
        self._image_wh = WARM_UP_WH[0]
        self._warm_up_wh = LIVE_WARM_UP_WH if live else WARM_UP_WH
        self._is_live = live
        self._tracker: PeopleTracker | None = None
        self._streams = streams
        most_shapes = LIVE_SHAPES if live else MAX_SHAPES
        self._most_shapes = most_shapes + CAMERA_SHAPES * (streams - 1)
        self.networks = Networks(
            self.settings, self._log, model, runtime, closer, costs, self._most_shapes
        )
        self.fallback = self.networks.first.warning
        try:
            self._begin()
        except InferenceError as error:
            self.failures += 1
            if not self._may_fall_back():
                self.close()
                raise BackendError(
                    f'{self.runtime.info} does not run the model: {error}'
                ) from error
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

    @property
    def model(self) -> PoseModel:
        """Return what the tensors of the network that finds people mean."""
        return self.finder.model

    @property
    def runtime(self) -> Runtime:
        """Return the runtime that it is loaded into."""
        return self.networks.first.runtime

    @property
    def inference_s(self) -> float:
        """Return how long the networks took for the latest image, in seconds."""
        return self.networks.seconds

    def people(
        self,
        image: SourceImage | NDArray[np.uint8],
        stamp_ns: int | None = None,
        prepared: Prepared | None = None,
        tracker: PeopleTracker | None = None,
        rotate: int | None = None,
    ) -> Poses:
        """
        Find the people in the next image.

        :param image: ``(H, W, 3)`` uint8 RGB, or an image with another order of channels.
        :param stamp_ns: when it was taken, in nanoseconds: people get ids, and keypoints are
            smoothed from one image to the next. None: each image for itself.
        :param prepared: the same image, where ``prepare`` was called before.
        :param tracker: of the stream that the image is of; None: all images are of one stream.
        :param rotate: in place of that of the settings.
        :raises FrameError: if the image cannot be read, or the runtime fails on this one.
        :raises BackendError: if the runtime fails on every image.
        """
        if not isinstance(image, SourceImage):
            image = SourceImage(np.asarray(image), 'rgb')
        if stamp_ns is None:
            return self.find(image, prepared, None, rotate).scored(self.settings.person_threshold)
        runtime, tracker = self.runtime, tracker or self._own_tracker()
        poses = self.find(image, prepared, tracker.scene_at(image.wh, stamp_ns), rotate)
        poses = tracker.follow(poses, image, stamp_ns)
        if self.runtime is not runtime:
            tracker.expect_gap()  # loading the network anew took a while
        return poses

    def find(
        self,
        image: SourceImage,
        prepared: Prepared | None = None,
        scene: Scene | None = None,
        rotate: int | None = None,
    ) -> Poses:
        """
        Find people for a :class:`PeopleTracker`: low scores too, without ids.

        A failed inference is tried once more. Where that fails too, and the device is left to us,
        the network is loaded anew on the CPU.

        :param scene: of the stream that it is the next image of; None for an image on its own.
        :param rotate: in place of that of the settings.
        :raises FrameError: if the image cannot be scaled, or the runtime fails on this one.
        :raises BackendError: if the runtime fails on every image.
        """
        self._image_wh = image.wh
        if rotate is None:
            rotate = self.settings.rotate if prepared is None else prepared.rotate
        turned = upright(image, rotate)
        try:
            poses = self.finder.find(turned, prepared, scene)
            self._calm_images += 1
        except InferenceError as error:
            poses = self._try_again(error, turned, prepared, scene)
        return turned_back(poses, rotate, image.wh)

    def prepare(self, image: SourceImage) -> Prepared | None:
        """
        Make the network's input of an image that comes later; in any thread.

        :return: None where what an image costs depends on those before.
        :raises ImageError: if it cannot be scaled.
        """
        if not self.finder.is_fast:
            return None
        rotate = self.settings.rotate
        return replace(self.model.prepare(upright(image, rotate)), rotate=rotate)

    def apply(self, settings: Settings) -> None:
        """
        Accept settings that changed; they hold from the next image on.

        :raises StartError: if one is out of range, or the mode asked for cannot be had.
        :raises InferenceError: if a network does not run as they say; then nothing has changed.
        """
        before, choice, settings = self.settings, self.choice, checked(settings)
        is_other = _on_which_it_depends(settings) != _on_which_it_depends(before)
        try:
            if is_other or choice.problem:  # which may be over
                choice = self._chosen(settings, is_running=True)
            finder = self._made(settings, choice.mode)
            if is_other or choice != self.choice:
                finder.warm_up(self._warm_up_wh[:1] if self._is_live else [self._image_wh])
            if choice != self.choice:
                self._report(choice)
            self.settings, self.finder, self.choice = settings, finder, choice
        finally:
            self.networks.keep(self.choice.mode)
        if self._tracker is not None:
            self._tracker.settings = settings

    def close(self) -> None:
        """Free the networks, on a GPU too; no image can be asked about afterwards."""
        self.settle()
        self.networks.close()

    def settle(self) -> None:
        """Wait until no thread makes the runtime ready for another shape."""
        if self._new_shapes is not None:
            self._new_shapes.close()

    def new_tracker(self) -> PeopleTracker:
        """Return a tracker for another stream of images, which knows nobody."""
        return PeopleTracker(self.settings, self._log.warning, self._log.info)

    def _own_tracker(self) -> PeopleTracker:
        """Return the tracker of the one stream of images, made when it is needed."""
        if self._tracker is None:
            self._tracker = self.new_tracker()
        return self._tracker

    def _begin(self) -> None:
        """
        Choose the mode, and run on black.

        :raises InferenceError: if a network does not run.
        """
        info, warn = self._log.info, self._log.warning
        self._new_shapes = None
        if self._is_live:
            self._new_shapes = NewShapes(
                self.runtime, info, warn, self._streams, self._most_shapes
            )
        self.choice = self._chosen(self.settings)
        self.networks.keep(self.choice.mode)
        self.finder = self._made(self.settings, self.choice.mode)
        self.finder.warm_up(self._warm_up_wh)
        if self.settings.mode != 'fast':
            self._report(self.choice)

    def _chosen(self, settings: Settings, is_running: bool = False) -> Choice:
        """
        Return the mode that runs: fast where the network that looks closer is not to be had.

        :param is_running: whether images wait.
        :raises StartError: if it is not to be had, and a mode that takes it is newly asked for.
        """
        try:
            return self.networks.choose(settings, is_running)
        except StartError as error:
            if is_running and settings.mode not in ('auto', self.settings.mode):
                raise
            return Choice('fast', str(error), f'mode {settings.mode} runs as fast: {error}')

    def _report(self, choice: Choice) -> None:
        """Log which mode runs, and why."""
        if choice.problem:
            self._log.warning(choice.problem)
        else:
            self._log.info(f'mode {choice.mode} ({choice.why})')

    def _made(self, settings: Settings, mode: str) -> Finder:
        """Return what finds people in a mode."""
        return Finder(mode, settings, self._make_model, self.networks, self._new_shapes)

    def _try_again(
        self,
        error: InferenceError,
        image: SourceImage,
        prepared: Prepared | None,
        scene: Scene | None,
    ) -> Poses:
        """Do what can be done about a failed inference."""
        self.failures += 1
        try:
            poses = self.finder.find(image, prepared, scene)
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
            return self.finder.find(image, None, scene)
        try:
            self.finder.warm_up(self._warm_up_wh[:1])
        except InferenceError as again:
            name = self.runtime.info
            raise BackendError(f'{name} no longer runs the model: {again}') from again
        raise error  # the network runs, but not on this image

    def _may_fall_back(self) -> bool:
        """Return whether it runs on a GPU that was not insisted on."""
        return self.settings.device == 'auto' and self.runtime.info.is_on_gpu

    def _fall_back(self, error: InferenceError) -> None:
        """Load the networks anew, on the CPU."""
        before = self.runtime.info
        self._log.warning(f'{before} fails ({error}): loading the model anew, on the CPU')
        self.is_loading = True
        try:
            self.close()
            on_cpu = replace(self.settings, device='cpu')
            self.networks = Networks(
                on_cpu, self._log, self._make_model, most_shapes=self._most_shapes
            )
            self.fallback = f'{before} failed ({error}): now {self.runtime.info}'
            self._begin()
        except InferenceError as again:
            self.close()
            name = self.runtime.info
            raise BackendError(f'{name} does not run the model: {again}') from again
        finally:
            self.is_loading = False


def _on_which_it_depends(settings: Settings) -> tuple[object, ...]:
    """Return the settings on which the mode and the shapes of inputs depend."""
    return settings.mode, settings.input_size, settings.rotate, settings.refine
