"""Say who is there, by the names of REP 155."""

from hri_msgs.msg import IdsList
import rclpy


def on_bodies(msg):
    for body in msg.ids:
        print(f'/humans/bodies/{body}/roi has the box of {body}')


rclpy.init()
node = rclpy.create_node('bodies')
node.create_subscription(IdsList, '/humans/bodies/tracked', on_bodies, 10)
rclpy.spin(node)
