# SPDX-License-Identifier: MIT
"""Reads a linker's map: which bytes of the image came from which object.

A map names every input section that was kept, its size and its object. That is exact,
where symbols are not: it has strings, tables without a name and padding too."""

import collections
import re

Section = collections.namedtuple("Section", "name address size path")

# A section of the image begins a line, an object's part of it stands one blank further in;
# the linker breaks the line after a long name. `*fill*` is a gap, and has no object.
LINE = re.compile(r"^( ?)(\*fill\*|[.\w]\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (.*))?$", re.M)
REGION = re.compile(r"^(\w+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)", re.M)
NOT_LOADED = re.compile(r"\.(debug|comment|note|stab|ARM\.attributes|riscv\.attributes)")
ZEROED = re.compile(r"COMMON$|\.(s?bss|noinit|tbss|stack|heap)")


class Map:
    def __init__(self, text):
        head, _, body = text.partition("\nLinker script and memory map\n")
        self.regions = {name.lower(): (int(start, 16), int(length, 16))
                        for name, start, length in REGION.findall(head)}
        self.sections = without_overlaps(list(read_sections(body)))

    def flash(self):
        """(bytes, path) of what is stored: code, constants, and what data begins with."""
        return [(section.size, section.path) for section in self.sections
                if not ZEROED.match(section.name)]

    def ram(self):
        """Bytes of the region of this name up to the last one that is used: the stack, if the
        linker script gives it a place, data and zeroed data, and the gaps between them."""
        start, length = self.regions["ram"]
        return max(section.address + section.size for section in self.sections
                   if 0 <= section.address - start < length) - start


def read_sections(text):
    """What takes memory. A gap has the name of the section of the image that it is in."""
    image = None
    for indent, name, address, size, path in LINE.findall(text):
        if not indent:
            image = name
        elif int(size, 16) != 0 and not NOT_LOADED.match(name):
            is_gap = name == "*fill*"
            yield Section(image if is_gap else name, int(address, 16), int(size, 16),
                          "padding" if is_gap else path)


def without_overlaps(sections):
    """A string that the linker merged with the end of another one still has a size in the
    map, but the next section begins where it does."""
    def kept(section, following):
        size = following.address - section.address
        return section._replace(size=size) if 0 <= size < section.size else section
    return [*map(kept, sections, sections[1:]), *sections[-1:]]


# (what the path of an object looks like, the part of the image that it is). The first row
# that fits is its row.
PARTS = [
    (r".*bearssl.*/(\w+)/[^/]+\.o$",          r"bearssl \1"),  # BearSSL's src/ folders
    (r".*bearssl.*",                          "bearssl other"),
    (r".*/(mqtt|sas|tls|dps)/\w+\.o$",        r"\1"),
    (r".*/example/(report|debugger)\.o$",     "printing"),
    (r".*/example/.*\.o$",                    "example"),
    (r".*/tests/size/\w+\.o$",                "root"),
    (r".*/(libc|libm)\.a\(.*|.*/crt\w*\.o$",  "libc"),
    (r".*/libgcc\.a\(.*",                     "libgcc"),
    (r"padding$|linker stubs$",               "padding"),
    (r".*",                                   "other"),
]


def part_of(path):
    for pattern, part in PARTS:
        found = re.match(pattern, path)
        if found:
            return found.expand(part)
    return None


def parts(flash):
    """{part: bytes}, the largest first."""
    sums = collections.Counter()
    for size, path in flash:
        sums[part_of(path)] += size
    return dict(sums.most_common())
