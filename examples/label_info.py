"""Say which keypoint is at which index of results in poses."""

import rclpy
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from vision_msgs.msg import LabelInfo


def on_labels(msg):
    for each in msg.class_map:
        print(f'results[{each.class_id}] is {each.class_name}')


rclpy.init()
node = rclpy.create_node('labels')
latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)  # it is published once
node.create_subscription(LabelInfo, 'label_info', on_labels, latched)
rclpy.spin(node)
