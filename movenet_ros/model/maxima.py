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
The first half of decoding for a GPU: from the heads to the maxima in them, as ONNX's text.

It is the arithmetic of core/heads.py for a whole batch, so that some kilobytes leave the GPU in
place of all maps, which are a megabyte for each crop. It compares all cells, for each keypoint of
each person: for an input of 384x512, these are 33 MB there. Axes: input, person, keypoint, others.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from movenet_ros.core.heads import ALMOST
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import CROP_MAXIMA
from movenet_ros.core.heads import FAINT
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import IMAGE_MAXIMA
from movenet_ros.core.heads import LEAST_REACH
from movenet_ros.core.heads import MOST_PEAKS
from movenet_ros.core.heads import MOST_PEAKS_IN_CROP
from movenet_ros.core.heads import PEAK
from movenet_ros.core.heads import REACH
from movenet_ros.core.heads import SOFTENING
from movenet_ros.core.skeleton import COCO
from movenet_ros.model.onnx_file import IR_VERSION
from movenet_ros.model.onnx_file import OPSET

K = len(COCO)
FLOAT = 1  # as ONNX counts its types


class Tensor:
    """
    A tensor of a graph that is being written: whatever is done with it writes a line.

    :param lines: of the graph.
    """

    def __init__(self, lines: list[str], name: str) -> None:
        self._lines, self.name = lines, name

    def op(self, kind: str, *others: Any, outputs: int = 1, **attributes: Any) -> Any:
        """
        Write an operator that takes this tensor and others.

        :param others: tensors, numbers or tuples of integers.
        :return: a tensor, or as many as there are outputs.
        """
        tensors = (each if isinstance(each, Tensor) else self.constant(each) for each in others)
        taken = [self.name, *(each.name for each in tensors)]
        stated = ', '.join(f'{name} = {value}' for name, value in attributes.items())
        given = [f't{len(self._lines)}_{i}' for i in range(outputs)]
        options = f'<{stated}> ' * bool(attributes)
        self._lines.append(f'{", ".join(given)} = {kind} {options}({", ".join(taken)})')
        made = [Tensor(self._lines, name) for name in given]
        return made if outputs > 1 else made[0]

    def reshape(self, *shape: int) -> Any:
        """Give it another shape; 0 keeps a side, -1 is what is left."""
        return self.op('Reshape', shape)

    def with_axis(self, axis: int) -> Any:
        """Give it one more axis."""
        return self.op('Unsqueeze', (axis,))

    def constant(self, value: float | tuple[int, ...]) -> Tensor:
        """Write a constant; a float is one even if it is whole."""
        name = f'c{len(self._lines)}'
        if isinstance(value, tuple):
            stated = f'int64[{len(value)}] {{{", ".join(map(str, value))}}}'
        else:
            stated = f'{"int64" if isinstance(value, int) else "float"} {{{value}}}'
        self._lines.append(f'{name} = Constant <value = {stated}> ()')
        return Tensor(self._lines, name)

    def __add__(self, other: Any) -> Any:
        """Write a sum."""
        return self.op('Add', other)

    def __sub__(self, other: Any) -> Any:
        """Write a difference."""
        return self.op('Sub', other)

    def __mul__(self, other: Any) -> Any:
        """Write a product."""
        return self.op('Mul', other)

    def __truediv__(self, other: Any) -> Any:
        """Write a quotient, of integers rounded down."""
        return self.op('Div', other)


Heads = Mapping[str, Any]


