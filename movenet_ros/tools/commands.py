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

"""Commands that a sentence names, spelled so that this machine can run them."""

from __future__ import annotations

import shutil


def has_ros2() -> bool:
    """Return whether this shell finds ROS's own command line."""
    return shutil.which('ros2') is not None


def our_command(name: str) -> str:
    """Spell a command of this package, with its arguments."""
    return f'ros2 run movenet_ros {name}' if has_ros2() else f'python -m movenet_ros {name}'


def echo_command(topic: str) -> str:
    """Spell the command that prints one message of a topic."""
    return f'ros2 topic echo --once {topic}' if has_ros2() else our_command(f'echo {topic}')
