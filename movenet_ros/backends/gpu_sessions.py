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
from threading import Lock
from typing import Any
from typing import NamedTuple

from movenet_ros.backends.by_shape import ByShape
from movenet_ros.backends.onnxruntime_session import answered
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors

PLACE = ('cuda', 0)
IN_NO_GRAPH = ('gpu_graph_id', '-1')  # of a run, which takes its inputs from anywhere

# A graph is recorded when a session runs for the first time in a thread, and CUDA lets no other
# thread of the process allocate memory meanwhile: whoever makes a session waits, and so do runs.
_MAKING, _RUNNING = Lock(), Lock()

MakeSession = Callable[[Shapes], Any]


class _Ready(NamedTuple):
    """
    What runs inputs of one shape.

    :param session: with the network.
    :param inputs: their places on the GPU, by name.
    :param outputs: theirs.
    :param binding: of the session to these places.
    """

    session: Any
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    binding: Any


class OnnxRuntimeOnGpu:
    """
    Sessions on a GPU, one for each shape of input.

    With cuDNN 9, a session plans all convolutions anew whenever the shape differs from that of the
    inference before, which takes 0.4 to 1.5 s, and holds up every other thread that runs it. And
    CUDA launches all of a run at once where the shapes are the same and lie where they lay.

    :param make_session: of the shapes of its inputs.
    """

    def __init__(
        self, ort: Any, make_session: MakeSession, spec: ModelSpec, info: RuntimeInfo
    ) -> None:
        self.info = info
        self._spec = spec
        self._sessions = ByShape(partial(_ready, ort, make_session, spec), spec.most_shapes)

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
        Free the sessions and the places of their inputs and outputs.

        What the driver takes for a process that uses CUDA stays until the process ends.
        """
        self._sessions.close()
        give_back_freed_memory()

    def _run(self, inputs: Tensors) -> Tensors:
        ready = self._sessions.get(shapes_of(inputs))
        with _RUNNING:
            for name, array in inputs.items():
                ready.inputs[name].update_inplace(array)
            ready.session.run_with_iobinding(ready.binding)
            return {name: each.numpy() for name, each in ready.outputs.items()}


def _ready(ort: Any, make_session: MakeSession, spec: ModelSpec, shapes: Shapes) -> _Ready:
    """Return a session that has run, and the places of its inputs and outputs on the GPU."""
    with _MAKING:
        session, zeros = make_session(shapes), spec.zeros(shapes)
        names = [each.name for each in session.get_outputs()]
        options = ort.RunOptions()
        options.add_run_config_entry(*IN_NO_GRAPH)
        answers = session.run(names, dict(zeros), options)
        place = ort.OrtValue.ortvalue_from_numpy
        inputs = {name: place(array, *PLACE) for name, array in zeros.items()}
        outputs = {name: place(each, *PLACE) for name, each in zip(names, answers, strict=True)}
        binding = session.io_binding()
        for name, value in inputs.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in outputs.items():
            binding.bind_ortvalue_output(name, value)
        with _RUNNING:
            session.run_with_iobinding(binding)
        return _Ready(session, inputs, outputs, binding)
