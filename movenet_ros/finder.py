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
How people are found in an image: by one network alone, or by two.

A finder is made for settings and keeps them; other settings take another finder, with the same
networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from itertools import islice
import math

from movenet_ros.core.costs import FREE
from movenet_ros.core.image import SourceImage
from movenet_ros.core.modes import Planner
from movenet_ros.core.new_shapes import NewShapes
from movenet_ros.core.pose_model import MakeModel
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.refiner import Refined
from movenet_ros.core.refining.refiner import Refiner
from movenet_ros.core.scene import Scene
from movenet_ros.core.turning import upright
from movenet_ros.networks import Networks
from movenet_ros.settings import Settings
import numpy as np
from numpy.typing import NDArray

LEAST_CANDIDATE = 0.02  # score of who may be looked at closely
MOST_CANDIDATES = 30


class Finder:
    """
    Finds people as one mode does, with the networks that it takes.

    :param mode: ``fast``, ``balanced`` or ``accurate``.
    :param networks: that the mode takes.
    :param new_shapes: while images keep coming; None: an image waits for its shape.
    """

    def __init__(
        self,
        mode: str,
        settings: Settings,
        make_model: MakeModel,
        networks: Networks,
        new_shapes: NewShapes | None = None,
    ) -> None:
        self.mode = mode
        size = settings.input_size
        self.model = make_model(size, settings.least_score, settings.max_people)
        self.refined: Refined | None = None
        self._settings = settings
        self._networks, self._network = networks, networks.first
        self._closer = None if mode == 'fast' else networks.closer
        self._new_shapes = new_shapes
        self._models = {size: self.model}
        if self._closer is not None:
            costs = networks.costs
            self._crop_model = networks.crop_model
            self.planner = Planner(mode, size, settings.refine, costs)
            sizes = (size, self.planner.larger_size)
            self._models = {n: make_model(n, LEAST_CANDIDATE, MOST_CANDIDATES) for n in sizes}
            self._refiner = Refiner(
                self._detect, self._look, costs or FREE, self.model.skeleton,
                settings.person_threshold,
            )

    @property
    def is_fast(self) -> bool:
        """Return whether one network does it alone."""
        return self._closer is None

    @property
    def _is_followed(self) -> bool:
        """Return whether people are followed, and moved along with the camera."""
        tracking = self._settings.tracking
        return tracking.association != 'off' and tracking.camera_motion != 'off'

    @property
    def budget_used(self) -> float | None:
        """Return what the latest image cost, in averages of a stream; None without a budget."""
        if self.refined is None or math.isinf(self.planner.budget_ms):
            return None
        return self.refined.spent_ms / self.planner.mean_ms

    def find(
        self, image: SourceImage, prepared: Prepared | None = None, scene: Scene | None = None
    ) -> Poses:
        """
        Find the people in an image that is upright, the highest scoring first.

        :param prepared: the same image as the network takes it; in mode fast alone.
        :param scene: of the stream that it is the next image of; None for an image on its own.
        :raises ImageError: if the image cannot be scaled.
        :raises InferenceError: if a runtime fails; the scene is as it was, then.
        """
        self._networks.begin_image()
        if scene is not None:
            scene.keep_for(self)
            scene.is_camera_followed = self._settings.tracking.camera_motion != 'off'
        if self._closer is None:
            poses = self._detect(image, self._settings.input_size, prepared)
            if scene is not None and self._is_followed:
                poses = replace(poses, camera=scene.camera_until(image))
                scene.advance(image, poses.boxes_xyxy)
            return poses
        if scene is None:
            self.refined = self._refiner.still(image, self.planner.still())
        else:
            scene.look_ahead(image)
            plan = self.planner.following(scene.count, not scene.is_empty, scene.over_ms)
            self.refined = self._refiner.follow(image, plan, scene)
            scene.over_ms = self.planner.over_ms(scene.over_ms, self.refined.spent_ms)
        poses = self.refined.poses.scored(self._settings.least_score)
        return poses.first(self._settings.max_people)

    def warm_up(self, images_wh: Iterable[tuple[int, int]]) -> None:
        """
        Run on black, so that the first image of a size does not pay for the start.

        :raises InferenceError: if a runtime fails.
        """
        for wh in images_wh:
            black = SourceImage(np.zeros((wh[1], wh[0], 3), np.uint8), 'rgb')
            image = upright(black, self._settings.rotate)
            for size, model in self._models.items():
                if size == self._settings.input_size or wh[0] != wh[1]:  # the square is a refuge
                    model.find(image, self._network.run)
        if self._closer is not None:
            assert self._crop_model is not None
            for shapes in self._crop_model.input_shapes(self.planner.crops_wh):
                self._closer.run(self._crop_model.spec.zeros(shapes))

    def _detect(
        self, image: SourceImage, size: int, prepared: Prepared | None = None
    ) -> Poses:
        """Find people in an image by one detection."""
        model, shapes = self._models[size], None
        if self._new_shapes is not None and prepared is None:
            own, base = model.input_shapes(image.wh), self._models[self._settings.input_size]
            if model is not base:  # until its own shape is ready, the smaller one has to do
                own = chain(islice(own, 1), base.input_shapes(image.wh))
            shapes = self._new_shapes.padded(own)
            if shapes is not None:
                model = base
        if shapes is not None:
            prepared = model.prepare(image, shapes)
        return model.find(image, self._network.run, prepared)

    def _look(self, crops: Sequence[NDArray[np.uint8]]) -> list[Poses]:
        assert self._closer is not None and self._crop_model is not None
        return self._crop_model.find(crops, self._closer.run)
