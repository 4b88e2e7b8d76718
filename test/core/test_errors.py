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

from __future__ import annotations

import os

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
import pytest


@pytest.mark.parametrize('kind', [MoveNetError, StartError, ImageError])
def test_a_name_of_any_bytes_can_be_printed_and_logged(kind: type[MoveNetError]) -> None:
    name = os.fsdecode(b'Vid\xe9o.mp4')
    assert str(kind(f'no {name}')).encode() == b'no Vid\\udce9o.mp4'
