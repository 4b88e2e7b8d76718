"""Say what is written of each person in Foxglove's Image panel."""

from foxglove_msgs.msg import ImageAnnotations
import rclpy


def on_annotations(msg):
    for each in msg.texts:
        print(f'{each.text} at {each.position.x:.0f}, {each.position.y:.0f}')


rclpy.init()
node = rclpy.create_node('texts')
node.create_subscription(ImageAnnotations, 'annotations', on_annotations, 10)
rclpy.spin(node)
