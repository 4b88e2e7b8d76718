"""Greet who waves."""

from movenet_ros.messages import activities_from_msg
import rclpy
from vision_msgs.msg import Detection2DArray


def on_activities(msg):
    people = activities_from_msg(msg)
    for person, activities in zip(people.ids, people.of_people):
        if any(each.name == 'waving' for each in activities):
            print(f'hello, person {person}')


rclpy.init()
node = rclpy.create_node('greeter')
node.create_subscription(Detection2DArray, 'activities', on_activities, 10)
rclpy.spin(node)
