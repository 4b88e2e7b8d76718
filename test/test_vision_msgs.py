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
The messages that scripts/setup generates are wire-compatible with those of others.

The type hashes are those of vision_msgs 4.1, of hri_msgs 2.0, of tf2_msgs from Iron on, and of
foxglove_msgs from 3.2.5 to 3.4.3 (before, ImageAnnotations had no timestamp and nothing had
metadata).
"""

from __future__ import annotations

import json
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from foxglove_msgs.msg import ImageAnnotations
import pytest

WHEELS = Path(__file__).parents[1] / 'scripts' / 'ros_wheels'
HASHES = {
    'BodyPosture': 'fa4258f18cc616a912e5aa1d48dbfead0fa5235a8546b4c69b70d64db7cef570',
    'BoundingBox2D': '008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f',
    'Detection2D': '0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea',
    'Detection2DArray': '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'Detection3DArray': '793f5eab9595ac1c0da07873cc859db42eae51f0ee76056db8562515d830e018',
    'Gesture': 'fbf9f3c4cb8a64e63a1cf819affbb09a32915da45d4786c701eed225193b7f4a',
    'IdsList': '7e0812d1ac945c98fd3e393568d581ad0ab567f37b24eff633eab778c1bfe62d',
    'ImageAnnotations': 'bc4e578b1ef80953415d6f966a4cab305c8a44c8b64fc405312b6f06a08fc45e',
    'LabelInfo': '3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
    'NormalizedRegionOfInterest2D': (
        '2e50c93f1ca166ee77af9a5424dc951ae4e452b740162a7f83c082d917dcaff5'
    ),
    'ObjectHypothesisWithPose': '41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc',
    'PointsAnnotation': 'e151e5042d911c2949ff9ef427944596eefdf9672ff93d381e8d24e60addf8e6',
    'Skeleton2D': '1cb61f012db6ca43c48fa0097ccab9a00108ea39323c13f01bb983323c1e3420',
    'TextAnnotation': '9678167e063be85463865db2383506c704498e5f8657f24c576a996e7f2ed2e4',
    'TFMessage': 'e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087',
    'VisionInfo': '95d3116a17484ad91c9a2686e1d54890bbfc3ff6c6a2de137738c4950d45d284',
}


@pytest.mark.parametrize('name', sorted(HASHES))
def test_type_hash(name: str) -> None:
    """Of the package that the node uses, wherever it is from."""
    package = next(WHEELS.glob(f'*/msg/{name}.msg')).parts[-3]
    pytest.importorskip(f'{package}.msg')  # hri_msgs is for one node alone
    if package == 'foxglove_msgs' and not hasattr(ImageAnnotations, 'timestamp'):
        pytest.skip('this foxglove_msgs is older than 3.2.5')
    path = Path(get_package_share_directory(package), 'msg', f'{name}.json')
    if not path.is_file():
        pytest.skip('this ROS distribution is older than type hashes (Iron)')
    hashes = {
        each['type_name']: each['hash_string']
        for each in json.loads(path.read_text())['type_hashes']
    }
    assert hashes[f'{package}/msg/{name}'] == f'RIHS01_{HASHES[name]}'


def test_every_message_is_there() -> None:
    from vision_msgs import msg

    names = {path.stem for path in WHEELS.glob('vision_msgs/msg/*.msg')}
    assert len(names) == 13
    assert names <= set(dir(msg))
