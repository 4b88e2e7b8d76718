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

"""People to messages and back, as consumers rely on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO as SKELETON
from movenet_ros.messages.poses import detections_to_msg
from movenet_ros.messages.poses import label_info
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.stamped import stamp_ns
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import ObjectHypothesisWithPose

HEADER = Header(stamp=Time(sec=7, nanosec=123456789), frame_id='kamera_größe')
COCO = (
    'nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow'
    ' right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle'
    ' right_ankle'
).split()

MakePeople = Callable[[tuple[int, int], int], Poses]


@pytest.fixture
def two(make_people: MakePeople) -> Poses:
    """Give two people in an image of 640x480."""
    return make_people((640, 480), 2)


def tracked(poses: Poses, *ids: int) -> Poses:
    """Give people track ids."""
    return Poses(
        poses.keypoints, poses.keypoint_scores, poses.boxes_xyxy, poses.scores, np.array(ids)
    )


def names(detection: Detection2D) -> list[str]:
    """Return the class ids of a detection's results."""
    return [each.hypothesis.class_id for each in detection.results]


@st.composite
def people(draw: st.DrawFn) -> Poses:
    """Make any people: any number, place, score and id."""
    count = draw(st.integers(0, 6))
    places = st.floats(-1e4, 1e4, width=32)
    scores = st.floats(0, 1, width=32)
    corners = np.sort(draw(arrays.arrays(np.float32, (count, 2, 2), elements=places)), axis=1)
    return Poses(
        keypoints=draw(arrays.arrays(np.float32, (count, 17, 2), elements=places)),
        keypoint_scores=draw(arrays.arrays(np.float32, (count, 17), elements=scores)),
        boxes_xyxy=corners.reshape(count, 4),
        scores=draw(arrays.arrays(np.float32, count, elements=scores)),
        ids=draw(arrays.arrays(np.int64, count, elements=st.integers(0, 2**62))),
    )


@given(people())
def test_poses_from_msg_undoes_poses_to_msg(poses: Poses) -> None:
    """Also after a trip over the wire."""
    wire = serialize_message(poses_to_msg(poses, HEADER))
    back = poses_from_msg(deserialize_message(wire, Detection2DArray))
    np.testing.assert_array_equal(back.keypoints, poses.keypoints)
    np.testing.assert_array_equal(back.keypoint_scores, poses.keypoint_scores)
    np.testing.assert_array_equal(back.scores, poses.scores)
    np.testing.assert_array_equal(back.ids, poses.ids)
    np.testing.assert_allclose(back.boxes_xyxy, poses.boxes_xyxy, rtol=1e-6, atol=1e-3)


def test_no_people_are_an_empty_array() -> None:
    """And an empty array is no people."""
    msg = poses_to_msg(Poses.nobody(), HEADER)
    assert msg == Detection2DArray(header=HEADER)
    assert len(poses_from_msg(msg)) == 0


@pytest.mark.parametrize('convert', [poses_to_msg, detections_to_msg])
def test_the_header_is_the_images(convert: Any, two: Poses) -> None:
    """Of the array and of each detection in it: tools take single ones out."""
    msg = convert(two, HEADER)
    assert [msg.header, *(each.header for each in msg.detections)] == [HEADER] * 3


def test_results_are_coco_then_person(two: Poses) -> None:
    """Always all 18, in this order."""
    msg = poses_to_msg(two, HEADER)
    assert [names(each) for each in msg.detections] == [[*COCO, 'person']] * 2


def test_keypoints_are_where_they_were_seen(two: Poses) -> None:
    """In pixels of the image, with their scores."""
    for i, detection in enumerate(poses_to_msg(two, HEADER).detections):
        for result, (x, y), score in zip(
            detection.results, two.keypoints[i], two.keypoint_scores[i]
        ):
            place = result.pose.pose.position
            assert (place.x, place.y, place.z, result.hypothesis.score) == (x, y, 0.0, score)


def test_an_unseen_keypoint_keeps_its_place(two: Poses) -> None:
    """Its score says that it was not seen."""
    unseen = Poses(two.keypoints, np.zeros((2, 17)), two.boxes_xyxy, two.scores, two.ids)
    result = poses_to_msg(unseen, HEADER).detections[1].results[9]
    assert (result.hypothesis.class_id, result.hypothesis.score) == ('left_wrist', 0.0)
    assert result.pose.pose.position.x == two.keypoints[1, 9, 0] != 0


