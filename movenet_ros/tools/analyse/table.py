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

"""The rows of a record as a table: angles.csv and angles.parquet, in degrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.needs import needs
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.tools.analyse.record import Record
import numpy as np
from numpy.typing import NDArray

DECIMALS = 2  # of degrees
PART = 1 << 17  # rows that are in memory as a table
PARQUET_START = b'PAR1'
PEOPLE_SHOWN = 8  # in the line about too many


def table_of(record: Record) -> Any:
    """
    Return a table of PyArrow.

    :return: columns stamp_s, image (from 0), file (of pictures), id (0: not tracked), posture,
        gestures (separated by spaces), and for each angle NAME_deg and NAME_sd_deg, null where it
        is not known.
    """
    arrow = needs('pyarrow')
    _, firsts, kinds = np.unique(record.does, return_index=True, return_inverse=True)

    def texts(each: list[str], of_rows: NDArray[np.int64]) -> Any:
        return arrow.array(each, arrow.string()).take(arrow.array(of_rows))

    columns = {
        'stamp_s': record.row_stamps_ns / NANOSECONDS,
        'image': record.images,
        **({'file': texts([*map(_text, record.files)], record.images)} if record.files else {}),
        'id': record.ids,
        'posture': texts([record.posture(each) for each in firsts], kinds),
        'gestures': texts([' '.join(record.gestures(each)) for each in firsts], kinds),
    }
    for i, name in enumerate(ANGLES):
        for ending, values in (('deg', record.values), ('sd_deg', record.deviations)):
            degrees = np.round(np.degrees(values[:, i].astype(np.float64)), DECIMALS)
            columns[f'{name}_{ending}'] = arrow.array(degrees, from_pandas=True)  # NaN to null
    return arrow.table(columns)


def _text(name: str) -> str:
    """Return the name of a file, of which any bytes may be, as text that can be written."""
    return name.encode('utf-8', 'backslashreplace').decode('utf-8')


def write_tables(record: Record, csv: Path, parquet: Path) -> None:
    """Write both files, part by part."""
    schema = table_of(record.at(slice(0))).schema
    with (
        needs('pyarrow.csv').CSVWriter(str(csv), schema) as csv_writer,
        needs('pyarrow.parquet').ParquetWriter(str(parquet), schema) as parquet_writer,
    ):
        for first in range(0, len(record), PART):
            part = table_of(record.at(slice(first, first + PART)))
            csv_writer.write_table(part)
            parquet_writer.write_table(part)


def read_curves(path: Path) -> Curves:
    """
    Read the angles of one person from one of these files.

    :raises StartError: if it is none, or has several people or nobody.
    """
    arrow = needs('pyarrow')
    try:
        with path.open('rb') as file:
            is_parquet = file.read(len(PARQUET_START)) == PARQUET_START
        read = needs('pyarrow.parquet').read_table if is_parquet else needs('pyarrow.csv').read_csv
        table = read(str(path))
        names = [f'{name}_{ending}' for ending in ('deg', 'sd_deg') for name in ANGLES]
        columns = {
            each: table.column(each).cast(arrow.float64()).to_numpy()
            for each in ('stamp_s', *names)
        }
        ids = table.column('id').cast(arrow.int64()).to_numpy()
    except OSError as error:
        raise StartError(f'{path} cannot be read: {error.strerror or error}') from error
    except (arrow.ArrowException, KeyError) as error:
        reason = ' '.join(str(error).split())
        raise StartError(
            f'{path} is no angles.parquet or angles.csv of analyse: {reason}'
        ) from error
    return _of_one(path, ids, columns)


def _of_one(path: Path, ids: Any, columns: dict[str, Any]) -> Curves:
    people = np.unique(ids[ids > 0])
    if len(people) != 1:
        shown = ', '.join(map(str, people[:PEOPLE_SHOWN].tolist()))
        who = f'several people ({shown})' if len(people) else 'nobody with an id'
        raise StartError(f'{path} has {who}: record one person of a clip, by analyse --person ID')
    mine = ids == people[0]
    values, deviations = (
        np.radians(np.stack([columns[f'{name}_{ending}'][mine] for name in ANGLES], axis=1))
        for ending in ('deg', 'sd_deg')
    )
    stamps_ns = np.rint(columns['stamp_s'][mine] * NANOSECONDS).astype(np.int64)
    return Curves.in_order(stamps_ns, values, deviations)
