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

"""
The errors that users meet, in one tree with two fates.

A :class:`StartError` ends the program with its one line, which names the cure. A
:class:`FrameError` costs one image: it is skipped with a warning, and the next one is tried.
Anything else is a bug and is not caught.
"""


class MoveNetError(Exception):
    """Whatever this package refuses, said in one line that a user can act on."""


class StartError(MoveNetError):
    """The program cannot start as it was asked to."""


class ModelError(StartError):
    """The model's files are missing, damaged or of another kind."""


class BackendError(StartError):
    """The inference runtime or the device that was asked for is not to be had."""


class FrameError(MoveNetError):
    """One image is lost; the next may work."""


class ImageError(FrameError):
    """An image's bytes cannot be turned into a picture."""


class InferenceError(FrameError):
    """The runtime failed on one image."""
