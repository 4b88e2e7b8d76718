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
The errors for users, in one tree with two branches.

A :class:`StartError` ends the program with one line that names the fix. A :class:`FrameError`
costs one image: the image is skipped with a warning. Any other exception is a bug and is not
caught.
"""


class MoveNetError(Exception):
    """
    An error of this package, in one line that a user can act on.

    It can be printed and logged whatever bytes a file's name in it has.
    """

    def __init__(self, message: str = '') -> None:
        super().__init__(message.encode('utf-8', 'backslashreplace').decode())


class StartError(MoveNetError):
    """The program cannot start as requested."""


class ModelError(StartError):
    """The model's files are missing, damaged or of another network."""


class BackendError(StartError):
    """The requested inference runtime or device is not available."""


class FrameError(MoveNetError):
    """One image is lost; the next may work."""


class ImageError(FrameError):
    """An image cannot be decoded."""


class OtherTopicError(ImageError):
    """
    A topic carries no pictures, but depth or video: another one has to be taken.

    :param what: it carries.
    :param fix: the command or the topic that helps.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f'{what}: {fix}')
        self.what = what
        self.fix = fix


class InferenceError(FrameError):
    """The runtime failed on one image."""
