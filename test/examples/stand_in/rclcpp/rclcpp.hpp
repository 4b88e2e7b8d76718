// What the example in C++ uses of rclcpp, with its types, so that a compiler can check the example
// where there is no rclcpp. Nothing of it runs.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

namespace rclcpp
{

struct Logger {};

struct SubscriptionBase {};

struct Node
{
  using SharedPtr = std::shared_ptr<Node>;

  explicit Node(const std::string & name);

  static SharedPtr make_shared(const std::string & name);

  Logger get_logger() const;

  template<typename MessageT>
  std::shared_ptr<SubscriptionBase> create_subscription(
    const std::string & topic, int depth,
    std::function<void(std::shared_ptr<const MessageT>)> callback);
};

void init(int argc, char const * const * argv);
void spin(Node::SharedPtr node);
bool shutdown();

}  // namespace rclcpp

#define RCLCPP_INFO(logger, ...) (static_cast<void>(logger), std::printf(__VA_ARGS__))
