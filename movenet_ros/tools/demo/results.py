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
What a demo writes: of pictures, annotated pictures with their names; of all else, a film.

The folder may hold what an earlier demo wrote; that goes when the first image comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from itertools import chain
from itertools import count
import os
from pathlib import Path
import shutil
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.files import locked
from movenet_ros.core.media import Media
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import VideoFile
import numpy as np
from numpy.typing import NDArray

LOG = 'pose_node.log'
LINES = 'poses.jsonl'
FILM, STILL = 'annotated.mp4', 'annotated.png'
PICTURES = 'annotated'
JPEG, PNG = SUFFIXES = '.jpg', '.png'
LONGEST = 240  # bytes of a name, which with an ending must not have more than 255
JPEG_SIDE = 65500  # pixels, the most that libjpeg writes


@contextmanager
def claimed(out: Path, source: str | None) -> Iterator[None]:
    """
    Make a folder for results, and keep other demos out of it.

    :param source: of the images; it must not be what the results replace. None: no file.
    :raises StartError: if the folder cannot be written or is in use.
    """
    place = Path(source or '/').expanduser().resolve()
    if any((out / name).resolve() in (place, *place.parents) for name in (FILM, STILL, PICTURES)):
        raise StartError(f'{source} would be replaced by the results: give --out another folder')

    def refuse() -> None:
        raise StartError(f'another demo writes to {out}: give --out another folder')

    with ExitStack() as stack:
        with _writing(out):
            out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(out / LOG, refuse))
            if not _is_ours(out / PICTURES):
                raise StartError(f'{out / PICTURES} is not of a demo: give --out another folder')
        yield


class Results:
    """
    The files of a demo; a context manager that first removes what an earlier demo wrote.

    :param out: an existing folder.
    :raises StartError: at any time, if a file cannot be written.
    """

    def __init__(self, out: Path, media: Media) -> None:
        self._out = out
        self._film = None if media.are_pictures else VideoFile(out / FILM, media.rate_hz)
        self._stills: dict[int, NDArray[np.uint8]] = {}  # the latest one, by number of people
        self._counts: Counter[int] = Counter()  # images, by number of people
        self._pictures: dict[str, str] = {}  # names, with the files that they are of
        self._files = ExitStack()

    def __enter__(self) -> Results:
        """Begin anew."""
        with _writing(self._out):
            if (self._out / PICTURES).exists():
                shutil.rmtree(self._out / PICTURES)
            for name in (FILM, STILL):
                (self._out / name).unlink(missing_ok=True)
            self._lines = self._files.enter_context(JsonLines(self._out / LINES))
            if self._film is None:
                (self._out / PICTURES).mkdir()
            else:
                self._files.enter_context(closing(self._film))
        return self

    def __exit__(self, *error: Any) -> None:
        """Close the files."""
        with _writing(self._out):
            self._files.close()

    def add_poses(self, record: dict[str, Any]) -> None:
        """Add a line of poses.jsonl."""
        self._counts[len(record['people'])] += 1
        with _writing(self._out):
            self._lines.write(record)

    def add_image(
        self, image_bgr: NDArray[np.uint8], people: int, at_ns: int, file: str
    ) -> None:
        """
        Add an annotated image.

        :param people: how many were found in it.
        :param at_ns: its place in the film.
        :param file: name of the picture.
        """
        with _writing(self._out):
            if self._film is None:
                suffix = JPEG if max(image_bgr.shape) <= JPEG_SIDE else PNG
                if file.endswith(suffix) and (earlier := self._pictures.get(file)):
                    name = unused_name(earlier, suffix, self._pictures)  # a.jpg is that of a.jpg
                    (self._out / PICTURES / file).rename(self._out / PICTURES / name)
                    self._pictures[name] = earlier
                    del self._pictures[file]
                name = unused_name(file, suffix, self._pictures)
                self._pictures[name] = file
                _write_picture(self._out / PICTURES / name, image_bgr)
            else:
                self._film.write(image_bgr, at_ns)
                self._stills[people] = image_bgr

    def finish(self) -> list[Path]:
        """Close the files, and return them; the first one is to be looked at."""
        still = typical(self._stills, self._counts)
        with _writing(self._out):
            if still is not None:
                _write_picture(self._out / STILL, still)
            self._files.close()
        files = [self._out / name for name in (FILM, STILL, PICTURES, LINES, LOG)]
        return [each for each in files if each.exists()]


def typical(
    stills: Mapping[int, NDArray[np.uint8]], counts: Mapping[int, int]
) -> NDArray[np.uint8] | None:
    """
    Return the image with the usual number of people, of those with people.

    :param stills: by number of people.
    :param counts: of images, by number of people.
    """
    best = max(stills, key=lambda people: (people > 0, counts[people]), default=None)
    return None if best is None else stills[best]


def unused_name(file: str, suffix: str, used: Collection[str]) -> str:
    """Name the annotated picture of a file: a.jpg of a.png, or a.png.jpg if a.jpg is used."""
    if len(os.fsencode(file)) > LONGEST:
        file = os.fsdecode(os.fsencode(file)[:LONGEST])
    stems = chain((Path(file).stem, file), (f'{file}.{i}' for i in count(2)))
    return next(name for stem in stems if (name := f'{stem}{suffix}') not in used)


def _is_ours(folder: Path) -> bool:
    """Return whether a folder of annotated pictures is of an earlier demo, if there is one."""
    return not folder.exists() or (
        folder.with_name(LINES).exists()
        and not folder.is_symlink()
        and all(each.suffix in SUFFIXES for each in folder.iterdir())
    )


def _write_picture(path: Path, image_bgr: NDArray[np.uint8]) -> None:
    """
    Write a picture, or nothing.

    OpenCV's own function reports no full disk, and takes not every name.
    """
    try:
        path.write_bytes(cv2.imencode(path.suffix, image_bgr)[1].tobytes())
    except OSError:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartError(f'cannot write to {out}: {error.strerror or error}') from error
