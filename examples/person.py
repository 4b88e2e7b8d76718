"""Say how far away the person to follow is."""

import math

from geometry_msgs.msg import PoseStamped
import rclpy


def on_person(msg):
    place = msg.pose.position
    away = math.hypot(place.x, place.y, place.z)
    print(f'{away:.2f} m from the origin of {msg.header.frame_id}')


rclpy.init()
node = rclpy.create_node('follower')
node.create_subscription(PoseStamped, 'person', on_person, 10)
rclpy.spin(node)