class _Input:
    """What decoding of images and of crops has in common: peaks, and distances from them."""

    def __init__(self, heads: Heads, most_peaks: int) -> None:
        self._heads = heads
        center, size = heads['center'], heads['center'].op('Shape')
        self._height, self._width = (size.op('Gather', axis) for axis in (2, 3))
        side = len(PEAK)
        hottest = center.op('MaxPool', kernel_shape=[side, side], pads=[side // 2] * 4)
        alone = center.op('Greater', hottest - ALMOST).op('Where', center, 0.0)
        self.peaks, self._cells = alone.reshape(0, -1).op('TopK', (most_peaks,), outputs=2)
        self.yx = self._yx(self._cells.reshape(0, -1, 1, 1))
        self.expected = self.yx + self.read('kpt_regress', K)
        y, x = self.expected.op('Split', axis=3, outputs=2)
        self.y2, self.x2 = self._squared(self._height, y), self._squared(self._width, x)

    def read(self, head: str, pairs: int) -> Any:
        """Return pairs of maps in the cells of the peaks, ``(n, p, pairs, 2)``."""
        maps = self._heads[head].reshape(0, 2 * pairs, -1)
        places = self._cells.with_axis(1).op('Expand', (1, 2 * pairs, 1))
        there = maps.op('GatherElements', places, axis=2).reshape(0, pairs, 2, -1)
        return there.op('Transpose', perm=[0, 3, 1, 2])

    def best(self, rates: Any) -> tuple[Any, Any, Any]:
        """
        Return the best cell of each keypoint.

        :param rates: ``(n, p, k, h, w)``.
        :return: the places there ``(n, p, k, 2)``, the heat and the rate ``(n, p, k, 1)``.
        """
        best_rates, best = rates.reshape(0, 0, K, -1).op('TopK', (1,), outputs=2)
        cells = best.op('Transpose', perm=[0, 2, 3, 1])
        offsets, heat = (
            self._heads[name].reshape(0, K, maps, -1)
            .op('GatherElements', cells.op('Expand', (1, 1, maps, 1)), axis=3)
            .op('Transpose', perm=[0, 3, 1, 2])
            for name, maps in (('kpt_offset', 2), ('kpt_heatmap', 1))
        )
        return self._yx(best) + offsets, heat, best_rates

    def found(self, keypoints: Any) -> dict[str, Any]:
        """Return the maxima of both, given the keypoints."""
        read = self._heads['center'], self._heads['kpt_heatmap'], self.expected
        center, heat, expected = (each.op('ReduceSum', (1, 2, 3), keepdims=0) for each in read)
        return {'peaks': self.peaks, 'keypoints': keypoints, 'total': center + heat + expected}

    def _yx(self, cells: Any) -> Any:
        """Return where cells are, along a last axis of 1 that becomes 2."""
        rows = cells / self._width
        yx = rows.op('Concat', cells - rows * self._width, axis=3)
        return yx.op('Cast', to=FLOAT)

    def _squared(self, side: Any, places: Any) -> Any:
        """Return how far rows or columns are from places ``(n, p, k, 1)``, squared."""
        apart = side.constant(0).op('Range', side, 1).op('Cast', to=FLOAT) - places
        return apart * apart


def _of_image(heads: Heads) -> dict[str, Any]:
    here = _Input(heads, MOST_PEAKS)
    sides = here.read('box_scale', 1).op('Relu')
    boxes = (here.yx + here.read('box_offset', 1)).op('Concat', sides, axis=3)
    reach = (sides.op('ReduceMax', axes=[3]) * REACH).op('Max', LEAST_REACH)
    near_y, near_x = (
        (apart2 / (reach * reach)).op('Neg').op('Exp').with_axis(axis)
        for apart2, axis in ((here.y2, 4), (here.x2, 3))
    )
    heat = heads['kpt_heatmap']
    hot = heat.op('GreaterOrEqual', FAINT).op('Where', heat, 0.0).with_axis(1)
    places, _, scores = here.best(hot * near_y * near_x)
    places = scores.op('Less', FAINT).op('Where', here.expected + 0.5, places)
    keypoints = places.op('Concat', scores, axis=3)
    return {**here.found(keypoints), 'boxes': boxes.reshape(0, -1, 4)}


def _of_crop(heads: Heads) -> dict[str, Any]:
    here = _Input(heads, MOST_PEAKS_IN_CROP)
    apart = (here.y2.with_axis(4) + here.x2.with_axis(3)).op('Sqrt')
    rates = heads['kpt_heatmap'].with_axis(1) / (apart + SOFTENING)
    places, scores, _ = here.best(rates)
    return here.found(places.op('Concat', scores, axis=3))


def _text(
    heads: Mapping[str, int],
    shapes: Mapping[str, tuple[int, ...]],
    decode: Callable[[Heads], dict[str, Tensor]],
) -> str:
    """
    Return the graph from heads to maxima.

    :param heads: how many maps each has.
    :param shapes: of the maxima, for one input.
    """
    lines: list[str] = []
    found = decode({name: Tensor(lines, name) for name in heads})
    lines += [f'{name} = Identity ({each.name})' for name, each in found.items()]
    taken = [f'float[batch, {maps}, rows, columns] {name}' for name, maps in heads.items()]
    sides = {name: ', '.join(map(str, ('batch', *shapes.get(name, ())))) for name in found}
    given = [f'float[{sides[name]}] {name}' for name in found]
    signature = f'maxima ({", ".join(taken)}) => ({", ".join(given)})'
    opset = f'<ir_version: {IR_VERSION}, opset_import: ["" : {OPSET}]>'
    return '\n'.join([opset, signature, '{', *lines, '}'])


IMAGE_MAXIMA_TEXT = _text(IMAGE_HEADS, IMAGE_MAXIMA, _of_image)
CROP_MAXIMA_TEXT = _text(CROP_HEADS, CROP_MAXIMA, _of_crop)
