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

"""References in files: a pose (JSON), or a clip that was analysed before (Parquet, CSV)."""

from __future__ import annotations

from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.alignment import compare_with_clip
from movenet_ros.core.kinematics.alignment import DTW
from movenet_ros.core.kinematics.comparison import compare_with_pose
from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import pose_from_json
from movenet_ros.core.kinematics.reference import pose_reference
from movenet_ros.core.kinematics.reference import pose_to_json
from movenet_ros.core.kinematics.reference import PoseReference
from movenet_ros.core.needs import needs
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.table import PARQUET_START
from movenet_ros.tools.analyse.table import read_curves
import numpy as np

Reference = PoseReference | Curves
MOST_BYTES = 1 << 20  # of a pose
TABLE = 'angles.parquet'


def read_reference(path: Path) -> Reference:
    """
    Read a pose, or a clip: one of its tables, or the folder of its analysis.

    :raises StartError: if it is neither.
    """
    path = path / TABLE if path.is_dir() else path
    try:
        with path.open('rb') as file:
            start = file.read(MOST_BYTES)
    except OSError as error:
        raise StartError(f'{path} cannot be read: {error.strerror}') from error
    if start.startswith(PARQUET_START) or start.startswith((b'stamp_s', b'"stamp_s"')):
        needs(DTW)  # before a long run, not after it
        return read_curves(path)
    try:
        return pose_from_json(start.decode('utf-8', 'replace'))
    except StartError as error:
        raise StartError(f'{path} {error}') from error


def compared(curves: Curves, reference: Reference) -> Comparison:
    """Compare a person with a reference of either kind."""
    if isinstance(reference, Curves):
        return compare_with_clip(curves, reference)
    return compare_with_pose(curves, reference)


def pose_at(record: Record, at_s: float, person: int | None, source: str) -> str:
    """
    Return the posture of a person as a reference, as it lies in a file.

    :param at_s: seconds since the first image; the image that is nearest to it counts.
    :param person: track id; None: the only person in that image.
    :param source: name of the recording.
    :raises StartError: if nobody is there, or several people are.
    """
    seconds = (record.stamps_ns - record.stamps_ns[0]) / NANOSECONDS
    if at_s > seconds.max() + 1 / (record.rate_hz or 1):
        raise StartError(f'--at {at_s:g}: {source} ends at {seconds.max():.2f} s')
    image = int(np.argmin(np.abs(seconds - at_s)))
    rows = np.flatnonzero(record.images == image)
    is_picture = bool(record.files)
    there = f'in {source}' if is_picture else f'at {seconds[image]:.2f} s of {source}'
    another = 'take another picture' if is_picture else 'choose another instant by --at'
    if person is not None:
        rows = rows[record.ids[rows] == person]
    if not len(rows):
        who = 'nobody is seen' if person is None else f'person {person} is not seen'
        raise StartError(f'{who} {there}: {another}')
    if len(rows) > 1:
        names = ', '.join(str(each) for each in record.ids[rows].tolist() if each)
        fix = f'choose one by --person ({names})' if names else 'crop the picture to one of them'
        raise StartError(f'{len(rows)} people are seen {there}: {fix}')
    row = int(rows[0])
    reference = pose_reference(record.values[row], record.deviations[row])
    if not reference:
        raise StartError(f'no joint angle is known of the person {there}: {another}')
    instant = record.files[image] if record.files else f'{seconds[image]:.2f} s'
    return pose_to_json(reference, f'{source}, {instant}')
