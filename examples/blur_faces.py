"""Hide faces in the images of a bag; some are missed: blur_faces.py BAG NEW_BAG [IMAGE_TOPIC]."""

from contextlib import closing
from pathlib import Path
import sys

import cv2
from movenet_ros import Perception
from movenet_ros import Settings
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import our_topic
from movenet_ros.replay.source import open_source
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
source, target, topic = [*sys.argv[1:], ''][:3]
if Path(target).exists():
    sys.exit(f'{target} exists already')
left_out = set()  # why images cannot be read


def hide(image, people):
    faces, scores = people.keypoints[:, :5], people.keypoint_scores[:, :5]  # nose, eyes, ears
    for points, seen, box in zip(faces, np.median(scores, axis=1) > 0.3, people.boxes_xyxy):
        room = max(np.ptp(points, axis=0).max(), 8.0)  # for hair and chin: as large as the face
        face = np.concatenate([points.min(axis=0) - room, points.max(axis=0) + room])
        left, top, right, bottom = np.maximum(face if seen else box, 0).astype(int)
        if (part := image[top:bottom, left:right]).size:
            few = cv2.resize(part, (4, 4), interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(few, part.shape[1::-1])


def images():
    with closing(open_source(Path(source), topic)) as bag:
        for each in bag.items():
            if isinstance(each.image, Stamped):
                yield each.image
            elif each.image:
                left_out.add(str(each.image))
        left_out.update({bag.damage} - {''})


with Perception(Settings(mode='accurate', person_threshold=0.05, max_people=30)) as perception:
    found = [perception.people(each.image, stamp_ns(each.header.stamp)) for each in images()]
blurred = our_topic('/image/compressed', CompressedImage, 10)
with BagFile(Path(target), 'mcap', [blurred]) as bag:
    for i, each in enumerate(images()):
        image = each.image.as_bgr().copy()
        for people in found[max(i - 5, 0):i + 6]:  # who is missed in one is hidden all the same
            hide(image, people)
        jpeg = cv2.imencode('.jpg', image)[1].tobytes()
        msg = CompressedImage(header=each.header, format='jpeg', data=jpeg)
        bag.write(blurred, stamp_ns(each.header.stamp), serialize_message(msg))
if left_out:
    sys.exit(f'some images are missing in {target}: {"; ".join(sorted(left_out))}')
