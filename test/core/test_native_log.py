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

"""What C++ libraries chat about stays off the screen; what is wrong does not."""

import os

from movenet_ros.core.native_log import native_chatter_dropped
import pytest

CHATTER = (
    b'I0000 00:00:1795367209.525112   18679 port.cc:153] oneDNN custom operations are on.\n',
    b'2026-11-22 17:06:39.123456: I tensorflow/core/util/port.cc:113] oneDNN is on.\n',
    b'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n',
)
WRONG = (
    b'W0000 00:00:1795367209.525112   18679 gpu_device.cc:2431] Cannot dlopen some libraries.\n',
    b'E0000 00:00:1795367209.525112   18679 cuda_platform.cc:52] failed call to cuInit\n',
    b'anything else\n',
)


@pytest.mark.parametrize('line', CHATTER)
def test_chatter_is_not_shown(capfd: pytest.CaptureFixture[str], line: bytes) -> None:
    with native_chatter_dropped():
        os.write(2, line)
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('line', WRONG)
def test_warnings_and_errors_are_shown(capfd: pytest.CaptureFixture[str], line: bytes) -> None:
    with native_chatter_dropped():
        os.write(2, line)
    assert capfd.readouterr().err == line.decode()


def test_everything_is_shown_when_the_work_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError), native_chatter_dropped():
        os.write(2, CHATTER[0])
        raise ImportError
    assert capfd.readouterr().err == CHATTER[0].decode()


def test_chatter_is_not_shown_on_ctrl_c(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), native_chatter_dropped():
        os.write(2, CHATTER[0])
        raise KeyboardInterrupt
    assert capfd.readouterr().err == ''


def test_stderr_works_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with native_chatter_dropped():
        pass
    os.write(2, b'visible\n')
    assert capfd.readouterr().err == 'visible\n'
