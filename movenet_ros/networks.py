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
The networks: found, loaded as the settings ask, run and timed; and which of them a mode takes.

One network finds people in an image. The modes balanced and accurate take another one, which looks
closer at each person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
import time
from typing import Any
from typing import Protocol

from movenet_ros.backends.choice import open_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.backends.speed import times_ms
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.modes import CAMERA_WH
from movenet_ros.core.modes import Choice
from movenet_ros.core.modes import chosen
from movenet_ros.core.pose_model import CropModel
from movenet_ros.core.pose_model import MakeModel
from movenet_ros.core.refining.crops import crop_shapes
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import MULTIPLE
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import find_model
from movenet_ros.model.store import model_at
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.thunder import BATCHES
from movenet_ros.model.thunder import INPUT
from movenet_ros.settings import Settings
import numpy as np

MEASURED_SIZES = (256, 384)  # of detections, in pixels


class Log(Protocol):
    """A logger: Python's or rclpy's."""

    def info(self, message: str, /) -> Any:
        """Log a line on what is done."""

    def warning(self, message: str, /) -> Any:
        """Log a line on what is wrong."""


class Network:
    """
    A network that is loaded.

    :param runtime: with the network.
    :param why: the runtime is this one, in a few words.
    :param path: of the file or the folder that was loaded; None where there is none.
    :param warning: why a GPU that is there is not used, and the fix; else empty.
    :param compiled: folder of what was compiled and measured of the network; None keeps nothing.
    """

    seconds = 0.0
    """How long it took for the latest image, in seconds, all its runs together."""

    shape: tuple[int, ...] = ()
    """Of its first input when it ran last."""

    def __init__(
        self,
        runtime: Runtime,
        why: str = '',
        path: Path | None = None,
        warning: str = '',
        compiled: Path | None = None,
    ) -> None:
        self.runtime, self.why, self.warning, self.compiled = runtime, why, warning, compiled
        self.file = path / 'saved_model.pb' if path and path.is_dir() else path
        self.sha256 = sha256_of(self.file) if self.file and self.file.is_file() else ''

    def run(self, inputs: Tensors) -> Tensors:
        """Run it once; see :class:`movenet_ros.core.runtime.Runtime`."""
        begun_s = time.perf_counter()
        outputs = self.runtime.run(inputs)
        self.seconds += time.perf_counter() - begun_s
        self.shape = next(iter(inputs.values())).shape
        return outputs


def open_network(
    settings: Settings, spec: ModelSpec, log: Log, may_fetch: bool = True
) -> Network:
    """
    Load a network into the runtime asked for.

    :param may_fetch: whether the model is fetched where the cache lacks it, which takes minutes.
    :raises StartError: if the model or the runtime is not to be had.
    """
    files = _files(settings, spec, log, may_fetch)
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
    runtime, choice = open_backend(request, log.info)
    path = request.model_for(runtime.info.name)
    return Network(runtime, choice.why, path, choice.warning, files.compiled)


def _files(settings: Settings, spec: ModelSpec, log: Log, may_fetch: bool) -> ModelFiles:
    if settings.model_path:
        return model_at(settings.model_path)
    kind = MODEL_KINDS.get(settings.backend)
    if may_fetch:
        return ensure_model(spec.variant, log.info, kind)
    files = find_model(spec.variant, kind)
    if files is None:
        raise ModelError(f'it is not in the cache: run "{fetch_command()}"')
    return files


