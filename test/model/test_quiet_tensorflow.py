"""TensorFlow for the conversion keeps off the screen and off the GPU."""

from __future__ import annotations

import subprocess
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import quiet_tensorflow
from movenet_ros.model.quiet_tensorflow import require_tensorflow
import pytest


def test_a_missing_tensorflow_is_said_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_tensorflow, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match=r'not installed.*-m pip install tensorflow"$'):
        require_tensorflow()


def test_importing_tensorflow_is_silent_and_leaves_the_gpu_alone() -> None:
    script = (
        'from movenet_ros.model.quiet_tensorflow import import_tensorflow;'
        "assert not import_tensorflow().config.list_physical_devices('GPU')"
    )
    result = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
