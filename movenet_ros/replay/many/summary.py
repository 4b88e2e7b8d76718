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

"""The rows of all recordings as files, summary.csv and summary.parquet."""

from __future__ import annotations

from collections.abc import Sequence
import csv
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from movenet_ros.core.needs import needs
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.unfinished import Unfinished

CSV, PARQUET = 'summary.csv', 'summary.parquet'


def write_summary(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """
    Write both files, or replace them; Parquet takes PyArrow.

    :return: what was written.
    :raises StartError: if that fails.
    """
    writers = [(CSV, _write_csv), *([(PARQUET, _write_parquet)] if find_spec('pyarrow') else [])]
    written = []
    for name, write in writers:
        with Unfinished(folder / name, overwrite=True) as file, file.naming():
            write(file.path, rows)
            file.complete()
            written.append(file.target)
    return written


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open('w', newline='', encoding='utf-8', errors='backslashreplace') as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Row)])
        writer.writeheader()
        writer.writerows(each.as_dict() for each in rows)


def _utf8(value: Any) -> Any:
    """Return a value, the name of a file as text that can be encoded."""
    return value.encode('utf-8', 'backslashreplace').decode() if isinstance(value, str) else value


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    arrow = needs('pyarrow')
    types = {
        'int': arrow.int64(), 'float': arrow.float64(), 'float | None': arrow.float64(),
        'str': arrow.string(),
    }
    schema = arrow.schema([(each.name, types[str(each.type)]) for each in fields(Row)])
    content = [{name: _utf8(value) for name, value in each.as_dict().items()} for each in rows]
    needs('pyarrow.parquet').write_table(arrow.Table.from_pylist(content, schema), str(path))