class Networks:
    """
    What is loaded.

    :param settings: which runtime and which files.
    :param make_model: of the network that finds people.
    :param runtime: with that network loaded; None opens the one that the settings ask for.
    :param closer: with the other one loaded; None opens it where a mode takes it and ``runtime``
        is None.
    :param costs: of both; None measures them, once on a machine.
    :param most_shapes: of the input of the first one that stay ready.
    :raises StartError: if the network that finds people, or its runtime, is not to be had.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        make_model: MakeModel,
        runtime: Runtime | None = None,
        closer: Runtime | None = None,
        costs: Costs | None = None,
        most_shapes: int = MAX_SHAPES,
    ) -> None:
        self.costs = costs
        self.closer = Network(closer) if closer else None
        self._log, self._make_model, self._is_given = log, make_model, runtime is not None
        model = make_model(settings.input_size, settings.least_score, settings.max_people)
        if runtime is not None:
            self.first = Network(runtime)
        else:
            spec = replace(model.spec, most_shapes=most_shapes)
            self.first = open_network(settings, spec, log)
            log.info(f'backend {self.first.runtime.info} ({self.first.why})')
            if self.first.warning:
                log.warning(self.first.warning)
        self.is_on_gpu = self.first.runtime.info.is_on_gpu
        self.crop_model = model.closer(BATCHES if self.is_on_gpu else (1,))

    @property
    def seconds(self) -> float:
        """Return how long they took for the latest image, in seconds."""
        return self.first.seconds + (self.closer.seconds if self.closer else 0.0)

    def begin_image(self) -> None:
        """Count the time from 0 on."""
        for each in filter(None, (self.first, self.closer)):
            each.seconds = 0.0

    def choose(self, settings: Settings, is_running: bool = False) -> Choice:
        """
        Return the mode that runs with these settings, with what it takes loaded and measured.

        :param is_running: whether images wait: nothing is done that takes seconds.
        :raises StartError: if the network that the mode takes is not to be had.
        :raises InferenceError: if a network does not run.
        """
        if settings.mode == 'fast':
            return Choice('fast', 'asked for')
        if self.crop_model is None or self._is_given and self.closer is None:
            if settings.mode == 'auto':
                return Choice('fast', 'no network looks closer')
            raise StartError('no network looks closer: set mode to fast')
        if self.closer is None:
            may_fetch = settings.mode != 'auto' and not is_running
            self.closer = self._open_closer(settings, self.crop_model.spec, may_fetch)
        if self.costs is None and not self.is_on_gpu and settings.mode != 'accurate':
            self.costs = self._measured(settings, self.closer, self.crop_model, is_running)
        return chosen(settings, settings.input_size, self.costs)

    def keep(self, mode: str) -> None:
        """Free what a mode does not take."""
        if mode == 'fast' and self.closer is not None and not self._is_given:
            self.closer.runtime.close()
            self.closer = None

    def close(self) -> None:
        """Free them, on a GPU too."""
        for each in filter(None, (self.first, self.closer)):
            each.runtime.close()

    def _open_closer(self, settings: Settings, spec: ModelSpec, may_fetch: bool) -> Network:
        """Load the network that looks closer, as the other one runs."""
        info = self.first.runtime.info
        as_the_first = replace(
            settings,
            model_path=settings.refine.model_path,
            backend=info.name,
            device='gpu' if self.is_on_gpu else 'cpu',
            runtime=replace(settings.runtime, threads=info.threads),
        )
        try:
            network = open_network(as_the_first, spec, self._log, may_fetch)
            if settings.refine.model_path:  # nobody has checked that file's answer before
                self._try(network)
            return network
        except (StartError, InferenceError) as error:
            origin = ' from refine.model_path' if settings.refine.model_path else ''
            raise StartError(f'{spec.title} cannot be loaded{origin}: {error}') from error

    def _try(self, network: Network) -> None:
        """
        Look at a black crop.

        :raises InferenceError: if the network gives no people but NaN.
        """
        assert self.crop_model is not None
        height, width = self.crop_model.spec.usual[INPUT][1:3]
        self.crop_model.find([np.zeros((height, width, 3), np.uint8)], network.run)

    def _measured(
        self, settings: Settings, closer: Network, crop_model: CropModel, is_running: bool
    ) -> Costs:
        """Return what the networks cost here: a line for each, through two measurements."""
        models = [self._make_model(size, 0.0, 1) for size in MEASURED_SIZES]
        detections = [next(model.input_shapes(CAMERA_WH)) for model in models]
        smallest, *_, largest = crop_model.input_shapes(crop_shapes(settings.refine.input_size))
        return Costs(
            self._line(self.first, models[0].spec, detections, is_running),
            self._line(closer, crop_model.spec, [smallest, largest], is_running),
            MULTIPLE,
        )

    def _line(
        self, network: Network, spec: ModelSpec, shapes: Sequence[Shapes], is_running: bool
    ) -> Line:
        times = times_ms(
            network.runtime, spec, shapes, network.compiled, self._log.info, is_running
        )
        kilopixels = [prod(each[0][1][1:3]) / 1e3 for each in shapes]
        smaller, larger = zip(kilopixels, times)
        return Line.through(smaller, larger)
