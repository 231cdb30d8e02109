#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the wrappers of all vkCmd* from the Vulkan registry (vk.xml) and the classes in commands.txt.

    commands.py vk.xml commands.txt OUTPUT_FOLDER

commands.h: the commands and their classes; commands_by_hand.h: what is to be written by hand; commands.cpp: the rest.
Names that vulkan_core.h does not declare (a platform's, provisional ones) get no wrapper: they are strangers.
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import tables

CLASSES = ("state", "free", "work", "enter", "leave", "hand", "unknown")


class Registry:
    def __init__(self, root):
        self.declared = tables.core_names(root)
        self.first = tables.first_parameters(root)
        self.commands, self.aliases, self.structs = {}, {}, {}
        for command in root.find("commands"):
            if not for_vulkan(command):
                continue
            if command.get("alias"):
                self.aliases[command.get("name")] = command.get("alias")
            else:
                self.commands[command.find("proto/name").text] = command
        for kind in root.find("types"):
            if kind.get("category") in ("struct", "union") and not kind.get("alias"):
                self.structs[kind.get("name")] = [m for m in kind.findall("member") if for_vulkan(m)]
            elif kind.get("alias"):
                self.aliases[kind.get("name")] = kind.get("alias")

    def original(self, name):
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def names(self):
        return sorted(n for n in self.first if n.startswith("vkCmd") and self.original(n) in self.commands)

    def chained(self, type_name):
        return any(m.find("name").text == "pNext" for m in self.structs.get(self.original(type_name), []))

    def plain(self, type_name):
        """A type whose bytes say it all, but for an empty pNext."""
        for member in self.structs.get(self.original(type_name), []):
            if member.find("name").text == "pNext":
                continue
            if "*" in declaration(member) or not self.plain(member.find("type").text):
                return False
        return True


def for_vulkan(element):
    return element.get("api") is None or "vulkan" in element.get("api").split(",")


def declaration(element):
    text = (element.text or "") + "".join(
        ("" if child.tag == "comment" else "".join(child.itertext())) + (child.tail or "") for child in element)
    return re.sub(r"\s*\*\s*", "* ", " ".join(text.split())).replace("* const* ", "* const* ").strip()


class Parameter:
    def __init__(self, registry, element):
        self.name = element.find("name").text
        self.type = element.find("type").text
        self.declared = declaration(element)
        self.pointers = self.declared.count("*")
        fixed = re.search(r"\[(\w+)\]", self.declared)
        self.fixed = fixed.group(1) if fixed else None
        self.length = element.get("altlen") or element.get("len")
        self.registry = registry

    def copies(self):
        """Can be kept in the state log."""
        if self.pointers == 0:
            return True
        return self.pointers == 1 and (self.type == "void" or self.registry.plain(self.type))

    def element(self):
        return "std::byte" if self.type == "void" else self.type

    def elements(self):
        return f"static_cast<std::size_t>({self.length})" if self.length else "1"

    def bytes(self):
        return f"{self.elements()} * sizeof({self.element()})"


class Command:
    def __init__(self, registry, name, words):
        self.name = name
        self.short = name[2:]
        element = registry.commands[registry.original(name)]
        self.returns = element.find("proto/type").text
        self.parameters = [Parameter(registry, p) for p in element.findall("param") if for_vulkan(p)]
        self.declared = name in registry.declared
        self.kind = words[0] if self.declared else "unknown"
        self.words = words[1:]
        if self.kind == "state" and not all(p.copies() for p in self.parameters):
            sys.exit(f"commands.txt: {name} is no state that can be copied")

    def detail(self, key):
        return [word.split("=", 1)[1] for word in self.words if word.startswith(key + "=")]

    def signature(self):
        return f"{self.returns} VKAPI_CALL {self.short}(" + ", ".join(p.declared for p in self.parameters) + ") noexcept"

    def arguments(self):
        return "".join(", " + p.name for p in self.parameters[1:])

    def call(self):
        return f"to.table->{self.short}(to.commands{self.arguments()})"

    def id(self):
        return f"static_cast<std::uint32_t>(Command::{self.short})"


def read_classes(path):
    classes = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] not in CLASSES or len(words) < 2 or words[1] in classes:
                sys.exit(f"commands.txt: cannot read: {line.strip()}")
            classes[words[1]] = [words[0]] + words[2:]
    return classes


