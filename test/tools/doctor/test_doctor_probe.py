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

"""What crashes, hangs or is missing becomes a reason in one line."""

from __future__ import annotations

import os
from pathlib import Path

from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.probe import probing
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder whose modules go before those that are installed."""
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')
    return tmp_path


def result_of(name: str, timeout_s: float = 60.0) -> Probe:
    """Run a probe to its end."""
    with probing(name, timeout_s=timeout_s) as probe:
        return probe.result()


def test_a_runtime_that_works(stand_in: Path) -> None:
    (stand_in / 'onnxruntime.py').write_text(
        "__version__ = '1.2'\ndef get_available_providers(): return ['CPU']"
    )
    assert result_of('onnxruntime') == Probe({'version': '1.2', 'providers': ['CPU']})


@pytest.mark.parametrize(
    ('code', 'reason', 'missing'),
    [
        ('import os; os.abort()', 'crashes (SIGABRT)', ''),
        ('raise AttributeError("_ARRAY_API\\nnot found")', '_ARRAY_API not found', ''),
        ('raise ImportError("libcuda.so: no file")', 'libcuda.so: no file', ''),
        ('import not_there_at_all', "No module named 'not_there_at_all'", 'not_there_at_all'),
        ('print("noise"); raise ValueError', 'ValueError', ''),
        ('raise ValueError("\\x1b[2J")', '\\x1b[2J', ''),
    ],
)
def test_a_runtime_that_does_not(
    stand_in: Path, code: str, reason: str, missing: str
) -> None:
    (stand_in / 'onnxruntime.py').write_text(code)
    assert result_of('onnxruntime') == Probe(reason=reason, missing=missing)


def test_ros_says_what_it_lacks(stand_in: Path) -> None:
    (stand_in / 'vision_msgs.py').write_text('')
    probe = result_of('ros')
    assert probe.facts is not None
    (name,) = probe.facts['failed']
    assert name == 'vision_msgs.msg'


def test_a_compiled_part_that_cv_bridge_hides_is_found(stand_in: Path) -> None:
    boost = stand_in / 'cv_bridge' / 'boost'
    boost.mkdir(parents=True)
    (stand_in / 'cv_bridge' / '__init__.py').write_text(
        'try:\n    import cv_bridge.boost.cv_bridge_boost\nexcept ImportError:\n    pass\n'
    )
    (boost / '__init__.py').write_text('')
    (boost / 'cv_bridge_boost.py').write_text("raise ImportError('numpy.core.multiarray failed')")
    assert result_of('cv_bridge') == Probe(reason='numpy.core.multiarray failed')


@pytest.mark.parametrize('name', ['vision', 'ros', 'onnxruntime', 'openvino'])
def test_what_is_installed_here_works(name: str) -> None:
    probe = result_of(name)
    assert probe.facts is not None, probe.reason
    assert not probe.facts.get('failed')
