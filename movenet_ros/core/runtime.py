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

"""The seam to an inference runtime: tensors in, tensors out, by name."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]
Shapes = tuple[tuple[str, tuple[int, ...]], ...]
"""Of all inputs of a network, by name."""

MAX_SHAPES = 4  # that stay ready in a runtime: in OpenVINO each takes 25 MB
LIVE_SHAPES = 3  # while images keep coming: a square that holds all, and a camera's two
CAMERA_SHAPES = 2  # more for each further camera


@dataclass(frozen=True)
class TensorSpec:
    """
    One input or output of a network.

    :param dtype: as NumPy spells it: ``int32``, ``float32``.
    :param shape: with None for a size that is free; None where a file does not state it.
    """

    dtype: str
    shape: tuple[int | None, ...] | None

    def may_be(self, shape: tuple[int | None, ...] | None) -> bool:
        """Return whether a shape agrees with this one where both state a size."""
        if shape is None or self.shape is None:
            return True
        pairs = zip(self.shape, shape)
        agree = all(a == b for a, b in pairs if None not in (a, b))
        return len(self.shape) == len(shape) and agree

    def __str__(self) -> str:
        """Return it for people: int32[1, ?, ?, 3]."""
        sizes = ', '.join('?' if n is None else str(n) for n in self.shape or ())
        return f'{self.dtype}[{sizes}]'


@dataclass(frozen=True)
class ModelSpec:
    """
    What a network takes and gives, for whoever runs it.

    :param title: its name for people.
    :param variant: its name in the model store, which can fetch it; empty if it cannot.
    :param inputs: by name.
    :param outputs: by name.
    :param smallest: shape of each input, the smallest that is run.
    :param usual: shape of each input that an ordinary camera leads to; for trials.
    :param largest: shape of each input, the largest that is run.
    :param any_shape: inputs come in many shapes by turns: a runtime loads the network once for all
        of them, rather than once for each.
    :param most_shapes: of its inputs that come by turns; as many stay ready.
    :param on_gpu: operators that a GPU runs on its outputs, as ONNX's text; what they give, which
        is less, may come in place of the outputs. Empty: there are none.
    """

    title: str
    variant: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    smallest: Mapping[str, tuple[int, ...]]
    usual: Mapping[str, tuple[int, ...]]
    largest: Mapping[str, tuple[int, ...]]
    any_shape: bool = False
    most_shapes: int = MAX_SHAPES
    on_gpu: str = ''

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> ModelSpec:
        """Return the spec that ``dataclasses.asdict`` was made of, by way of JSON or not."""
        read = dict(fields)
        for side in ('inputs', 'outputs'):
            read[side] = {
                name: TensorSpec(each['dtype'], tuple(each['shape']))
                for name, each in fields[side].items()
            }
        for size in ('smallest', 'usual', 'largest'):
            read[size] = {name: tuple(shape) for name, shape in fields[size].items()}
        return cls(**read)

    def zeros(self, shapes: Shapes | None = None) -> Tensors:
        """Return inputs of some shapes for a trial; None: of the usual ones."""
        sizes = self.usual if shapes is None else dict(shapes)
        return {name: np.zeros(shape, self.inputs[name].dtype) for name, shape in sizes.items()}

    def check(
        self, inputs: Mapping[str, TensorSpec], outputs: Mapping[str, TensorSpec], path: str
    ) -> None:
        """
        Refuse a file that holds another network.

        :param inputs: as the file states them.
        :param outputs: as the file states them.
        :raises ModelError: naming what is different.
        """
        reasons = [
            *_differences('input', inputs, self.inputs),
            *_differences('output', outputs, self.outputs),
        ]
        if reasons:
            raise ModelError(f'{path} is not {self.title}: {"; ".join(reasons)}')

    def check_inputs(self, inputs: Tensors) -> None:
        """
        Refuse inputs that the network does not take.

        :raises InferenceError: naming the shapes.
        """
        for name, each in inputs.items():
            if name not in self.inputs or not self.inputs[name].may_be(each.shape):
                raise InferenceError(f'{self.title} does not take {name} of shape {each.shape}')


def _differences(
    side: str, stated: Mapping[str, TensorSpec], wanted: Mapping[str, TensorSpec]
) -> Iterator[str]:
    """Yield what is wrong with the inputs or the outputs that a file states."""
    for verb, names in (
        ('lacks', [name for name in wanted if name not in stated]),
        ('has', [name for name in stated if name not in wanted]),
    ):
        if names:
            yield f'it {verb} the {side}{"s" * (len(names) > 1)} {", ".join(names)}'
    for name, each in wanted.items():
        found = stated.get(name, each)
        is_other = side == 'input' and found.dtype != each.dtype
        if is_other or not each.may_be(found.shape):
            yield f"its {side} '{name}' is {found}, expected {each}"


@dataclass(frozen=True)
class RuntimeInfo:
    """
    Which runtime computes, and on what.

    :param name: as the parameter ``backend`` spells it.
    :param version: of the runtime.
    :param device: what it runs on, for people: ``CPU``, ``GPU 0 (NVIDIA ...)``.
    :param threads: how many it was told to use; 0 where that is left to the runtime.
    :param precision: of its arithmetic, ``f32`` or ``bf16``.
    :param cpu_operators: of a model on a GPU, the types that ran on the CPU all the same.
    :param kept: what the process keeps after ``close`` all the same and the fix, one sentence
        for people; empty where there is nothing to report.
    """

    name: str
    version: str
    device: str
    threads: int = 0
    precision: str = 'f32'
    cpu_operators: tuple[str, ...] = ()
    kept: str = ''

    @property
    def is_on_gpu(self) -> bool:
        """Return whether it runs on a GPU."""
        return self.device.startswith('GPU')

    def __str__(self) -> str:
        """Return it in a few words."""
        threads = f', {self.threads} thread{"s" * (self.threads > 1)}' if self.threads else ''
        words = f'{self.name} {self.version} on {self.device}, {self.precision}{threads}'
        if self.cpu_operators:
            words += f' (on the CPU: {", ".join(self.cpu_operators)})'
        return words


def shapes_of(inputs: Tensors) -> Shapes:
    """Return the shapes of inputs."""
    return tuple((name, each.shape) for name, each in inputs.items())


class Runtime(Protocol):
    """An inference runtime with one network loaded; it knows tensors, not what they mean."""

    @property
    def info(self) -> RuntimeInfo:
        """Return which runtime this is."""

    def run(self, inputs: Tensors) -> Tensors:
        """
        Run the network once; the first of new shapes takes longer, unless prepared.

        :param inputs: by name, as the network's :class:`ModelSpec` has them.
        :return: its outputs, by name.
        :raises InferenceError: if the runtime fails.
        """

    def is_ready(self, shapes: Shapes) -> bool:
        """Return whether inputs of these shapes run without a delay; asking counts as a use."""

    def prepare(self, shapes: Shapes) -> None:
        """
        Make ready for inputs of these shapes; in any thread, while ``run`` answers others.

        Of those that stay ready, the least recently used makes room.

        :raises InferenceError: if the runtime fails.
        """

    def close(self) -> None:
        """Free what the network takes, on a GPU too; again is fine, ``run`` is not any more."""