def class_of(registry, classes, name):
    """A name that is not listed goes with its aliases, but for what is written by hand."""
    if name in classes:
        return classes[name]
    for listed, words in classes.items():
        if registry.original(listed) == registry.original(name) and words[0] != "hand":
            return words
    return ["unknown"]


def passing(command):
    """Wrappers that only choose where the call goes."""
    first = command.parameters[0].name
    target = {
        "free": f"targetOf({first})",
        "leave": f"targetOf({first})",
        "work": f"targetOfWork({first}, {command.id()})",
        "enter": f"targetOfScope({first})",
        "unknown": f"targetOfUnknown({first})",
    }[command.kind]
    if command.kind == "enter" and "work" in command.words:
        target = f"targetOfWorkScope({first}, {command.id()})"
    if command.kind == "enter" and "unsure" in command.words:
        target = f"targetOfUnsureScope({first})"
    yield f"  const Target to = {target};"
    yield f"  {'return ' if command.returns != 'void' else ''}{command.call()};"
    if command.kind == "leave":
        yield "  leaveScope(to);"


def fields(command):
    for p in command.parameters[1:]:
        if p.pointers:
            yield p, f"  std::uint32_t {p.name} = 0;  // offset"
        elif p.fixed:
            yield p, f"  {p.type} {p.name}[{p.fixed}]{{}};"
        else:
            yield p, f"  {p.type} {p.name}{{}};"


def key(command):
    parts = [f".command = {command.id()}"]
    for stages in command.detail("stages"):
        parts.append(f".stages = static_cast<std::uint32_t>({stages})")
    for group in command.detail("group"):
        parts.append(f".group = groupOf(to, {group})")
    for first in command.detail("first") + command.detail("one"):
        parts.append(f".first = {first}")
    for count in command.detail("count"):
        parts.append(f".count = {count}")
    if command.detail("one"):
        parts.append(".count = 1")
    return "{" + ", ".join(parts) + "}"


def keeping(command):
    """Wrappers of state: the call, then its arguments into the log."""
    yield f"  const Target to = targetOf({command.parameters[0].name});"
    yield f"  {command.call()};"
    if "note" in command.words:
        yield f"  note{command.short[3:]}(to{command.arguments()});"
    yield "  StateLog* const log = to.log();"
    yield "  if (log == nullptr) return;"
    pointers = [p for p in command.parameters[1:] if p.pointers]
    for p in pointers:
        if p.registry.chained(p.type):
            yield f"  if (anyChained({p.name}, {p.elements()})) return stateLost(to);"
    for dropped in command.detail("drops"):
        yield f"  log->drop(static_cast<std::uint32_t>(Command::{dropped[2:]}));"
    yield f"  {command.short}Arguments kept;"
    yield "  std::size_t bytes = aligned(sizeof kept);"
    for p in command.parameters[1:]:
        if p.pointers:
            yield f"  kept.{p.name} = place({p.name}, {p.bytes()}, bytes);"
        elif p.fixed:
            yield f"  std::memcpy(kept.{p.name}, {p.name}, sizeof kept.{p.name});"
        else:
            yield f"  kept.{p.name} = {p.name};"
    yield f"  std::byte* const room = log->put({key(command)}, bytes);"
    yield "  if (room == nullptr) return stateLost(to);"
    yield "  std::memcpy(room, &kept, sizeof kept);"
    for p in pointers:
        yield f"  store(room, kept.{p.name}, {p.name}, {p.bytes()});"


def replay_call(command):
    parts = []
    for p in command.parameters[1:]:
        value = f"kept.{p.name}"
        parts.append(f"stored<{p.element()}>(arguments, {value})" if p.pointers else value)
    return f"table.{command.short}(commands" + "".join(", " + part for part in parts) + ")"


