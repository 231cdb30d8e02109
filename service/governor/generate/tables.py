#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the Vulkan registry (vk.xml) and writes the lists of functions that the dispatch tables hold.

    tables.py vk.xml OUTPUT.h

The registry's format: https://registry.khronos.org/vulkan/specs/1.3/registry.html
"""
import sys
import xml.etree.ElementTree as ElementTree

INSTANCE_TYPES = ("VkInstance", "VkPhysicalDevice")
DEVICE_TYPES = ("VkDevice", "VkQueue", "VkCommandBuffer")
# The loader's own, or the very functions that look others up.
SKIPPED = ("vkGetInstanceProcAddr", "vkGetDeviceProcAddr", "vkCreateDevice")


def core_names(root):
    """The commands that vulkan_core.h declares: no platform's, nothing provisional, nothing disabled."""
    names = set()
    for feature in root.iter("feature"):
        if "vulkan" in feature.get("api", "").split(","):
            names.update(c.get("name") for c in feature.iter("command"))
    for extension in root.iter("extension"):
        if extension.get("platform") or extension.get("provisional") == "true":
            continue
        if "vulkan" in extension.get("supported", "").split(","):
            names.update(c.get("name") for c in extension.iter("command"))
    return names


def first_parameters(root):
    """Command name → the type of its first parameter; aliases have their original's."""
    types, aliases = {}, {}
    for command in root.find("commands"):
        if command.get("alias"):
            aliases[command.get("name")] = command.get("alias")
        elif command.find("proto") is not None:
            types[command.find("proto/name").text] = command.find("param/type").text
    for name, original in aliases.items():
        types[name] = types[original]
    return types


def write_list(out, macro, names):
    out.write(f"#define {macro}(X) \\\n")
    out.write(" \\\n".join(f"  X({name[2:]})" for name in names))
    out.write("\n\n")


def main():
    root = ElementTree.parse(sys.argv[1]).getroot()
    types = first_parameters(root)
    names = sorted(name for name in core_names(root) if name in types and name not in SKIPPED)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("// Generated from vk.xml by tables.py. X(name without \"vk\")\n#pragma once\n\n")
        write_list(out, "LULL_INSTANCE_FUNCTIONS", [n for n in names if types[n] in INSTANCE_TYPES])
        write_list(out, "LULL_DEVICE_FUNCTIONS", [n for n in names if types[n] in DEVICE_TYPES])
        write_list(out, "LULL_QUEUE_FUNCTIONS", [n for n in names if types[n] == "VkQueue"])


if __name__ == "__main__":
    main()
