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

"""Packages that only some commands need."""

from __future__ import annotations

from importlib import import_module
import logging
from typing import Any

from movenet_ros.core.errors import StartError

PACKAGES = {'skimage': 'scikit-image'}  # where pip names it otherwise


def needs(module: str) -> Any:
    """
    Import a module of a package that only some commands need.

    :raises StartError: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = PACKAGES.get(name := module.split('.')[0], name)
        raise StartError(f'{package} is not installed ({error}): pip install {package}') from error


def pyav() -> Any:
    """
    Import PyAV, without what FFmpeg says to itself: versions before 12 would log it.

    :raises StartError: if it is not installed.
    """
    logging.getLogger('libav').setLevel(logging.CRITICAL + 1)
    return needs('av')
