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
from typing import NamedTuple
from typing import Protocol

from movenet_ros.backends.choice import open_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.backends.speed import times_ms
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.modes import CAMERA_WH
from movenet_ros.core.modes import Choice
from movenet_ros.core.modes import chosen
from movenet_ros.core.pose_model import CropModel
from movenet_ros.core.pose_model import MakeModel
from movenet_ros.core.refining.crops import crop_shapes
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import MULTIPLE
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import model_at
from movenet_ros.model.thunder import BATCHES
from movenet_ros.settings import Settings

MEASURED_SIZES = (256, 384)  # of detections, in pixels


class Log(Protocol):
    """A logger: Python's or rclpy's."""

    def info(self, message: str, /) -> Any:
        """Log a line on what is done."""

    def warning(self, message: str, /) -> Any:
        """Log a line on what is wrong."""


class Opened(NamedTuple):
    """
    A runtime with a network.

    :param why: the runtime is this one, in a few words.
    :param path: of the file or the folder that was loaded; None where there is none.
    :param warning: why a GPU that is there is not used, and the fix; else empty.
    :param compiled: folder of what was compiled and measured of the network; None keeps nothing.
    """

    runtime: Runtime
    why: str
    path: Path | None
    warning: str = ''
    compiled: Path | None = None


def open_runtime(
    settings: Settings, spec: ModelSpec, log: Log, beside: RuntimeInfo | None = None
) -> Opened:
    """
    Load a network into the runtime asked for, and log which that is.

    :param beside: the runtime of another network, in place of which the same one is taken.
    :raises StartError: if the model or the runtime is not to be had.
    """
    if beside is not None:
        settings = replace(
            settings,
            backend=beside.name,
            device='gpu' if beside.is_on_gpu else 'cpu',
            runtime=replace(settings.runtime, threads=beside.threads),
        )
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
    if beside is None:
        log.info(f'backend {runtime.info} ({choice.why})')
    if choice.warning:
        log.warning(choice.warning)
    path = request.model_for(runtime.info.name)
    return Opened(runtime, choice.why, path, choice.warning, files.compiled)


class Network:
    """
    A network that was opened.

    :param opened: the runtime with the network loaded, and where it came from.
    """

    seconds = 0.0
    """How long it took for the latest image, in seconds, all its runs together."""

    shape: tuple[int, ...] = ()
    """Of its first input when it ran last."""

    def __init__(self, opened: Opened) -> None:
        self.runtime = opened.runtime
        self.warning = opened.warning
        self.compiled = opened.compiled
        path = opened.path
        self.file = path / 'saved_model.pb' if path and path.is_dir() else path
        self.sha256 = sha256_of(self.file) if self.file and self.file.is_file() else ''

    def run(self, inputs: Tensors) -> Tensors:
        """Run it once; see :class:`movenet_ros.core.runtime.Runtime`."""
        begun_s = time.perf_counter()
        outputs = self.runtime.run(inputs)
        self.seconds += time.perf_counter() - begun_s
        self.shape = next(iter(inputs.values())).shape
        return outputs


class Networks:
    """
    What is loaded.

    :param settings: which runtime and which files.
    :param make_model: of the network that finds people.
    :param runtime: with that network loaded; None opens the one that the settings ask for.
    :param closer: with the other one loaded; None opens it where a mode takes it and ``runtime``
        is None.
    :param costs: of both; None measures them, once on a machine.
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
    ) -> None:
        self.costs = costs
        self._log, self._make_model, self._is_given = log, make_model, runtime is not None
        model = make_model(settings.input_size, settings.least_score, settings.max_people)
        opened = Opened(runtime, '', None) if runtime else open_runtime(settings, model.spec, log)
        self.first = Network(opened)
        self.crop_model = model.closer(BATCHES if opened.runtime.info.is_on_gpu else (1,))
        self.closer = Network(Opened(closer, '', None)) if closer else None

    @property
    def seconds(self) -> float:
        """Return how long they took for the latest image, in seconds."""
        return self.first.seconds + (self.closer.seconds if self.closer else 0.0)

    def choose(self, settings: Settings) -> Choice:
        """
        Return the mode that can be had, with the networks that it takes loaded.

        :raises InferenceError: if a network does not run.
        """
        choice = self._choice(settings)
        if choice.mode == 'fast' and self.closer is not None and not self._is_given:
            self.closer.runtime.close()
            self.closer = None
        return choice

    def close(self) -> None:
        """Free them, on a GPU too."""
        self.first.runtime.close()
        if self.closer is not None:
            self.closer.runtime.close()

    def _choice(self, settings: Settings) -> Choice:
        if settings.mode == 'fast':
            return Choice('fast', 'asked for')
        if self.crop_model is None or (self._is_given and self.closer is None):
            return Choice('fast', 'there is no network that looks closer')
        info, spec = self.first.runtime.info, self.crop_model.spec
        try:
            if self.closer is None:
                own = replace(settings, model_path=settings.refine.model_path)
                self.closer = Network(open_runtime(own, spec, self._log, info))
        except StartError as error:
            problem = f'mode {settings.mode} runs as fast, without {spec.title}: {error}'
            return Choice('fast', f'without {spec.title}', problem)
        if self.costs is None and not info.is_on_gpu and settings.mode != 'accurate':
            self.costs = self._measured(settings, self.closer, spec)
        return chosen(settings, settings.input_size, self.costs)

    def _measured(self, settings: Settings, closer: Network, spec: ModelSpec) -> Costs:
        """Return what the networks cost here: a line for each, through two measurements."""
        models = [self._make_model(size, 0.0, 1) for size in MEASURED_SIZES]
        detections = [next(model.input_shapes(CAMERA_WH)) for model in models]
        narrow, *_, square = crop_shapes(settings.refine.input_size)
        (name,) = spec.inputs
        crops = [((name, (1, height, width, 3)),) for width, height in (narrow, square)]
        return Costs(
            self._line(self.first, models[0].spec, detections),
            self._line(closer, spec, crops),
            MULTIPLE,
        )

    def _line(self, network: Network, spec: ModelSpec, shapes: Sequence[Shapes]) -> Line:
        times = times_ms(network.runtime, spec, shapes, network.compiled, self._log.info)
        kilopixels = [prod(each[0][1][1:3]) / 1e3 for each in shapes]
        smaller, larger = zip(kilopixels, times)
        return Line.through(smaller, larger)
