"""TensorFlow's lines stay off the screen, unless they may say why it failed."""

from __future__ import annotations

import os
import subprocess
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import quiet_tensorflow
from movenet_ros.model.quiet_tensorflow import native_stderr_held_back
from movenet_ros.model.quiet_tensorflow import require_tensorflow
import pytest


def test_what_a_library_writes_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with native_stderr_held_back():
        os.write(2, b'pages of log\n')
    assert capfd.readouterr().err == ''


def test_what_a_library_writes_is_shown_when_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError), native_stderr_held_back():
        os.write(2, b'the reason\n')
        raise ImportError
    assert capfd.readouterr().err == 'the reason\n'


def test_stderr_works_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with native_stderr_held_back():
        pass
    os.write(2, b'visible\n')
    assert capfd.readouterr().err == 'visible\n'


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
