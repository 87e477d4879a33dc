"""Plants one fault of each kind and wants tools/check-layers to find just that one.

Usage: check_layers_test.py CHECK_LAYERS COMPILER [ARGUMENT...]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECK_LAYERS = sys.argv[1]
COMPILER = sys.argv[2:]

# A tree without faults, among them what only looks like one.
CLEAN = {
    "base/bytes.h": "#include <stdlib.h>\n",
    "base/bytes.c": '#include "base/bytes.h"\nvoid *f(void) { return malloc(1); }\n',
    "model/name.h": '#include "base/bytes.h"\n#include <string.h>\n',
    "core/core.h": '#include "model/name.h"\n',
    "core/core.c": '#include "core/core.h"\n/* rand() */ const char *f = "malloc(1) \\" \'";\n'
                   "// strcpy(a, b)\nint operand(int);\nint x = 'a';\n",
    "server/hub.c": '#include "core/core.h"\n#include <time.h>\n',
}
PLANTED = [
    ("a folder that is above", "core/core.c:2: core may not include server",
     {"core/core.c": '#include "core/core.h"\n#include "server/hub.h"\n', "server/hub.h": ""}),
    ("a neighbour that is no business of it", "door/door.c:1: door may not include core",
     {"door/door.c": '  #  include "core/core.h"\n'}),
    ("a header without its folder", 'core/core.c:1: "core.h" is not written',
     {"core/core.c": '#include "core.h"\n'}),
    ("a way around the table", 'core/core.c:1: "../server/hub.h" is not written',
     {"core/core.c": '#include "../server/hub.h"\n', "server/hub.h": ""}),
    ("a header that is not there", '"base/none.h" is not there',
     {"base/bytes.h": '#include "base/none.h"\n'}),
    ("a circle of headers", "circle of headers: base/a.h -> base/b.h -> base/a.h",
     {"base/a.h": '#include "base/b.h"\n', "base/b.h": '#include "base/a.h"\n',
      "base/c.h": '#include "base/a.h"\n'}),
    ("a clock in the core", "core/core.c:1: core is pure and may not include <time.h>",
     {"core/core.c": "#include <time.h>\n"}),
    ("a library in the wrong folder", "net/loop.c:1: net may not include <sqlite3.h>",
     {"net/loop.c": "#include <sqlite3.h>\n"}),
    ("a folder that is not in the plan", "no such folder is planned", {"util/util.h": ""}),
    ("a banned call", "server/hub.c:2: strcpy() is banned here",
     {"server/hub.c": "/* line\n*/ void f(void) { strcpy (a, b); }\n"}),
    ("an allocation outside base", "server/hub.c:1: malloc() is banned here",
     {"server/hub.c": "void *f(void) { return malloc(1); }\n"}),
    ("a float in the core", "core/core.c:1: double is banned here",
     {"core/core.c": "double half;\n"}),
]
CORE_CLEAN = "#include <string.h>\nvoid *map_get(void); void core(void *a, const void *b, int n)\n" \
             "{ memcpy(a, b, (unsigned)n); map_get(); }\n"
CORE_PLANTED = [
    ("time", "#include <time.h>\nlong core(void); long core(void) { return time(NULL); }\n"),
    ("rand", "#include <stdlib.h>\nint core(void); int core(void) { return rand(); }\n"),
    ("write", "#include <unistd.h>\nlong core(void); long core(void) { return write(1, \"\", 1); }\n"),
    ("pthread_exit",
     "#include <pthread.h>\nvoid core(void); void core(void) { pthread_exit(NULL); }\n"),
    ("log_line", "void log_line(void); void core(void); void core(void) { log_line(); }\n"),
    ("ring_next", "void ring_next(void); void core(void); void core(void) { ring_next(); }\n"),
]

count = 0
bad = 0


def point(name, passed, details):
    global count, bad
    count += 1
    bad += not passed
    print("ok" if passed else "not ok", count, "-", name)
    if not passed:
        for line in details.splitlines():
            print("#", line)


def run(root, *options):
    return subprocess.run([sys.executable, CHECK_LAYERS, "--source", root, *options],
                          capture_output=True, text=True, check=False)


def plant(root, files):
    for name, contents in {**CLEAN, **files}.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents, encoding="utf-8")


def compiled(root, source):
    """A library of one object, as the core's is."""
    path = Path(root, "planted.c")
    path.write_text(source, encoding="utf-8")
    subprocess.run([*COMPILER, "-c", path, "-o", path.with_suffix(".o")], check=True)
    library = path.with_suffix(".a")
    subprocess.run(["ar", "rcs", library, path.with_suffix(".o")], check=True)
    return library


for name, fault, files in [("nothing in a clean tree", "", {})] + PLANTED:
    with tempfile.TemporaryDirectory() as root:
        plant(root, files)
        result = run(root)
        lines = result.stdout.splitlines()
        found = len(lines) == 1 and fault in lines[0] and result.returncode == 1
        clean = not fault and not lines and result.returncode == 0
        point(f"finds {name}", found or clean, result.stdout + result.stderr)

for symbol, source in [("", CORE_CLEAN)] + CORE_PLANTED:
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as objects:
        plant(root, {})
        result = run(root, "--core", compiled(objects, source))
        if symbol:
            passed = result.returncode == 1 and result.stdout.endswith(f"refer to {symbol}\n")
            point(f"finds {symbol} in an object of the core", passed,
                  result.stdout + result.stderr)
        else:
            point("lets memcpy and the project's own functions pass", result.returncode == 0,
                  result.stdout + result.stderr)

print(f"1..{count}")
sys.exit(bad > 0)
