#!/bin/sh
# Builds pmpo with llama.cpp's CUDA backend into build-cuda/, for one GPU architecture.
#   scripts/build-cuda.sh [ARCHITECTURE]     90 unless given: compute capability without the dot
# Needs CUDA's nvcc; no GPU is needed to build. Takes an hour on two cores.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
command -v nvcc >/dev/null || PATH=$PATH:/usr/local/cuda/bin
if ! command -v nvcc >/dev/null; then
    say "nvcc is missing: install the CUDA toolkit (Debian: nvidia-cuda-toolkit)"
    exit 2
fi
need_packages
build_in build-cuda -DPMPO_CUDA=ON -DPMPO_TESTS=OFF "-DCMAKE_CUDA_ARCHITECTURES=${1:-90}"
say "build-cuda/bin/pmpo is ready: use it with --gpu-layers"
