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
What the runtimes compiled of a model, kept for the next start.

A folder for each runtime, version and machine, since a compiled model runs nowhere else. Its
files are verified by SHA-256 like the model itself; a damaged one is removed, and the runtime
compiles it anew. The oldest make room. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
import platform
import shutil

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import check_file
from movenet_ros.core.files import FileRecord
from movenet_ros.core.files import sha256_of
from movenet_ros.core.files import write_json
from movenet_ros.core.machine import gpus

RECORDS = 'records.json'
MAX_FILES = 16  # of a folder
CPU_LINES = ('model name', 'flags', 'Features', 'CPU part')  # of /proc/cpuinfo: x86 and ARM


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def machine_key() -> str:
    """Return a few letters that differ where processor, number of cores, GPU or its driver do."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    cpu = sorted({line for line in lines if line.startswith(CPU_LINES)})
    text = '\n'.join([platform.machine(), str(usable_cores()), *cpu, *gpus()])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def open_folder(parent: Path | None, runtime: str, version: str) -> Path | None:
    """
    Make the folder of a runtime ready: only files that are undamaged remain in it.

    Folders of other versions of the runtime for this machine are removed.

    :param parent: folder of all that is compiled of one model; None keeps nothing.
    :return: None if nothing can be kept.
    """
    if parent is None:
        return None
    machine = machine_key()
    folder = parent / f'{runtime}-{version}-{machine}'
    try:
        for other in parent.glob(f'{runtime}-*-{machine}'):
            if other != folder:
                shutil.rmtree(other)
        folder.mkdir(parents=True, exist_ok=True)
        records = _records(folder)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != RECORDS and not _is_whole(path, records.get(path.name)):
                path.unlink()
        return folder if os.access(folder, os.W_OK) else None
    except OSError:
        return None


def seal(folder: Path | None) -> None:
    """Record the files of a folder, after a runtime wrote into it."""
    if folder is None:
        return
    try:
        known = _records(folder)
        sealed_ns = _written_ns(folder / RECORDS) if known else 0
        files = (each for each in folder.iterdir() if each.is_file() and each.name != RECORDS)
        paths = sorted(files, key=_written_ns)
        for path in paths[:-MAX_FILES]:
            path.unlink()
        records = {
            path.name: known[path.name]
            if path.name in known and _written_ns(path) < sealed_ns
            else FileRecord(path.stat().st_size, sha256_of(path))
            for path in paths[-MAX_FILES:]
        }
        if records != known:
            write_json(folder / RECORDS, {name: vars(each) for name, each in records.items()})
    except OSError:  # the disk may be full: the next start compiles anew
        return


def _written_ns(path: Path) -> int:
    return path.stat().st_mtime_ns


def _records(folder: Path) -> dict[str, FileRecord]:
    try:
        content = json.loads((folder / RECORDS).read_text(encoding='utf-8'))
        return {name: FileRecord(**each) for name, each in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _is_whole(path: Path, record: FileRecord | None) -> bool:
    if record is None:
        return False
    try:
        check_file(path, record)
    except ModelError:
        return False
    return True
