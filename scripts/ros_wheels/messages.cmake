# The CMakeLists.txt of each package of messages in the folders beside this file, with
# PACKAGE, its name, and DEPENDENCIES, as its package.xml has them.
cmake_minimum_required(VERSION 3.16)
project(${PACKAGE})

find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
foreach(dependency ${DEPENDENCIES})
  find_package(${dependency} REQUIRED)
endforeach()

file(GLOB messages RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS msg/*.msg)
rosidl_generate_interfaces(${PROJECT_NAME} ${messages} DEPENDENCIES ${DEPENDENCIES})

ament_export_dependencies(rosidl_default_runtime)
ament_package()
