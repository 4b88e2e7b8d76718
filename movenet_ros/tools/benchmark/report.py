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

"""What a benchmark says: its ratios, and its table."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

STAGES = ('letterbox', 'infer', 'decode', 'track', 'track_six', 'draw')
MODE_STAGES = {  # in a table
    'letterbox': 'letter', 'detection': 'detect', 'decode': 'decode', 'crops': 'crops',
    'look_closer': 'closer', 'decode_crops': 'c-dec', 'camera': 'camera', 'refinement': 'refine',
    'looks': 'looks', 'track': 'track', 'draw': 'draw',
}
PARTS = ('bare', 'pipeline', *STAGES)

Report = Mapping[str, Any]


def pipeline_vs_bare(size: Report, backend: str) -> float:
    """Median time of the pipeline / of the bare model, same backend, same run."""
    own = size['backends'][backend]
    return float(own['pipeline']['median_ms'] / own['bare']['median_ms'])


def tutorial_vs_pipeline(size: Report, backend: str) -> float | None:
    """Median time of the tutorial's loop as written, at 640x384 / of the pipeline."""
    return _tutorial(size, backend, 'as_written')


def tutorial_same_shape_vs_pipeline(size: Report, backend: str) -> float | None:
    """Median time of the tutorial's loop at the pipeline's input shape / of the pipeline."""
    return _tutorial(size, backend, 'same_shape')


def balanced_vs_fast(size: Report) -> float | None:
    """Mean model time of an image in balanced / in fast, two people, same run."""
    return _of_two_people(size, 'mean_ms')


def balanced_p95_vs_fast(size: Report) -> float | None:
    """95th percentile of balanced's model time / mean of fast's, two people, same run."""
    return _of_two_people(size, 'p95_ms')


def graph_cpu_vs_bare_cpu(size: Report) -> float:
    """
    CPU time of the node's process / of its bare networks', per image, both at 30 Hz.

    The networks run in a process of their own on what they ran on in the node's mode: detections
    and crops, image by image, each already cut and scaled.
    """
    graph = size['graph']
    return float(graph['cpu_ms_per_image'] / graph['bare_cpu_ms_per_image'])


def flat_out_vs_bare(size: Report) -> float:
    """Images per second through the graph / of the bare networks alone, before and after."""
    graph = size['graph']
    return float(graph['flat_out_hz'] * graph['bare']['median_ms'] / 1e3)


OF_A_BACKEND: dict[str, Callable[[Report, str], float | None]] = {
    each.__name__: each
    for each in (pipeline_vs_bare, tutorial_vs_pipeline, tutorial_same_shape_vs_pipeline)
}
OF_A_SIZE: dict[str, Callable[[Report], float | None]] = {
    each.__name__: each
    for each in (
        balanced_vs_fast, balanced_p95_vs_fast, graph_cpu_vs_bare_cpu, flat_out_vs_bare
    )
}
DEFINITIONS = {
    name: ' '.join(str(each.__doc__).split()).rstrip('.')
    for name, each in {**OF_A_BACKEND, **OF_A_SIZE}.items()
}

Ratios = dict[str, dict[str, 'float | None']]


def pipeline_ratios(sizes: Mapping[str, Report], backend: str) -> Ratios:
    """Compute the ratios of one backend, each for every size; None where a part is missing."""
    return {
        name: {size: ratio(figures, backend) for size, figures in sizes.items()}
        for name, ratio in OF_A_BACKEND.items()
    }


def ratios_of_sizes(sizes: Mapping[str, Report]) -> Ratios:
    """Compute the ratios of modes and graph, each for every size."""
    return {
        name: {size: ratio(figures) for size, figures in sizes.items()}
        for name, ratio in OF_A_SIZE.items()
    }


def _tutorial(size: Report, backend: str, shape: str) -> float | None:
    if size['tutorial'] is None:
        return None
    pipeline = size['backends'][backend]['pipeline']
    return float(size['tutorial'][shape]['median_ms'] / pipeline['median_ms'])


def _of_two_people(size: Report, part: str) -> float | None:
    modes = size['modes']['2']
    if 'balanced' not in modes:
        return None
    return float(modes['balanced']['model'][part] / modes['fast']['model']['mean_ms'])