def test_orientations_are_identity(two: Poses) -> None:
    """Tools like RViz refuse a quaternion of zeros."""
    for result in poses_to_msg(two, HEADER).detections[0].results:
        turn = result.pose.pose.orientation
        assert (turn.x, turn.y, turn.z, turn.w) == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize('convert', [poses_to_msg, detections_to_msg])
def test_the_box_has_centre_and_size(convert: Any, two: Poses) -> None:
    """As vision_msgs has it, not turned."""
    for box, detection in zip(two.boxes_xyxy.astype(float), convert(two, HEADER).detections):
        left, top, right, bottom = box
        center = detection.bbox.center
        assert (center.position.x, center.position.y, center.theta) == pytest.approx(
            ((left + right) / 2, (top + bottom) / 2, 0.0)
        )
        assert (detection.bbox.size_x, detection.bbox.size_y) == pytest.approx(
            (right - left, bottom - top)
        )


@pytest.mark.parametrize('convert', [poses_to_msg, detections_to_msg])
def test_the_last_result_is_the_person(convert: Any, two: Poses) -> None:
    """With the person's own score."""
    found = [each.results[-1].hypothesis for each in convert(two, HEADER).detections]
    assert [each.class_id for each in found] == ['person', 'person']
    assert [each.score for each in found] == two.scores.tolist()


def test_a_detection_is_one_hypothesis(two: Poses) -> None:
    """Tools that know vision_msgs take the best one for the object."""
    assert [names(each) for each in detections_to_msg(two, HEADER).detections] == [['person']] * 2


@pytest.mark.parametrize('convert', [poses_to_msg, detections_to_msg])
def test_ids_are_decimal(convert: Any, two: Poses) -> None:
    """Or empty, without tracking."""
    assert [each.id for each in convert(two, HEADER).detections] == ['', '']
    assert [each.id for each in convert(tracked(two, 3, 12), HEADER).detections] == ['3', '12']


def test_detections_are_no_skeletons(two: Poses) -> None:
    """The wrong topic is refused, not read as something."""
    with pytest.raises(ValueError, match='topic poses'):
        poses_from_msg(detections_to_msg(two, HEADER))


def test_keypoints_in_another_order_are_refused(two: Poses) -> None:
    """Of another node, say."""
    msg = poses_to_msg(two, HEADER)
    msg.detections[1].results = [*reversed(msg.detections[1].results)]
    with pytest.raises(ValueError, match='no skeletons'):
        poses_from_msg(msg)


@pytest.mark.parametrize('person_id', ['x', '1.5', '9' * 30, '9' * 9999, '1\n' * 99])
def test_ids_that_are_no_numbers_are_refused(person_id: str, two: Poses) -> None:
    """In one line, whatever they are."""
    msg = poses_to_msg(two, HEADER)
    msg.detections[1].id = person_id
    with pytest.raises(ValueError, match='topic poses: an id is no number$'):
        poses_from_msg(msg)


def test_foreign_detections_are_refused() -> None:
    """One hypothesis without a word, or none at all."""
    for results in ([], [ObjectHypothesisWithPose()]):
        msg = Detection2DArray(detections=[Detection2D(results=results)])
        with pytest.raises(ValueError, match='no skeletons'):
            poses_from_msg(msg)


def test_label_info_says_what_the_ids_are() -> None:
    """0 to 16 are the keypoints, 17 the person."""
    msg = label_info(SKELETON, 0.25, Time(sec=5))
    assert {each.class_id: each.class_name for each in msg.class_map} == {
        **dict(enumerate(COCO)), 17: 'person'
    }
    assert (msg.threshold, msg.header.stamp) == (0.25, Time(sec=5))


def test_the_names_are_those_of_the_skeleton() -> None:
    """What the contract spells is what the code has."""
    assert list(SKELETON.names) == COCO


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 10**9 - 1))
def test_stamps_are_exact(sec: int, nanosec: int) -> None:
    """In whole nanoseconds; a float would lose hundreds of them."""
    assert divmod(stamp_ns(Time(sec=sec, nanosec=nanosec)), 10**9) == (sec, nanosec)
