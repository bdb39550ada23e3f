# oneDNN for products of bfloat16 weights (src/engine/llama/llama_bf16.h): the system's (Debian: libdnnl-dev),
# where there is one.
#
#   PMPO_ONEDNN=OFF      without it: llama.cpp's own products
#
# A wheel and a portable build can't count on a library of the system.

set(PMPO_ONEDNN_DEFAULT OFF)
find_path(ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
find_library(ONEDNN_LIBRARY dnnl)
set(ONEDNN_SUITS "")
if(ONEDNN_INCLUDE AND ONEDNN_LIBRARY) # built with OpenMP, whose number of threads it goes by
  file(STRINGS ${ONEDNN_INCLUDE}/oneapi/dnnl/dnnl_config.h ONEDNN_SUITS REGEX "DNNL_CPU_RUNTIME DNNL_RUNTIME_OMP")
endif()
if(ONEDNN_SUITS AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND NOT PMPO_SYSTEM_LLAMA AND NOT PMPO_CUDA AND NOT PMPO_PORTABLE AND NOT SKBUILD)
  set(PMPO_ONEDNN_DEFAULT ON)
endif()
option(PMPO_ONEDNN "Products of bfloat16 weights by oneDNN" ${PMPO_ONEDNN_DEFAULT})
if(NOT PMPO_ONEDNN)
  return()
endif()
if(NOT ONEDNN_SUITS)
  message(FATAL_ERROR "PMPO_ONEDNN=ON needs oneDNN for OpenMP and its headers (Debian: libdnnl-dev)")
endif()
find_package(OpenMP REQUIRED COMPONENTS CXX)
set_source_files_properties(src/engine/llama/llama_bf16.cpp PROPERTIES
  COMPILE_DEFINITIONS PMPO_ONEDNN
  INCLUDE_DIRECTORIES "${ONEDNN_INCLUDE}"
  COMPILE_OPTIONS "-isystem${LLAMA_SRC}/ggml/src;-isystem${LLAMA_SRC}/ggml/src/ggml-cpu;${OpenMP_CXX_FLAGS}")
target_link_libraries(pmpo_llama INTERFACE ${ONEDNN_LIBRARY} ${OpenMP_CXX_LIBRARIES})
