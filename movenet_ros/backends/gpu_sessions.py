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

"""Sessions of ONNX Runtime on a GPU, one for each shape of input: what runs there, and how."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from typing import NamedTuple

from movenet_ros.backends.by_shape import ByShape
from movenet_ros.backends.onnxruntime_session import answered
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors

PLACE = ('cuda', 0)

MakeSession = Callable[[Shapes], Any]


class _Ready(NamedTuple):
    """
    What runs inputs of one shape.

    :param session: with the network.
    :param places: of its inputs on the GPU.
    :param follow_up: session that takes its outputs on the GPU; None: they leave it.
    """

    session: Any
    places: dict[str, Any]
    follow_up: Any


class OnnxRuntimeOnGpu:
    """
    Sessions on a GPU, one for each shape of input.

    With cuDNN 9, a session plans all convolutions anew whenever the shape differs from that of the
    inference before, which takes 0.4 to 1.5 s, and holds up every other thread that runs it.

    :param make_session: of the shapes of its inputs.
    :param make_follow_up: of the shapes of the network's outputs: a session whose outputs come in
        place of these; None: there is none.
    """

    def __init__(
        self,
        ort: Any,
        make_session: MakeSession,
        spec: ModelSpec,
        info: RuntimeInfo,
        make_follow_up: MakeSession | None = None,
    ) -> None:
        self.info = info
        self._spec = spec
        self._sessions = ByShape(
            partial(_ready, ort, make_session, make_follow_up, spec), spec.most_shapes
        )

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        self._spec.check_inputs(inputs)
        return answered(lambda: self._run(inputs))

    def is_ready(self, shapes: Shapes) -> bool:
        """Return whether there is a session for these shapes."""
        return self._sessions.has(shapes)

    def prepare(self, shapes: Shapes) -> None:
        """Make a session; see :class:`movenet_ros.core.runtime.Runtime`."""
        answered(lambda: self._sessions.get(shapes))

    def close(self) -> None:
        """
        Free the sessions and the places of their inputs.

        What the driver takes for a process that uses CUDA stays until the process ends.
        """
        self._sessions.close()
        give_back_freed_memory()

    def _run(self, inputs: Tensors) -> Tensors:
        session, places, follow_up = self._sessions.get(shapes_of(inputs))
        for name, array in inputs.items():
            places[name].update_inplace(array)
        names = [*self._spec.outputs]
        if follow_up is None:
            return _on_host(session, places, names)
        binding = _bound(session, places)
        for name in names:
            binding.bind_output(name, *PLACE)
        session.run_with_iobinding(binding)
        outputs = dict(zip(names, binding.get_outputs(), strict=True))
        return _on_host(follow_up, outputs, [each.name for each in follow_up.get_outputs()])


def _bound(session: Any, inputs: dict[str, Any]) -> Any:
    """Return a binding to inputs that are on the GPU."""
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_ortvalue_input(name, value)
    return binding


def _on_host(session: Any, inputs: dict[str, Any], names: list[str]) -> Tensors:
    """Run a session on inputs that are on the GPU, and return its outputs from there."""
    binding = _bound(session, inputs)
    for name in names:
        binding.bind_output(name)  # on the host
    session.run_with_iobinding(binding)
    return dict(zip(names, binding.copy_outputs_to_cpu(), strict=True))


def _ready(
    ort: Any,
    make_session: MakeSession,
    make_follow_up: MakeSession | None,
    spec: ModelSpec,
    shapes: Shapes,
) -> _Ready:
    """Return sessions that have run once, and the places of the inputs on the GPU."""
    session, zeros = make_session(shapes), spec.zeros(shapes)
    # unlike run_with_iobinding, this lets Python go on
    outputs = dict(zip(spec.outputs, session.run([*spec.outputs], dict(zeros)), strict=True))
    follow_up = None
    if make_follow_up is not None:
        try:
            follow_up = answered(partial(_run_once, make_follow_up, outputs))
        except InferenceError:  # no room for it: the outputs leave the GPU
            pass
    make = ort.OrtValue.ortvalue_from_numpy
    places = {name: make(array, *PLACE) for name, array in zeros.items()}
    return _Ready(session, places, follow_up)


def _run_once(make_session: MakeSession, inputs: Tensors) -> Any:
    """Return a session for inputs, on which it has run."""
    session = make_session(shapes_of(inputs))
    session.run(None, dict(inputs))
    return session
