"""Say which people have a frame (pose_3d_node with publish_tf); tf2_ros looks them up."""

import rclpy
from tf2_msgs.msg import TFMessage


def on_frames(msg):
    for each in msg.transforms:
        if each.child_frame_id.startswith('person_'):
            place = each.transform.translation
            print(f'{each.child_frame_id} at {place.x:.2f}, {place.y:.2f}, {place.z:.2f}')


rclpy.init()
node = rclpy.create_node('frames')
node.create_subscription(TFMessage, '/tf', on_frames, 100)
rclpy.spin(node)
