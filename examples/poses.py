"""Say where the right wrist of each person is."""

from movenet_ros.messages import poses_from_msg
import rclpy
from vision_msgs.msg import Detection2DArray


def on_poses(msg):
    people = poses_from_msg(msg)  # arrays: keypoints (n, 17, 2), keypoint_scores, boxes_xyxy, ...
    wrist = people.skeleton.index['right_wrist']
    for person, xy, scores in zip(people.ids, people.keypoints, people.keypoint_scores):
        if person and scores[wrist] > 0.3:  # 0: no id yet
            print(f'person {person}: right wrist at {xy[wrist]}')


rclpy.init()
node = rclpy.create_node('wrists')
node.create_subscription(Detection2DArray, 'poses', on_poses, 10)
rclpy.spin(node)
