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

"""The tables of parameters: names, values that are accepted and rejected, help."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.settings import changed
from movenet_ros.settings import defaults
from movenet_ros.settings import hint
from movenet_ros.settings import listing
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.settings import unknown_names
from movenet_ros.settings import values_of
from movenet_ros.settings import VideoSourceParameters
import pytest

TABLES = (PoseParameters, VideoSourceParameters)
ROWS = [row for table in TABLES for row in rows(table).values()]


def test_groups_have_dotted_names() -> None:
    assert {'input_size', 'smoothing.min_cutoff_hz', 'diagnostics.max_latency_ms'} < {
        *rows(PoseParameters)
    }


def test_the_library_has_a_part_of_the_nodes_parameters() -> None:
    assert rows(Settings).items() < rows(PoseParameters).items()


@pytest.mark.parametrize('table', TABLES)
def test_without_values_a_table_has_its_defaults(table: Any) -> None:
    assert values_of(table_of(table, {})) == defaults(table)


def test_defaults_are_accepted_and_numbers_have_ranges() -> None:
    wrong = [
        row.name
        for row in ROWS
        if row.accept(row.default) != row.default
        or (row.between is None) == (row.kind in ('int', 'float'))
        or not row.meaning.endswith('.')
    ]
    assert wrong == []


def test_values_get_into_the_table() -> None:
    settings = table_of(PoseParameters, {'max_people': 2, 'smoothing.beta': 1, 'nothing': 3})
    assert settings.max_people == 2
    assert (settings.smoothing.beta, type(settings.smoothing.beta)) == (1.0, float)
    assert settings.smoothing.min_cutoff_hz == Settings().smoothing.min_cutoff_hz


def test_a_change_leaves_the_settings_before_as_they_were() -> None:
    before = Settings()
    after = changed(before, {'tracking.max_age_s': 3.0})
    assert (before.tracking.max_age_s, after.tracking.max_age_s) == (1.0, 3.0)


@pytest.mark.parametrize(
    ('table', 'name', 'value', 'words'),
    [
        (PoseParameters, 'input_size', 96, ("'96'", 'from 128 to 1024 in steps of 32')),
        (PoseParameters, 'input_size', 1056, ('in steps of 32',)),
        (PoseParameters, 'input_size', 257, ('in steps of 32',)),
        (PoseParameters, 'input_size', 256.0, ('an integer',)),
        (PoseParameters, 'input_size', '256', ('an integer',)),
        (PoseParameters, 'rotate', 45, ('in steps of 90',)),
        (PoseParameters, 'rotate', 360, ('from 0 to 270',)),
        (PoseParameters, 'max_people', 0, ("'0'", 'from 1 to')),
        (PoseParameters, 'runtime.gpu_memory_limit_mb', -1, ("'-1'", 'from 0 to')),
        (PoseParameters, 'person_threshold', -0.01, ("'-0.01'", 'from 0.0 to 1.0')),
        (PoseParameters, 'person_threshold', float('nan'), ("'nan'", 'from 0.0 to 1.0')),
        (PoseParameters, 'person_threshold', float('inf'), ("'inf'", 'from 0.0 to 1.0')),
        (PoseParameters, 'person_threshold', 2, ("'2.0'", 'from 0.0 to 1.0')),
        (PoseParameters, 'person_threshold', '1', ("'1'", 'a double')),
        (PoseParameters, 'annotate.boxes', 1, ("'1'", 'a bool')),
        (PoseParameters, 'annotate.boxes', 'true', ("'true'", 'a bool')),
        (PoseParameters, 'backend', 'torch', ("'torch'", 'one of auto')),
        (PoseParameters, 'backend', 1, ("'1'", 'one of auto')),
        (PoseParameters, 'annotate.angles', 'left_kne', ("'left_kne'", 'left_knee?')),
        (PoseParameters, 'annotate.angles', 'left_knee;all', ("'left_knee;all'", 'left_knee?')),
        (PoseParameters, 'annotate.angles', 'all, tail', ("'tail'", 'head_tilt')),
        (PoseParameters, 'image.reliability', 'RELIABLE', ('one of auto, reliable',)),
        (PoseParameters, 'model_path', True, ("'True'", 'a string')),
        (PoseParameters, 'tracking.association', True, ("'True'", 'a string')),
        (VideoSourceParameters, 'rate', -1.0, ('from 0.0 to 1000.0',)),
        (VideoSourceParameters, 'source', 0.5, ('a string',)),
    ],
)
def test_wrong_values_are_refused_in_one_line(
    table: Any, name: str, value: Any, words: tuple[str, ...]
) -> None:
    with pytest.raises(StartError) as refused:
        table_of(table, {name: value})
    text = str(refused.value)
    assert text.startswith(f'parameter {name} ') and '\n' not in text
    assert all(each in text for each in words), text


def test_no_parameter_accepts_a_value_without_a_type_of_ros() -> None:
    for row in ROWS:
        for value in (None, [1], b'x'):
            with pytest.raises(StartError, match='must be'):
                row.accept(value)


@pytest.mark.parametrize(
    ('table', 'name', 'value', 'meant'),
    [
        (VideoSourceParameters, 'rate', 30, 30.0),
        (VideoSourceParameters, 'source', 0, '0'),
        (PoseParameters, 'tracking.association', False, 'off'),
    ],
)
def test_values_are_taken_as_people_write_them(
    table: Any, name: str, value: Any, meant: Any
) -> None:
    taken = values_of(table_of(table, {name: value}))[name]
    assert (taken, type(taken)) == (meant, type(meant))


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('smoothing_beta', 'smoothing.beta'),
        ('smoothing', 'smoothing.enabled'),
        ('tracking', 'tracking.association'),
        ('latency_error_ms', 'diagnostics.max_latency_ms'),
        ('max_image_pixels', 'image.max_pixels'),
        ('bakend', 'backend'),
    ],
)
def test_old_and_misspelt_names_are_answered_with_the_right_one(old: str, new: str) -> None:
    given = {old: 1, 'rate': 1, 'backend': '', 'use_sim_time': True}
    (line,) = unknown_names(given, PoseParameters)
    assert f"'{old}'" in line and new in line


def test_no_old_name_is_in_use_or_moved_twice() -> None:
    old = [name for row in ROWS for name in row.was]
    assert len(old) == len({*old}) and not {*old} & {row.name for row in ROWS}


def test_a_strange_name_is_answered_with_all_of_them() -> None:
    assert all(name in hint('zzz', rows(PoseParameters)) for name in rows(PoseParameters))


def test_the_help_has_every_parameter() -> None:
    assert all(f'  {name} (' in listing(PoseParameters) for name in rows(PoseParameters))