def table(report: Report) -> str:
    """Lay the report out for people, at most 100 columns wide."""
    return '\n'.join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    versions, machine = report['versions'], report['machine']
    yield (
        f'movenet_ros {versions["movenet_ros"]}, model {report["model"]}, Python'
        f' {versions["python"]}, NumPy {versions["numpy"]}, OpenCV {versions["opencv"]}'
    )
    before, after = (machine[f'load_average_{when}'][0] for when in ('before', 'after'))
    yield (
        f'{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_mib"]} MiB,'
        f' load {before:.1f} before, {after:.1f} after'
    )
    for size, figures in report['sizes'].items():
        yield from ('', *_size_lines(size, figures, f'{report["backend"]}, {versions["rmw"]}'))
    yield ''
    names = list(report['sizes'])
    yield f'{"ratios":<34}{"backend":<12}' + ''.join(f'{size:>12}' for size in names)
    for backend, ratios in report['ratios_by_backend'].items():
        every = report['ratios'] if backend == report['backend'] else ratios
        for name, by_size in every.items():
            values = ''.join(_number(by_size[size]) for size in names)
            yield f'{name:<34}{backend:<12}{values}'


def _size_lines(size: str, figures: Report, of_the_graph: str) -> Iterator[str]:
    width, height = figures['input_wh']
    head = f'{size}, in one process, input {width}x{height}'
    yield f'{head:<46}{"median ms":>12}{"p95 ms":>12}{"runs":>8}'
    if figures['tutorial'] is not None:
        loop = figures['tutorial']
        yield _row('tutorial', 'as written, at 640x384', loop['as_written'])
        yield _row('tutorial', f'same shape, at {width}x{height}', loop['same_shape'])
    for name, parts in figures['backends'].items():
        for part in PARTS:
            yield _row(name, f'  {part}' if part in STAGES else part, parts[part])
    yield from _mode_lines(size, figures['modes'])
    graph = figures['graph']
    latency = graph['latency']
    yield f'{size}, in the graph, {of_the_graph}, mode {graph["mode"]}'
    yield (
        f'  latency at 30 Hz   {latency["median_ms"]:.1f} ms median, {latency["p95_ms"]:.1f} p95,'
        f' {latency["max_ms"]:.1f} max'
    )
    yield (
        f'  images at 30 Hz    {graph["sent"]} sent, {graph["processed"]} processed,'
        f' {graph["dropped"]} dropped, {graph["late"]} late by more than a period'
    )
    yield (
        f'  CPU at 30 Hz       {graph["cpu_ms_per_image"]:.1f} ms per image;'
        f' bare networks {graph["bare_cpu_ms_per_image"]:.1f}'
    )
    yield (
        f'  flat out           {graph["flat_out_hz"]:.1f} images per second, bare networks'
        f' {1e3 / graph["bare"]["median_ms"]:.1f}; {graph["flat_out_dropped"]} dropped'
    )
    yield (
        f'  node               {graph["start_up_s"]:.2f} s to the first pose,'
        f' {graph["peak_memory_mib"]:.0f} MiB at most'
    )


def _mode_lines(size: str, by_people: Report) -> Iterator[str]:
    """Lay out what the modes cost: an image as a whole, and its stages."""
    yield f'{size}, modes in one process, ms of an image'
    head = ('model mean', 'median', 'p95', 'CPU', 'wall', 'wall p95', 'crops')
    yield _columns('people, mode', head)
    for people, modes in by_people.items():
        for mode, parts in modes.items():
            model, wall = parts['model'], parts['wall']
            times = (
                model['mean_ms'], model['median_ms'], model['p95_ms'], parts['cpu']['mean_ms'],
                wall['mean_ms'], wall['p95_ms'], parts['crops_per_image'],
            )
            yield _columns(f'{people}, {mode}', [f'{each:.2f}' for each in times])
    yield f'{size}, modes, mean ms of each stage of an image'
    stages = [*MODE_STAGES.values()]
    yield _columns('people, mode', stages, 7)
    for people, modes in by_people.items():
        for mode, parts in modes.items():
            means = [f'{parts[stage]["mean_ms"]:.2f}' for stage in MODE_STAGES]
            yield _columns(f'{people}, {mode}', means, 7)


def _columns(whose: str, cells: Sequence[str], width: int = 11) -> str:
    return f'  {whose:<15}' + ''.join(f'{each:>{width}}' for each in cells)


def _row(whose: str, what: str, times: Report) -> str:
    numbers = f'{times["median_ms"]:>12.2f}{times["p95_ms"]:>12.2f}{times["runs"]:>8}'
    return f'  {whose:<14}{what:<30}{numbers}'


def _number(value: float | None) -> str:
    return f'{"-":>12}' if value is None else f'{value:>12.2f}'
