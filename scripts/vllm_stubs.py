#!/usr/bin/env python3
"""vllm_stubs.py LIBDIR: libraries of the names that torch's CUDA build wants, each function of which
says "no device" (100), so that it loads on a machine without CUDA. LIBDIR: torch's lib folder."""
import os
import re
import subprocess
import sys
import tempfile

# Which library a function is from, by how its name begins.
HOMES = [
    ("cupti", "libcupti"), ("nvrtc", "libnvrtc"), ("cublasLt", "libcublasLt"),
    ("cublas", "libcublas."), ("cudnn", "libcudnn"), ("cusparseLt", "libcusparseLt"),
    ("cusparse", "libcusparse."), ("cusolver", "libcusolver"), ("cufft", "libcufft"),
    ("cuFile", "libcufile"), ("curand", "libcurand"), ("nccl", "libnccl"),
    ("nvshmem", "libnvshmem_host"), ("(cuda|__cuda)", "libcudart"), ("cu[A-Z]", "libcuda."),
]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def home_of(symbol):
    return next((home for head, home in HOMES if re.match("_*" + head, symbol)), None)


def needs(path):
    """(libraries wanted, {library: {version: symbols}}, symbols without a version) of one file."""
    wanted = re.findall(r"NEEDED.*\[(.*?)\]", output("readelf", "-d", path))
    library_of, current = {}, None
    for line in output("readelf", "-VW", path).splitlines():
        if found := re.search(r"File: (\S+)", line):
            current = found.group(1)
        if found := re.search(r"Name: (\S+)\s+Flags", line):
            library_of[found.group(1)] = current
    versioned, plain = {}, set()
    for line in output("readelf", "--dyn-syms", "-W", path).splitlines():
        word = line.split()
        if len(word) < 8 or word[6] != "UND":
            continue
        symbol, _, version = word[7].partition("@")
        version = version.lstrip("@")
        if version:
            library = library_of.get(version)
            versioned.setdefault(library, {}).setdefault(version, set()).add(symbol)
        elif re.match(r"_?(cu|nv|nccl|__cuda)", symbol):
            plain.add(symbol)
    return wanted, versioned, plain


def build(folder, library, versions, symbols, work):
    source, script = os.path.join(work, "stub.c"), os.path.join(work, "stub.map")
    with open(source, "w") as f:
        for s in sorted(symbols):
            f.write(f'__attribute__((visibility("default"))) int {s}(void) {{ return 100; }}\n')
    command = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", "-s", "-o",
               os.path.join(folder, library), source, "-Wl,-soname," + library]
    if versions:
        with open(script, "w") as f:
            for version, names in versions.items():
                f.write("%s { global: %s };\n" % (version, " ".join(n + ";" for n in sorted(names))))
        command.append("-Wl,--version-script=" + script)
    subprocess.run(command, check=True)


def main():
    folder = sys.argv[1]
    files = [f for f in os.listdir(folder)
             if ".so" in f and not os.path.islink(os.path.join(folder, f))]
    wanted, versions, plain = set(), {}, set()
    for f in files:
        libraries, versioned, symbols = needs(os.path.join(folder, f))
        wanted |= {x for x in libraries if re.match(r"lib(cu|nv|nccl)", x) and x not in files}
        plain |= symbols
        for library, by_version in versioned.items():
            for version, names in by_version.items():
                versions.setdefault(library, {}).setdefault(version, set()).update(names)
    with tempfile.TemporaryDirectory() as work:
        for library in sorted(wanted):
            own = versions.get(library, {})
            symbols = set().union(*own.values()) if own else set()
            symbols |= {s for s in plain if home_of(s) and library.startswith(home_of(s))}
            build(folder, library, own, symbols, work)


main()
