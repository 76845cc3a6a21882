# SPDX-License-Identifier: MIT
"""The deepest stack below each function of ours, from the call graphs that gcc writes
(-fcallgraph-info=su): a node a function, with the bytes of its frame; an edge a call, with
the line that makes it.

What a pointer may call the compiler cannot know: indirect_calls.txt says it, by function.
Functions that are not ours (BearSSL, libc, libgcc, the product's) count 0. A call at a
function's end counts like any other, although the compiler may have made it a jump that
needs no stack: a figure may be a few bytes too large by that, never too small."""

import re

from toolchain import Failure, ROOMS, ROOTS

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"\\]+)\\n(?:\./)?([^"\\]+):\d+:\d+'
                  r'\\n(\d+) bytes \(([^)]+)\)', re.M)
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"'
                  r'(?: label: "(?:\./)?([^"]+):(\d+):\d+")?', re.M)
INDIRECT = "__indirect_call"
PRODUCT = "product"
DEFINITION = re.compile(r"^[a-z][^;=]*?\b(\w+)\(")


class Node:
    def __init__(self, name, path, frame):
        self.name, self.path, self.frame = name, path, frame
        self.callees = []  # titles

    def __str__(self):
        return f"{self.path}:{self.name}"


class Graph:
    """Of all the files of one target, whose .ci texts are given; `left_out` are files of the
    library that this target has not."""

    def __init__(self, texts, list_text, left_out=()):
        self.nodes, self.left_out = {}, left_out
        self.allowed = read_list(list_text)
        self.callers_seen = set()
        for text in texts:
            self.add_nodes(text)
        self.titles = {str(node): title for title, node in self.nodes.items()}
        for text in texts:
            self.add_edges(text)
        self.check_list()

    def add_nodes(self, text):
        for title, name, path, frame, kind in NODE.findall(text):
            if not is_ours(path) and path not in ROOTS.values():
                continue
            if kind != "static":
                raise Failure(f"{path}: the frame of {name} is {kind}, not a fixed size")
            self.nodes[title] = Node(name, path, int(frame) if is_ours(path) else 0)

    def add_edges(self, text):
        for source, target, path, line in EDGE.findall(text):
            if source not in self.nodes:
                continue
            if target == INDIRECT:
                self.nodes[source].callees += self.behind_pointer(path, int(line or 0))
            elif target in self.nodes:
                self.nodes[source].callees.append(target)

    def behind_pointer(self, path, line):
        """What the call in this line may reach. The row is that of the function which the
        line stands in, into whichever it was inlined."""
        if path and not is_ours(path):  # an inline function of BearSSL's
            return []
        caller = f"{path}:{enclosing_function(path, line)}"
        if caller not in self.allowed:
            raise Failure(f"{path}:{line}: {caller} calls through a pointer: say what it may "
                          "call in tests/size/indirect_calls.txt")
        self.callers_seen.add(caller)
        return [self.titles[callee] for callee in self.allowed[caller]
                if callee in self.titles]

    def check_list(self):
        """Nothing stands in the list that is no more."""
        for caller, callees in self.allowed.items():
            if caller not in self.callers_seen and not self.is_left_out(caller):
                raise Failure(f"tests/size/indirect_calls.txt: {caller} calls through no "
                              "pointer, or is no more")
            for callee in callees:
                if callee not in (PRODUCT, *self.titles) and not self.is_left_out(callee):
                    raise Failure(f"tests/size/indirect_calls.txt: {callee} is no more")

    def is_left_out(self, function):
        return function.partition(":")[0] in self.left_out

    def deepest(self, title, above=()):
        """The deepest path from this function on, as a list of nodes."""
        if title in above:
            cycle = [*above[above.index(title):], title]
            raise Failure("recursion: " + " > ".join(self.nodes[t].name for t in cycle))
        node = self.nodes[title]
        below = (self.deepest(callee, (*above, title)) for callee in set(node.callees))
        return [node, *max(below, key=depth, default=[])]

    def entries(self, public):
        """The titles of the public functions, and of what only others call (a product,
        BearSSL), back through a pointer."""
        called = {callee for node in self.nodes.values() for callee in node.callees}
        return sorted(title for title in self.nodes if title in public or title not in called)


def is_ours(path):
    return path.partition("/")[0] in ROOMS


def depth(path):
    return sum(node.frame for node in path)


def read_list(text):
    """{"mqtt/client.c:client_receive": ["tls/tls.c:tls_read", ...]}"""
    allowed = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            caller, *callees = line.split()
            allowed.setdefault(caller, []).extend(callees)
    return allowed


def enclosing_function(path, line):
    """Of a file in our style: a definition begins in the first column, and so does its
    brace."""
    name = found = None
    with open(path, encoding="utf-8") as file:
        for text in list(file)[:line]:
            start = DEFINITION.match(text)
            if start:
                found = start.group(1)
            elif text.startswith("{"):
                name = found
    return name
