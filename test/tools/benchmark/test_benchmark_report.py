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

"""Ratios and table of made-up figures."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from movenet_ros.tools.benchmark.report import DEFINITIONS
from movenet_ros.tools.benchmark.report import MODE_STAGES
from movenet_ros.tools.benchmark.report import pipeline_ratios
from movenet_ros.tools.benchmark.report import ratios_of_sizes
from movenet_ros.tools.benchmark.report import table
import pytest

PARTS = (
    'bare', 'pipeline', 'letterbox', 'infer', 'decode', 'track', 'track_six', 'draw'
)


def times(median_ms: float) -> dict[str, float]:
    """Make a summary."""
    return {
        'median_ms': median_ms, 'p95_ms': 2 * median_ms, 'max_ms': 3 * median_ms, 'runs': 30
    }


def parts(**medians_ms: float) -> dict[str, dict[str, float]]:
    """Make the summaries of a backend's parts, 1 ms where nothing is said."""
    return {name: times(medians_ms.get(name, 1)) for name in PARTS}


def mode(model_ms: float) -> dict[str, Any]:
    """Make the figures of a mode."""
    parts = {name: {'mean_ms': 1.0, **times(1)} for name in ('cpu', 'wall', *MODE_STAGES)}
    return {**parts, 'model': {'mean_ms': model_ms, **times(model_ms)}, 'crops_per_image': 1.5}


MODES = {'fast': mode(5), 'balanced': mode(12.5)}
SIZE: dict[str, Any] = {
    'input_wh': (256, 160),
    'tutorial': {'as_written': times(90), 'same_shape': times(45)},
    'backends': {
        'onnxruntime': parts(bare=20, pipeline=30), 'tensorflow': parts(bare=40, pipeline=50)
    },
    'modes': {'1': MODES, '2': MODES},
    'graph': {
        'mode': 'balanced',
        'start_up_s': 1.5, 'peak_memory_mib': 250.4, 'sent': 300, 'processed': 290,
        'dropped': 10, 'late': 7, 'latency': times(21.5), 'cpu_ms_per_image': 36.0,
        'bare_cpu_ms_per_image': 24.0, 'flat_out_hz': 40.0, 'flat_out_dropped': 3,
        'bare': times(20),
    },
}
SIZES = {
    '1280x720': SIZE,
    '640x480': {**SIZE, 'tutorial': None, 'modes': {'2': {'fast': MODES['fast']}}},
}
REPORT: dict[str, Any] = {
    'machine': {
        'cpu': 'Some Processor', 'cores': 2, 'memory_mib': 4096,
        'load_average_before': (0.1, 0.2, 0.3), 'load_average_after': (1.1, 0.2, 0.3),
    },
    'versions': {
        'movenet_ros': '0.1.0', 'python': '3.11.7', 'numpy': '2.4.6', 'opencv': '5.0.0',
        'rmw': 'rmw_fastrtps_cpp',
    },
    'model': 'multipose_lightning',
    'backend': 'onnxruntime',
    'sizes': SIZES,
    'ratios': {**pipeline_ratios(SIZES, 'onnxruntime'), **ratios_of_sizes(SIZES)},
    'ratios_by_backend': {
        name: pipeline_ratios(SIZES, name) for name in ('onnxruntime', 'tensorflow')
    },
}


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('pipeline_vs_bare', 1.5),
        ('tutorial_vs_pipeline', 3.0),
        ('tutorial_same_shape_vs_pipeline', 1.5),
        ('balanced_vs_fast', 2.5),
        ('balanced_p95_vs_fast', 5.0),
        ('graph_cpu_vs_bare_cpu', 1.5),
        ('flat_out_vs_bare', 0.8),
    ],
)
def test_a_ratio_is_what_its_definition_says(name: str, value: float) -> None:
    assert REPORT['ratios'][name]['1280x720'] == pytest.approx(value)


def test_every_ratio_has_a_definition() -> None:
    assert REPORT['ratios'].keys() == DEFINITIONS.keys()
    assert all(DEFINITIONS.values())


def test_a_ratio_is_of_the_backend_asked_for() -> None:
    ratios = pipeline_ratios(SIZES, 'tensorflow')
    assert ratios['pipeline_vs_bare']['640x480'] == pytest.approx(1.25)
    assert ratios['tutorial_vs_pipeline']['1280x720'] == pytest.approx(1.8)


@pytest.mark.parametrize(
    'name',
    [
        'tutorial_vs_pipeline', 'tutorial_same_shape_vs_pipeline', 'balanced_vs_fast',
        'balanced_p95_vs_fast',
    ],
)
def test_ratios_of_what_was_not_measured_are_none(name: str) -> None:
    assert REPORT['ratios'][name]['640x480'] is None


def test_the_table_fits_a_terminal_of_100_columns() -> None:
    assert max(len(line) for line in table(REPORT).splitlines()) <= 100


def test_the_table_has_a_line_for_every_measurement() -> None:
    lines = table(REPORT).splitlines()
    for name in ('onnxruntime', 'tensorflow'):
        rows = [line.split()[1] for line in lines if line.startswith(f'  {name}')]
        assert rows == 2 * [*PARTS]


@pytest.mark.parametrize(
    'line',
    [
        '  latency at 30 Hz   21.5 ms median, 43.0 p95, 64.5 max',
        '  images at 30 Hz    300 sent, 290 processed, 10 dropped, 7 late by more than a period',
        '  CPU at 30 Hz       36.0 ms per image; bare networks 24.0',
        '  flat out           40.0 images per second, bare networks 50.0; 3 dropped',
        '  node               1.50 s to the first pose, 250 MiB at most',
    ],
)
def test_the_table_says_what_the_graph_did(line: str) -> None:
    assert line in table(REPORT).splitlines()


def test_the_table_has_two_lines_for_each_mode_and_number_of_people() -> None:
    lines = [line.split()[:2] for line in table(REPORT).splitlines()]
    assert lines.count(['1,', 'balanced']) == lines.count(['2,', 'balanced']) == 2
    assert lines.count(['2,', 'fast']) == 4


def test_the_table_leaves_out_a_tutorial_that_was_not_measured() -> None:
    report = deepcopy(REPORT)
    del report['sizes']['1280x720']
    assert not any(line.startswith('  tutorial') for line in table(report).splitlines())


def test_the_table_ends_with_the_ratios_of_each_size() -> None:
    lines = [line.split() for line in table(REPORT).splitlines()]
    assert ['ratios', 'backend', '1280x720', '640x480'] in lines
    assert ['tutorial_vs_pipeline', 'onnxruntime', '3.00', '-'] in lines
    assert ['flat_out_vs_bare', 'onnxruntime', '0.80', '0.80'] in lines
    assert lines[-1] == ['tutorial_same_shape_vs_pipeline', 'tensorflow', '0.90', '-']
