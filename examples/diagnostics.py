"""Say what is wrong with the nodes."""

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
import rclpy


def on_diagnostics(msg):
    for each in msg.status:
        if 'movenet' in each.name and each.level != DiagnosticStatus.OK:
            print(f'{each.name}: {each.message}')


rclpy.init()
node = rclpy.create_node('watcher')
node.create_subscription(DiagnosticArray, '/diagnostics', on_diagnostics, 10)
rclpy.spin(node)