def write_state(out, command):
    out.write(f"struct {command.short}Arguments {{\n")
    out.write("".join(text + "\n" for _, text in fields(command)))
    out.write("};\n")
    out.write(f"VKAPI_ATTR {command.signature()} {{\n")
    out.write("\n".join(keeping(command)) + "\n}\n")
    out.write(f"void replay{command.short}(const DeviceTable& table, VkCommandBuffer commands, "
              "const std::byte* arguments) {\n")
    out.write(f"  {command.short}Arguments kept;\n  std::memcpy(&kept, arguments, sizeof kept);\n")
    out.write(f"  {replay_call(command)};\n}}\n\n")


def write_source(path, commands):
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Generated from vk.xml and commands.txt by commands.py.\n")
        for header in ("governor/generated/commands.h", "governor/generated/commands_by_hand.h", "governor/hooks.h",
                       "governor/recording/kept.h", "governor/recording/notes.h", "governor/recording/replay.h",
                       "governor/recording/target.h"):
            out.write(f'#include "{header}"\n')
        out.write("\n#include <cstring>\n\nnamespace lull::governor {\n\nnamespace {\n\n")
        for command in commands:
            if command.kind == "state":
                write_state(out, command)
            elif command.kind != "hand":
                out.write(f"VKAPI_ATTR {command.signature()} {{\n")
                out.write("\n".join(passing(command)) + "\n}\n\n")
        out.write("}  // namespace\n\n")
        out.write("void replayCommand(const DeviceTable& table, VkCommandBuffer commands, std::uint32_t command,\n"
                  "                   const std::byte* arguments) {\n  switch (static_cast<Command>(command)) {\n")
        for command in commands:
            if command.kind == "state":
                out.write(f"    case Command::{command.short}: return replay{command.short}(table, commands, arguments);\n")
        out.write("    default: return byhand::replay(table, commands, static_cast<Command>(command), arguments);\n  }\n}\n\n")
        out.write("Hooks commandHooks() {\n  static const Hook hooks[] = {\n")
        for command in commands:
            scope = "byhand::" if command.kind == "hand" else ""
            out.write(f'      {{"{command.name}", hooked(&{scope}{command.short})}},\n')
        out.write("  };\n  return hooks;\n}\n\n}  // namespace lull::governor\n")


def write_by_hand(path, commands):
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Generated from vk.xml and commands.txt by commands.py: the wrappers that are written by hand.\n"
                  '#pragma once\n\n#include "governor/dispatch.h"\n#include "governor/generated/commands.h"\n\n'
                  "#include <cstddef>\n\nnamespace lull::governor::byhand {\n\n")
        for command in commands:
            if command.kind == "hand":
                out.write(f"VKAPI_ATTR {command.signature()};\n")
        out.write("\n// Of what these put into the state log.\nvoid replay(const DeviceTable& table, VkCommandBuffer "
                  "commands, Command command, const std::byte* arguments);\n\n}  // namespace lull::governor::byhand\n")


def write_header(path, commands):
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Generated from vk.xml and commands.txt by commands.py.\n#pragma once\n\n#include <cstdint>\n\n"
                  "namespace lull::governor {\n\nenum class Command : std::uint32_t {\n")
        out.write("".join(f"  {c.short},\n" for c in commands if c.declared))
        out.write("};\n\nstruct CommandClass {\n  const char* name;\n  const char* kind;\n};\n")
        out.write("// All of the registry; what has no wrapper is unknown.\n"
                  "inline constexpr CommandClass kCommandClasses[] = {\n")
        out.write("".join(f'    {{"{c.name}", "{c.kind}"}},\n' for c in commands))
        out.write("};\n\n}  // namespace lull::governor\n")


def main():
    registry = Registry(ElementTree.parse(sys.argv[1]).getroot())
    classes = read_classes(sys.argv[2])
    commands = [Command(registry, name, class_of(registry, classes, name)) for name in registry.names()]
    folder = sys.argv[3]
    write_header(os.path.join(folder, "commands.h"), commands)
    write_by_hand(os.path.join(folder, "commands_by_hand.h"), commands)
    write_source(os.path.join(folder, "commands.cpp"), [c for c in commands if c.declared])


if __name__ == "__main__":
    main()
