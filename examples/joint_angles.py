"""Say how far each person bends the left knee."""

import math

from movenet_ros.messages import joint_angles_from_msg
import rclpy
from sensor_msgs.msg import JointState


def on_angles(msg):
    for person, angles in joint_angles_from_msg(msg).items():  # {'3': {'left_knee': 0.35, ...}}
        if math.isfinite(knee := angles['left_knee']):  # NaN: not seen
            print(f'person {person} bends the left knee by {math.degrees(knee):.0f} degrees')


rclpy.init()
node = rclpy.create_node('knees')
node.create_subscription(JointState, 'joint_angles', on_angles, 10)
rclpy.spin(node)
